"""CASIA-HWDB's ``.gnt`` files: single characters, one after the other.

Each is its size in bytes (4, little-endian), its GB code (2, as it is written), width and height (2
each, little-endian), and a byte for each pixel, row by row. A character of one byte has a second
one of zero. (CASIA, "Offline Chinese Handwriting Databases", file formats.)
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from hubocr.errors import ImageError
from hubocr.evaluation.labels import Problem
from hubocr.evaluation.readers.dgrl import decode
from hubocr.evaluation.readers.index import (
    Entry,
    LineIndex,
    Sample,
    TextIndex,
    files_of,
    holds,
    read_files,
)
from hubocr.imaging import BgrImage

SUFFIX = ".gnt"

_RECORD = struct.Struct("<I2sHH")


def matches(path: Path) -> bool:
    """Say whether it is such a file, or a folder with some."""
    return holds(path, SUFFIX)


def open_index(path: Path, root: Path | None) -> LineIndex:
    """Return the characters of a file, or of all in a folder; ``root`` says nothing here."""
    return GntIndex(files_of(path, SUFFIX))


class GntIndex(TextIndex):
    """The characters of files.

    Args:
        paths: The files.

    Raises:
        DatasetError: None can be read.
    """

    def __init__(self, paths: list[Path]) -> None:
        self._paths = paths
        self._files, self._offsets = array("l"), array("q")
        self.problems = read_files(paths, self._scan)

    def _scan(self, path: Path, number: int) -> Iterator[Problem]:
        with path.open("rb") as file:
            size, offset = file.seek(0, 2), 0
            file.seek(0)
            while raw := file.read(_RECORD.size):
                told, _, width, height = (
                    _RECORD.unpack(raw) if len(raw) == _RECORD.size else (0, b"", 0, 0)
                )
                pixels = width * height
                end = offset + _RECORD.size + pixels
                if not pixels or told != _RECORD.size + pixels or end > size:
                    # Where one ends wrongly, nothing tells where the next one begins.
                    yield Problem(
                        f"{path}, byte {offset}",
                        f"a character of {width} x {height} pixels and {told} bytes, with "
                        f"{size - offset} left; what follows is skipped",
                    )
                    return
                self._files.append(number)
                self._offsets.append(offset)
                offset = file.seek(end)

    def __len__(self) -> int:
        """Return how many characters there are."""
        return len(self._files)

    def read(self, place: int) -> Entry:
        """See `LineIndex.read`."""
        path, offset = self._paths[self._files[place]], self._offsets[place]
        where = f"{path}, byte {offset}"
        try:
            _, code, _, _ = self._record(place)[0]
            text = decode(code, len(code))
        except UnicodeDecodeError:
            return Problem(where, f"its code is not one of GB 18030: {code.hex()}")
        except ImageError as error:
            return Problem(where, error.message)
        if not text:
            return Problem(where, "the text is empty")
        return Sample(where, text, load=partial(self._image, place))

    def _record(
        self, place: int, *, pixels: bool = False
    ) -> tuple[tuple[int, bytes, int, int], bytes]:
        path, offset = self._paths[self._files[place]], self._offsets[place]
        try:
            with path.open("rb") as file:
                file.seek(offset)
                raw = file.read(_RECORD.size)
                record = _RECORD.unpack(raw)
                data = file.read(record[2] * record[3]) if pixels else b""
        except (OSError, struct.error) as error:
            raise ImageError(f"can't be read any more: {error}") from error
        return record, data

    def _image(self, place: int) -> BgrImage:
        (_, _, width, height), data = self._record(place, pixels=True)
        if len(data) < width * height:
            raise ImageError("can't be read any more: it ends too early")
        grey = np.frombuffer(data, np.uint8).reshape(height, width)
        return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), np.uint8)
