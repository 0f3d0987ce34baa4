"""Label files: a line ``file TAB label`` for every image, UTF-8.

What is damaged is named and skipped: one bad line among thousands must not end a run.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hubocr.errors import DatasetError

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Problem:
    """Something that was skipped: where it is, and what is wrong with it."""

    where: str
    reason: str

    def __str__(self) -> str:
        return f"{self.where}: {self.reason}"


@dataclass(frozen=True)
class LabelRow:
    """One line of a label file.

    Attributes:
        where: The file and the number of the line, for messages.
        file: The image.
        label: What stands after the first tab; it may be empty.
    """

    where: str
    file: str
    label: str


def read_rows(path: Path) -> Iterator[LabelRow | Problem]:
    """Yield the lines of a label file that aren't blank, and a problem for each that is damaged.

    Raises:
        DatasetError: The file can't be read.
    """
    try:
        # A device or a pipe has no end, or none that comes by itself.
        if path.exists() and not path.is_file():
            raise DatasetError(f"can't read the labels {path}: it is not a regular file")
        content = path.read_bytes()
    except OSError as error:
        raise DatasetError(f"can't read the labels {path}: {error.strerror or error}") from error
    # Not splitlines: it would also cut at characters that belong to a text.
    for number, raw in enumerate(content.removeprefix(BYTE_ORDER_MARK).split(b"\n"), start=1):
        if raw.strip():
            yield parse_row(raw, f"{path}, line {number}")


def parse_row(raw: bytes, where: str) -> LabelRow | Problem:
    """Return what a line of a label file says, or what is damaged.

    Args:
        raw: The line, with or without its end.
        where: The file and the number of the line.
    """
    try:
        line = raw.decode("utf-8").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        return Problem(where, "not UTF-8")
    file, tab, label = line.partition("\t")
    if tab and file:
        return LabelRow(where, file, label)
    return Problem(where, "expected a file, a tab and its label")
