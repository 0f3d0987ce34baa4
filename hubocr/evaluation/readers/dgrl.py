"""CASIA-HWDB's ``.dgrl`` files: a page each, with its lines.

All numbers are little-endian. The file begins with the size of its header (4 bytes), the format
``DGRL`` (8), a description, the kind of code (20, such as ``GB``), the bytes of a character's code
(2) and the bits of a pixel (2). Then come height, width and number of lines (4 each), and for every
line the number of its characters (4), their codes, its top, left, height and width in the page (4
each), and its pixels, row by row. (CASIA, "Offline Chinese Handwriting Databases", file formats.)
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np

from hubocr.errors import ImageError
from hubocr.evaluation.labels import Problem
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

SUFFIX = ".dgrl"

_FORMAT = b"DGRL"
_SMALLEST_HEADER, _LARGEST_HEADER = 36, 1 << 16
_MOST_LINES = 10_000
_MOST_CHARACTERS = 10_000
_LONGEST_SIDE = 1 << 16


def matches(path: Path) -> bool:
    """Say whether it is such a file, or a folder with some."""
    return holds(path, SUFFIX)


def open_index(path: Path, root: Path | None) -> LineIndex:
    """Return the lines of a file, or of all in a folder; ``root`` says nothing here."""
    return DgrlIndex(files_of(path, SUFFIX))


class DgrlIndex(TextIndex):
    """The lines of pages.

    Args:
        paths: The files.

    Raises:
        DatasetError: None can be read.
    """

    def __init__(self, paths: list[Path]) -> None:
        self._paths = paths
        self._files, self._offsets = array("l"), array("q")
        self._code_bytes, self._bits = array("H"), array("H")
        self.problems = read_files(paths, self._scan)

    def _scan(self, path: Path, number: int) -> Iterator[Problem]:
        with path.open("rb") as file:
            try:
                code_bytes, bits, lines = _header(file)
                size = file.seek(0, 2)
                file.seek(_header_size(file) + 12)
                for line in range(lines):
                    start = file.tell()
                    characters, _, height, width = _line(file, code_bytes)
                    pixels = height * _row_bytes(width, bits)
                    if file.tell() + pixels > size:
                        raise _DamageError(f"line {line + 1} ends beyond the file")
                    file.seek(pixels, 1)
                    if not characters:
                        yield Problem(f"{path}, line {line + 1}", "the text is empty")
                        continue
                    self._files.append(number)
                    self._offsets.append(start)
                    self._code_bytes.append(code_bytes)
                    self._bits.append(bits)
            except _DamageError as error:
                # Where one line ends wrongly, nothing tells where the next one begins.
                yield Problem(str(path), f"{error}; what follows is skipped")

    def __len__(self) -> int:
        """Return how many lines there are."""
        return len(self._files)

    def read(self, place: int) -> Entry:
        """See `LineIndex.read`."""
        path, offset = self._paths[self._files[place]], self._offsets[place]
        where = f"{path}, byte {offset}"
        try:
            with path.open("rb") as file:
                file.seek(offset)
                code_bytes = self._code_bytes[place]
                codes = _line(file, code_bytes)[1]
        except (OSError, _DamageError) as error:
            return Problem(where, f"can't be read any more: {error}")
        try:
            text = decode(codes, code_bytes)
        except UnicodeDecodeError as error:
            bad = codes[error.start : error.end].hex()
            return Problem(where, f"the text has a code that is not one of GB 18030: {bad}")
        if not text:
            return Problem(where, "the text is empty")
        return Sample(where, text, load=partial(self._image, place))

    def _image(self, place: int) -> BgrImage:
        path, offset = self._paths[self._files[place]], self._offsets[place]
        try:
            with path.open("rb") as file:
                file.seek(offset)
                _, _, height, width = _line(file, self._code_bytes[place])
                row = _row_bytes(width, self._bits[place])
                raw = np.frombuffer(_exactly(file, height * row), np.uint8).reshape(height, row)
        except (OSError, _DamageError) as error:
            raise ImageError(f"{path}, byte {offset}: can't be read any more: {error}") from error
        grey = raw if self._bits[place] == 8 else np.unpackbits(raw, axis=1)[:, :width] * 255
        return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), np.uint8)


class _DamageError(Exception):
    """The file isn't what the format says."""


def decode(codes: bytes, code_bytes: int) -> str:
    """Return the text of codes of some bytes a character; shorter ones are filled up with zeros.

    Raises:
        UnicodeDecodeError: A code is none of GB 18030, which holds GB 2312 and GBK.
    """
    parts = (codes[n : n + code_bytes] for n in range(0, len(codes), code_bytes))
    return b"".join(part.rstrip(b"\0") for part in parts).decode("gb18030")


def _header_size(file: BinaryIO) -> int:
    file.seek(0)
    size = int(struct.unpack("<I", _exactly(file, 4))[0])
    if not _SMALLEST_HEADER <= size <= _LARGEST_HEADER:
        raise _DamageError(f"its header claims {size} bytes")
    return size


def _header(file: BinaryIO) -> tuple[int, int, int]:
    """Return the bytes of a code, the bits of a pixel and the number of lines."""
    size = _header_size(file)
    header = _exactly(file, size - 4)
    if not header.startswith(_FORMAT):
        raise _DamageError(f"its format is {header[:8]!r}, not DGRL")
    code_bytes, bits = struct.unpack("<HH", header[-4:])
    _, _, lines = struct.unpack("<III", _exactly(file, 12))
    if code_bytes not in (1, 2, 4) or bits not in (1, 8) or lines > _MOST_LINES:
        raise _DamageError(f"codes of {code_bytes} bytes, {bits} bits a pixel and {lines} lines")
    return code_bytes, bits, lines


def _line(file: BinaryIO, code_bytes: int) -> tuple[int, bytes, int, int]:
    """Return the number of characters, their codes, height and width; pixels come next."""
    characters = int(struct.unpack("<I", _exactly(file, 4))[0])
    if characters > _MOST_CHARACTERS:
        raise _DamageError(f"a line claims {characters} characters")
    codes = _exactly(file, characters * code_bytes)
    _, _, height, width = struct.unpack("<iiII", _exactly(file, 16))
    if not 0 < height <= _LONGEST_SIDE or not 0 < width <= _LONGEST_SIDE:
        raise _DamageError(f"a line claims {width} x {height} pixels")
    return characters, codes, height, width


def _row_bytes(width: int, bits: int) -> int:
    return (width * bits + 7) // 8


def _exactly(file: BinaryIO, size: int) -> bytes:
    raw = file.read(size)
    if len(raw) < size:
        raise _DamageError("it ends too early")
    return raw
