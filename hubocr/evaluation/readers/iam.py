"""The IAM database's ``lines.txt``, beside its folder of line images.

A row has the line's number (``a01-000u-00``), ``ok`` or ``err`` for how well its words were found
(the line and its text are right in either case), the grey level of the ink, the number of
components, x, y, width and height in the form, and the words, joined with ``|``. Rows that begin
with ``#`` say nothing. The image of that line is ``a01/a01-000u/a01-000u-00.png``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from hubocr.evaluation.labels import Problem
from hubocr.evaluation.readers.index import Entry, LineIndex, Sample
from hubocr.evaluation.readers.rows import RowIndex

NAME = "lines.txt"

_COMMENT = b"#"
_FIELDS = 8
_LINE = re.compile(r"([a-z0-9]+)-([a-z0-9]+)-[0-9]+", re.ASCII)
_BEFORE = re.compile(r" (?=[,.;:!?)](?: |$))")
_AFTER = re.compile(r"(?<=[(]) ")
_QUOTED = re.compile(r'" ([^"]*?) ?"')


def matches(path: Path) -> bool:
    """Say whether a file has the name of IAM's and rows of its form."""
    if path.name != NAME or not path.is_file():
        return False
    with path.open("rb") as file:
        rows = file.read(1 << 16).splitlines()
    first = next((row for row in rows if row.strip() and not row.startswith(_COMMENT)), b"")
    return b"\t" not in first and len(first.split(b" ")) > _FIELDS


def open_index(path: Path, root: Path | None) -> LineIndex:
    """Return the lines of a database.

    Args:
        path: ``lines.txt``.
        root: The folder with the folders of images; none: the one of ``lines.txt``, or ``lines``
            in or beside it.
    """
    candidates = (path.parent / "lines", path.parent.parent / "lines")
    folder = root or next((place for place in candidates if place.is_dir()), path.parent)
    return RowIndex(path, _Rows(folder), _COMMENT)


def text_of(words: str) -> str:
    """Return the text of words joined with ``|``: marks stand at their words, as they are written.

    Only quotation marks of which both are in the line can be told apart.
    """
    text = _BEFORE.sub("", words.replace("|", " "))
    return _QUOTED.sub(r'"\1"', _AFTER.sub("", text)).strip()


class _Rows:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __call__(self, raw: bytes, where: str) -> Sequence[Entry]:
        try:
            fields = raw.decode("utf-8").strip().split(" ", _FIELDS)
        except UnicodeDecodeError:
            return (Problem(where, "not UTF-8"),)
        line = _LINE.fullmatch(fields[0])
        if line is None or len(fields) <= _FIELDS:
            return (Problem(where, "expected a line's number, seven figures and its words"),)
        text = text_of(fields[_FIELDS])
        if not text:
            return (Problem(where, "the text is empty"),)
        form, page = line[1], f"{line[1]}-{line[2]}"
        name = f"{form}/{page}/{fields[0]}.png"
        nested = self._folder / name
        flat = self._folder / f"{fields[0]}.png"
        return (Sample(name, text, path=flat if not nested.exists() and flat.exists() else nested),)
