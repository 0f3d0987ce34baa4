"""Labels that people correct in other programs: proposed by a model, exported, read back.

A format is a file with ``write`` and ``read``, and a line in `FORMATS`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from hubocr.evaluation.labels import Problem
from hubocr.labelling import labelstudio, ppocrlabel
from hubocr.labelling.pages import LabelledPage


class Format(Protocol):
    """A program's format."""

    def write(self, pages: Sequence[LabelledPage], path: Path) -> None:
        """Write pages in their order.

        Raises:
            SettingsError: The file can't be written.
        """

    def read(self, path: Path) -> tuple[list[LabelledPage], list[Problem]]:
        """Return the pages that a person has seen, and what was damaged.

        Raises:
            DatasetError: The file can't be read at all.
        """


FORMATS: Mapping[str, Format] = {"ppocrlabel": ppocrlabel, "label-studio": labelstudio}
"""Formats by their names."""
