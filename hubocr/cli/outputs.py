"""Results as files in a folder: which names, written whole or not at all."""

from __future__ import annotations

import os
import re
import tempfile
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from hubocr.cli.inputs import Input
from hubocr.errors import RequestError
from hubocr.exporters import FORMATS, Document, Format, find_format
from hubocr.imaging import BgrImage
from hubocr.services.documents import ReadPage

_PART = re.compile(r"\.[0-9]+-[0-9]+\.part")
"""Name of a file that isn't whole yet: process, number."""

_LONGEST_WRITE_S = 600.0
"""Seconds after which a part is nobody's: contents are there before they are written."""


def find_formats(text: str) -> tuple[Format, ...]:
    """Return the formats of a list such as ``json,md``, each once.

    Raises:
        RequestError: There is no such format.
    """
    names = [name.strip() for name in text.split(",") if name.strip()]
    found = {one.name: one for one in map(find_format, names)}
    return tuple(found.values())


@dataclass(frozen=True)
class Outputs:
    """The files that a document's results are saved in.

    Attributes:
        folder: Where they are.
        formats: What is written of each document.
        inputs: Files that must not be written over: those that are read.
        keep_endings: Whether files are named ``scan.jpg.png`` and not ``scan.png``.
    """

    folder: Path
    formats: Sequence[Format]
    inputs: Collection[Path] = frozenset()
    keep_endings: bool = False
    _tidied: set[Path] = field(default_factory=set, compare=False, repr=False)

    def are_there(self, given: Input) -> bool:
        """Say whether all of a document's results are there from an earlier run."""
        return all(self._is_there(self._base(given, one), one) for one in self.formats)

    def save(self, given: Input, pages: Sequence[ReadPage], spool: Spool) -> None:
        """Write the results of a document, which has a page at least, under their name.

        Every file is written under another name first, and the first one of a document of several
        files gets its own last: what a run that is killed leaves is not taken for done.
        """
        for one in self.formats:
            base = self._base(given, one)
            document = Document(
                [page.result for page in pages],
                spool.image,
                base.name,
                pages[0].options,
                lambda place: pages[place].document.dpi,
            )
            if base.parent not in self._tidied:
                _remove_leftovers(base.parent)
                self._tidied.add(base.parent)
            with _new_files(base.parent) as write:
                for file_name, content in one.files(document):
                    write(file_name, content)

    def _base(self, given: Input, one: Format) -> Path:
        """Return the path without an ending; formats that share one are told apart."""
        ending = given.path.suffix if self.keep_endings and given.path else ""
        path = self.folder / f"{given.output.removesuffix(ending)}{ending}"
        first = next(known for known in FORMATS.values() if known.suffix == one.suffix)
        is_own = first.name == one.name and _with(path, one) not in self.inputs
        return path if is_own else path.with_name(f"{path.name}.{one.name}")

    def _is_there(self, base: Path, one: Format) -> bool:
        if _with(base, one).is_file():
            return True
        if one.is_paged or not base.parent.is_dir():
            return False
        names = {path.name for path in base.parent.glob(f"{_escaped(base.name)}-*{one.suffix}")}
        return any(f"{base.name}-{1:0{digits}}{one.suffix}" in names for digits in range(1, 8))


def _with(base: Path, one: Format) -> Path:
    return base.with_name(f"{base.name}{one.suffix}").absolute()


def _escaped(name: str) -> str:
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in name)


class _Writer:
    """Writes files under names that end in ``.part``, and then gives them theirs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._written: list[tuple[Path, Path]] = []

    def __call__(self, name: str, content: bytes) -> None:
        target = self._folder / name
        part = self._folder / f".{os.getpid()}-{len(self._written)}.part"
        self._written.append((part, target))
        part.write_bytes(content)

    def rename(self) -> None:
        for part, target in reversed(self._written):
            part.replace(target)

    def remove(self) -> None:
        for part, _ in self._written:
            part.unlink(missing_ok=True)


def _remove_leftovers(folder: Path) -> None:
    """Remove the parts that runs which were killed left in a folder, and nothing else."""
    oldest = time.time() - _LONGEST_WRITE_S
    for path in folder.glob("*.part"):
        with suppress(FileNotFoundError):  # another run's, which has just got its name
            if _PART.fullmatch(path.name) and path.stat().st_mtime < oldest:
                path.unlink()


@contextmanager
def _new_files(folder: Path) -> Iterator[_Writer]:
    folder.mkdir(parents=True, exist_ok=True)
    writer = _Writer(folder)
    try:
        yield writer
        writer.rename()
    finally:
        writer.remove()


class Spool:
    """The images of a document's pages until it is written; those of several pages wait on disk."""

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._image: BgrImage | None = None
        self._count = 0

    def add(self, page: ReadPage) -> None:
        """Keep the image of the next page."""
        if page.document.page_count == 1:
            self._image = page.image
            return
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="hubocr-pages-")
        np.save(self._path(self._count), page.image)
        self._count += 1

    def image(self, place: int) -> BgrImage:
        """Return the image of a page that was added."""
        if self._image is not None:
            return self._image
        image: BgrImage = np.load(self._path(place))
        return image

    def clear(self) -> None:
        """Forget all images."""
        if self._folder is not None:
            self._folder.cleanup()
        self._folder, self._image, self._count = None, None, 0

    def _path(self, place: int) -> Path:
        if self._folder is None:
            raise RequestError("the image was not kept")
        return Path(self._folder.name, f"{place}.npy")
