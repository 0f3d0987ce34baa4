from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from hubocr.models import ModelFile, RegistryEntry

CONTENT = {"inference.pdmodel": b"program" * 500, "inference.pdiparams": bytes(range(256)) * 40}


def entry_for(
    content: Mapping[str, bytes] = CONTENT, name: str = "own_det", wheel: str = "own-models==1.0"
) -> RegistryEntry:
    """An entry of the registry for files of our own."""
    files = tuple(
        ModelFile(file, len(data), hashlib.sha256(data).hexdigest())
        for file, data in content.items()
    )
    return RegistryEntry(name, "det", f"{name}_infer", "ours", "MIT", wheel, False, files)


def put(folder: Path, content: Mapping[str, bytes] = CONTENT) -> Path:
    """Write files into a folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in content.items():
        (folder / name).write_bytes(data)
    return folder


def read(folder: Path) -> dict[str, bytes]:
    """The files of a folder, at any depth, by their path in it."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
