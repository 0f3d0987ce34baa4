"""Label files: a line ``file TAB label`` for every image, UTF-8.

What is damaged is named and skipped: one bad line among thousands must not end a run.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hubocr.errors import DatasetError

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


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
    for number, raw in enumerate(content.removeprefix(_BYTE_ORDER_MARK).split(b"\n"), start=1):
        where = f"{path}, line {number}"
        if not raw.strip():
            continue
        try:
            line = raw.decode("utf-8").removesuffix("\r")
        except UnicodeDecodeError:
            yield Problem(where, "not UTF-8")
            continue
        file, tab, label = line.partition("\t")
        if tab and file:
            yield LabelRow(where, file, label)
        else:
            yield Problem(where, "expected a file, a tab and its label")
