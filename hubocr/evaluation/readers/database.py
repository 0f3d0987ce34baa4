"""lmdb databases with the keys ``num-samples``, ``image-%09d`` and ``label-%09d``, from 1 on."""

from __future__ import annotations

import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

from hubocr.errors import DatasetError, ImageError
from hubocr.evaluation.labels import Problem
from hubocr.evaluation.readers.index import Entry, LineIndex, Sample, TextIndex
from hubocr.imaging import BgrImage, read_image
from hubocr.optional import require

_FILE = "data.mdb"
_WALK = (
    "import lmdb, sys\n"
    "with lmdb.open(sys.argv[1], readonly=True, lock=False) as database:\n"
    "    with database.begin(buffers=True) as transaction:\n"
    "        for key, value in transaction.cursor():\n"
    "            bytes(key), bytes(value[-1:])\n"
)
"""Looks at the ends of all values: where an address in a damaged database leads out of the file,
the process that follows it is killed, and it had better be another one."""


def matches(path: Path) -> bool:
    """Say whether it is a folder."""
    return path.is_dir()


def open_index(path: Path, root: Path | None) -> LineIndex:
    """Return the lines of a database; ``root`` says nothing here."""
    return DatabaseIndex(path)


class DatabaseIndex(TextIndex):
    """The lines of a database.

    Args:
        path: Its folder.

    Raises:
        DatasetError: It isn't one, it was cut, or it is damaged.
        MissingPackageError: lmdb isn't installed.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._database: Any = None
        database = self._open()
        with database.begin() as transaction:
            self._count = self._number_of_samples(bytes(transaction.get(b"num-samples") or b""))
            entries = database.stat()["entries"]
        if self._count > entries:
            raise DatasetError(
                f"{path}: num-samples is {self._count}, but the database has {entries} entries"
            )
        walked = subprocess.run(
            [sys.executable, "-c", _WALK, str(path)], capture_output=True, check=False
        )
        if walked.returncode:
            raise DatasetError(f"{path} is damaged: its values can't all be read")

    def _number_of_samples(self, raw: bytes) -> int:
        try:
            return int(raw[:32].decode())
        except ValueError:
            raise DatasetError(f"{self._path} has no number under the key num-samples") from None

    def _open(self) -> Any:
        if self._database is not None:
            return self._database
        path = self._path
        if not (path / _FILE).is_file():
            raise DatasetError(
                f"{path} is a folder without {_FILE}: name a label file, or a database"
            )
        lmdb = require("lmdb", "train", f"{path} is a folder, and an lmdb database")
        try:
            database: Any = lmdb.open(str(path), readonly=True, lock=False, readahead=False)
            # Reading a page that lies beyond the end of the file kills the process.
            needed = (database.info()["last_pgno"] + 1) * database.stat()["psize"]
        except (OSError, lmdb.Error) as error:
            raise DatasetError(f"{path} is not an lmdb database: {error}") from error
        size = (path / _FILE).stat().st_size
        if size < needed:
            database.close()
            raise DatasetError(f"{path / _FILE} was cut: it has {size} bytes of {needed}")
        self._database = database
        return database

    def __len__(self) -> int:
        """Return how many lines there are."""
        return self._count

    def __getstate__(self) -> dict[str, Any]:
        """Return what another process needs; it opens the database itself."""
        return {**self.__dict__, "_database": None}

    def read(self, place: int) -> Entry:
        """See `LineIndex.read`."""
        where = f"{self._path}, image-{place + 1:09d}"
        with self._open().begin(buffers=True) as transaction:
            label = transaction.get(b"label-%09d" % (place + 1))
            if label is None or transaction.get(b"image-%09d" % (place + 1)) is None:
                return Problem(where, "the image or its label is missing")
            try:
                text = bytes(label).decode("utf-8")
            except UnicodeDecodeError:
                return Problem(where, "the label is not UTF-8")
        if not text:
            return Problem(where, "the text is empty")
        return Sample(where, text, load=partial(self._image, place))

    def _image(self, place: int) -> BgrImage:
        with self._open().begin() as transaction:
            encoded = transaction.get(b"image-%09d" % (place + 1))
        if encoded is None:
            raise ImageError(f"{self._path}, image-{place + 1:09d} is gone")
        return read_image(encoded)
