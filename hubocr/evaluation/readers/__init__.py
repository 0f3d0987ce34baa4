"""Formats of labelled lines, one a file.

Each has ``matches(path)``, which looks at a name, and ``open_index(path, root)``. The first that
matches reads a path; to add one, write its file and put it into `READERS`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from hubocr.errors import DatasetError
from hubocr.evaluation.readers import database, dgrl, drawn, gnt, iam, rows
from hubocr.evaluation.readers.index import LineIndex


class Reader(Protocol):
    """A format."""

    def matches(self, path: Path) -> bool:
        """Say whether a file or folder looks like one of this format."""

    def open_index(self, path: Path, root: Path | None) -> LineIndex:
        """Return where its lines are.

        Args:
            path: The file or folder.
            root: The folder of its images, where that isn't the format's own place.

        Raises:
            DatasetError: It can't be read at all.
            MissingPackageError: A package isn't installed.
        """


READERS: Sequence[Reader] = (dgrl, gnt, database, drawn, iam, rows)
"""Every format; the last one takes what no other does."""


def open_lines(path: Path, root: Path | None = None) -> LineIndex:
    """Return where the labelled lines of a file or folder are.

    Raises:
        DatasetError: It isn't there or can't be read at all.
        MissingPackageError: A package isn't installed.
    """
    if not path.exists():
        raise DatasetError(f"can't read the labels {path}: No such file or directory")
    reader = next(reader for reader in READERS if reader.matches(path))
    return reader.open_index(path, root)
