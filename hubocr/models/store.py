"""The state of released models on this machine: present, missing or damaged."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from hubocr.models.registry import ModelFile, RegistryEntry

State = Literal["present", "missing", "damaged"]


@dataclass(frozen=True)
class ModelState:
    """The state of one released model.

    Attributes:
        entry: The model.
        folder: Where it belongs.
        state: ``missing`` when a file isn't there, ``damaged`` when one differs from the registry.
        problems: One sentence a file that is missing or differs.
    """

    entry: RegistryEntry
    folder: Path
    state: State
    problems: tuple[str, ...]


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hex."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def file_matches(path: Path, file: ModelFile) -> bool:
    """Say whether a file has the registry's size and hash."""
    return path.stat().st_size == file.size and file_sha256(path) == file.sha256


def check_model(entry: RegistryEntry, models_folder: Path) -> ModelState:
    """Compare a model's files with the registry, hash by hash."""
    folder = models_folder / entry.folder
    missing, damaged = [], []
    for file in entry.files:
        path = folder / file.name
        if not path.is_file():
            missing.append(f"{path} is missing")
        elif not file_matches(path, file):
            damaged.append(f"{path} differs from the released file (SHA-256)")
    state: State = "damaged" if damaged else "missing" if missing else "present"
    return ModelState(entry, folder, state, tuple(missing + damaged))
