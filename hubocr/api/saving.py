"""Writing a result to a file or into a folder, as PaddleX names them."""

from __future__ import annotations

from pathlib import Path

from PIL import Image

_TEXTS = frozenset({".json"})


def save_text(text: str, save_path: str | Path, name: str) -> Path:
    """Write JSON to ``save_path`` where that ends in ``.json``, otherwise to ``name`` in it."""
    path = _place(save_path, name, _TEXTS)
    # The path of an image that isn't UTF-8 has surrogates; their escapes stand for them.
    path.write_text(text + "\n", encoding="utf-8", errors="backslashreplace")
    return path


def save_image(image: Image.Image, save_path: str | Path, name: str) -> Path:
    """Write an image to ``save_path`` where that is an image file, otherwise to ``name`` in it."""
    Image.init()
    path = _place(save_path, name, frozenset(Image.EXTENSION))
    image.save(path)
    return path


def _place(save_path: str | Path, name: str, suffixes: frozenset[str]) -> Path:
    path = Path(save_path)
    if path.suffix.lower() not in suffixes:
        path = path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    return path
