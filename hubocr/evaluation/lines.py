r"""Labelled images of single lines: label files and lmdb databases.

A label file has a line ``file TAB text`` for every image, UTF-8. In PaddleOCR's format, which is
otherwise the same, the file may be a JSON list of images that all have the text. Paths are
relative to the label file's folder. An lmdb database has the keys ``num-samples``,
``image-%09d`` and ``label-%09d``, counted from 1.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hubocr.errors import DatasetError
from hubocr.evaluation.images import LabelledImage, Source, collect
from hubocr.evaluation.labels import Problem, read_rows
from hubocr.optional import require


@dataclass(frozen=True, eq=False)
class Sample(LabelledImage):
    """An image of a line, and its text."""

    text: str


LineSource = Source[Sample]


def load_source(
    path: str | Path,
    *,
    root: Path | None = None,
    ratio: float = 1.0,
    limit: int | None = None,
    progress: bool = False,
) -> LineSource:
    """Read the labels of a source, and every image once.

    Args:
        path: A label file, or the folder of an lmdb database.
        root: The folder that paths are relative to, where it isn't the label file's.
        ratio: See `Source`.
        limit: Take this many images at most, the first ones.
        progress: Show progress on standard error.

    Raises:
        DatasetError: The source isn't there or can't be read, or nothing in it can be used.
        EngineError: It is an lmdb database and lmdb isn't installed.
    """
    place = Path(path).expanduser()
    entries = _read_database(place) if place.is_dir() else _read_labels(place, root)
    return collect(str(path), entries, ratio=ratio, limit=limit, progress=progress)


def _read_labels(path: Path, root: Path | None) -> Iterator[Sample | Problem]:
    folder = root or path.parent
    for row in read_rows(path):
        if isinstance(row, Problem):
            yield row
        elif not row.label:
            yield Problem(row.where, "the text is empty")
        else:
            for file in _file_names(row.file):
                yield Sample(file, row.label, path=folder / file)


def _file_names(files: str) -> Iterable[str]:
    if files.startswith("["):
        try:
            names = json.loads(files)
        except (ValueError, RecursionError):
            return (files,)
        if isinstance(names, list) and all(isinstance(name, str) for name in names):
            return names
    return (files,)


def _check_whole(path: Path, database: Any) -> None:
    """Check that no page of a database lies beyond its file's end: reading it kills the process.

    Raises:
        DatasetError: The file was cut.
    """
    file = path / "data.mdb"
    needed = (database.info()["last_pgno"] + 1) * database.stat()["psize"]
    if file.stat().st_size < needed:
        raise DatasetError(f"{file} was cut: it has {file.stat().st_size} bytes of {needed}")


def _read_database(path: Path) -> Iterator[Sample | Problem]:
    lmdb = require("lmdb", "train", f"{path} is a folder, and an lmdb database")
    try:
        database: Any = lmdb.open(str(path), readonly=True, lock=False, readahead=False)
    except (OSError, lmdb.Error) as error:
        raise DatasetError(f"{path} is not an lmdb database: {error}") from error
    with database, database.begin() as transaction:
        _check_whole(path, database)
        try:
            count = int(bytes(transaction.get(b"num-samples") or b"").decode())
        except ValueError as error:
            raise DatasetError(f"{path} has no number under the key num-samples") from error
        entries = database.stat()["entries"]
        if count > entries:
            raise DatasetError(
                f"{path}: num-samples is {count}, but the database has {entries} entries"
            )
        for number in range(1, count + 1):
            image = transaction.get(b"image-%09d" % number)
            label = transaction.get(b"label-%09d" % number)
            where = f"{path}, image-{number:09d}"
            if image is None or label is None:
                yield Problem(where, "the image or its label is missing")
                continue
            try:
                text = bytes(label).decode("utf-8")
            except UnicodeDecodeError:
                yield Problem(where, "the label is not UTF-8")
                continue
            if text:
                yield Sample(where, text, encoded=bytes(image))
            else:
                yield Problem(where, "the text is empty")
