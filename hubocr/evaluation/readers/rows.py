"""Label files: a line ``file TAB text`` for every image, UTF-8.

In PaddleOCR's format, which is otherwise the same, the file may be a JSON list of images that all
have the text. Paths are relative to the label file's folder.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from hubocr.errors import DatasetError
from hubocr.evaluation.labels import BYTE_ORDER_MARK, LabelRow, Problem, parse_row
from hubocr.evaluation.readers.index import Entry, LineIndex, Sample, Standing, TextIndex

_LONGEST = 1 << 20
"""Bytes of a row beyond which it is no row: a file of another kind has no line ends."""

_SHOWN = 40
"""Characters of a wrong label that are shown."""

Parse = Callable[[bytes, str], Sequence[Entry]]
"""From a row and where it is to the images that it names."""


def matches(path: Path) -> bool:
    """Say that any file may be one; what it holds says the rest."""
    return True


def open_index(path: Path, root: Path | None, labels: Sequence[str] = ()) -> LineIndex:
    """Return the lines of a label file.

    Args:
        path: The file.
        root: The folder that paths are relative to; none: the file's.
        labels: The only texts that there may be; none: any.
    """
    return RowIndex(path, _Rows(root or path.parent, labels))


class _Rows:
    """Parses rows; a class, as functions made by functions can't be sent to other processes."""

    def __init__(self, folder: Path, labels: Sequence[str] = ()) -> None:
        self._folder = folder
        self._labels = labels

    def __call__(self, raw: bytes, where: str) -> Sequence[Entry]:
        row = parse_row(raw, where)
        if not isinstance(row, LabelRow):
            return (row,)
        if not row.label:
            return (Problem(row.where, "the text is empty"),)
        label = row.label.strip() if self._labels else row.label
        if self._labels and label not in self._labels:
            reason = f"the label is {label[:_SHOWN]!r}, not one of {', '.join(self._labels)}"
            return (Problem(row.where, reason),)
        kind = Standing if self._labels else Sample
        return [kind(f, label, path=self._folder / f) for f in _file_names(row.file)]


class RowIndex(TextIndex):
    """The rows of a text file that has a line for each image, or for several.

    Args:
        path: The file.
        parse: Makes entries of a row.
        comment: The beginning of rows that say nothing; empty: there are none.

    Raises:
        DatasetError: The file can't be read.
    """

    def __init__(self, path: Path, parse: Parse, comment: bytes = b"") -> None:
        self._path = path
        self._parse = parse
        self._starts, self._sizes = array("q"), array("q")
        self._numbers, self._parts = array("q"), array("q")
        try:
            # A device or a pipe has no end, or none that comes by itself.
            if not path.is_file():
                raise DatasetError(f"can't read the labels {path}: it is not a regular file")
            with path.open("rb") as file:
                self._scan(file, comment)
        except OSError as error:
            raise DatasetError(f"can't read the labels {path}: {error.strerror or error}") from None

    def _scan(self, file: BinaryIO, comment: bytes) -> None:
        for number, (start, size, raw) in enumerate(_rows(file), start=1):
            if not raw.strip() or (comment and raw.startswith(comment)):
                continue
            several = raw.startswith(b"[") and size <= _LONGEST
            for part in range(len(self._parse(raw, "")) if several else 1):
                self._starts.append(start)
                self._sizes.append(size)
                self._numbers.append(number)
                self._parts.append(part)

    def __len__(self) -> int:
        """Return how many images there are."""
        return len(self._starts)

    def read(self, place: int) -> Entry:
        """See `LineIndex.read`."""
        where = f"{self._path}, line {self._numbers[place]}"
        size = self._sizes[place]
        if size > _LONGEST:
            return Problem(where, f"the row has {size} bytes")
        try:
            with self._path.open("rb") as file:
                file.seek(self._starts[place])
                raw = file.read(size)
        except OSError as error:
            return Problem(where, f"can't be read any more: {error.strerror or error}")
        entries = self._parse(raw, where)
        if self._parts[place] >= len(entries):
            return Problem(where, "the label file was changed while it was read")
        return entries[self._parts[place]]


def _rows(file: BinaryIO) -> Iterator[tuple[int, int, bytes]]:
    """Yield where rows start, their bytes without the line end, and as many of these as may be."""
    start = 0
    while raw := file.readline(_LONGEST):
        size = len(raw)
        while not raw.endswith(b"\n") and (more := file.readline(_LONGEST)):
            size += len(more)
            if more.endswith(b"\n"):
                break
        mark = len(BYTE_ORDER_MARK) if not start and raw.startswith(BYTE_ORDER_MARK) else 0
        yield start + mark, size - mark, raw[mark:]
        start += size


def _file_names(files: str) -> Sequence[str]:
    if files.startswith("["):
        try:
            names = json.loads(files)
        except (ValueError, RecursionError):
            return (files,)
        if isinstance(names, list) and names and all(isinstance(name, str) for name in names):
            return names
    return (files,)
