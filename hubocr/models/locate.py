"""Where models lie: the search order of names and relative paths.

A relative path is looked for in

1. the folder named by the environment variable ``HUBOCR_HOME``, where it is set,
2. the working folder,
3. the package's data folder: the checkout, where hubocr runs from one, else the user's data
   folder of the platform (on Linux ``~/.local/share/hubocr``),

and the first place where it exists is taken. A registry name stands for its folder under
``inference/``, in the same order.
"""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from hubocr.errors import ModelNotFoundError
from hubocr.models.files import ModelFiles, inspect_model
from hubocr.models.registry import registry

HOME_VARIABLE = "HUBOCR_HOME"
MODELS_FOLDER = "inference"


def data_folder() -> Path:
    """Return the package's data folder: the checkout hubocr runs from, else the user's."""
    checkout = Path(__file__).resolve().parents[2]
    if (checkout / "pyproject.toml").is_file() and (checkout / MODELS_FOLDER).is_dir():
        return checkout
    return Path(platformdirs.user_data_dir("hubocr", appauthor=False))


def cache_folder() -> Path:
    """Return the folder for files that can be made again, such as converted models."""
    return Path(platformdirs.user_cache_dir("hubocr", appauthor=False))


def models_folder() -> Path:
    """Return the folder that models are fetched into: ``inference`` under the home or data folder.

    ``HUBOCR_HOME`` decides where it is set; the working folder is searched but never written to.
    """
    home = os.environ.get(HOME_VARIABLE)
    return (Path(home).expanduser() if home else data_folder()) / MODELS_FOLDER


def search_roots() -> tuple[Path, ...]:
    """Return the folders that relative paths are looked for in, first first, without repeats."""
    home = os.environ.get(HOME_VARIABLE)
    roots = [Path(home).expanduser()] if home else []
    roots += [Path.cwd(), data_folder()]
    return tuple(dict.fromkeys(root.resolve() for root in roots))


def resolve_path(path: str | Path) -> Path | None:
    """Return the place of a file or folder in the search order, or None where it is nowhere."""
    try:
        given = Path(path).expanduser()
    except RuntimeError:  # ~somebody who doesn't exist
        return None
    if given.is_absolute():
        return given if _exists(given) else None
    return next((root / given for root in search_roots() if _exists(root / given)), None)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name that no file can have
        return False


def find_model(model: str | Path) -> ModelFiles:
    """Return the files of a model.

    Args:
        model: A registry name, or the path of a model folder or an ONNX file.

    Raises:
        ModelNotFoundError: It is nowhere; the message lists the places that were looked at and,
            for a released model, the command that fetches it.
    """
    entry = registry().get(str(model))
    path = Path(MODELS_FOLDER) / entry.folder if entry else Path(model)
    found = resolve_path(path)
    if found is not None:
        return inspect_model(found)
    if path.is_absolute():
        places = str(path)
    else:
        places = ", ".join(str(root / path) for root in search_roots())
    released = entry or next((e for e in registry().values() if e.folder == path.name), None)
    hint = f"; run: hubocr models fetch {released.name}" if released else ""
    raise ModelNotFoundError(f"model {str(model)!r} was not found (looked at {places}){hint}")
