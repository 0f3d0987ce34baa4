"""Labelled lines by their number, without holding them in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from hubocr.errors import DatasetError
from hubocr.evaluation.images import LabelledImage
from hubocr.evaluation.labels import Problem
from hubocr.imaging import BgrImage
from hubocr.imaging.lines import turned_column


@dataclass(frozen=True, eq=False)
class Sample(LabelledImage):
    """An image of a line, and its text."""

    text: str

    def image(self) -> BgrImage:
        """See `LabelledImage.image`; a column of characters is turned as the pipeline turns it."""
        image = super().image()
        return image if len(self.text) == 1 else turned_column(image)


@dataclass(frozen=True, eq=False)
class Standing(Sample):
    """An image, and as its text the direction that it stands in: nothing turns it unasked."""

    def image(self) -> BgrImage:
        """See `LabelledImage.image`."""
        return LabelledImage.image(self)


Entry = Sample | Problem
"""A line, or why it is skipped."""


class LineIndex(Protocol):
    """The lines of a source.

    Some bytes a line are kept at most, whatever the images are. It can be sent to other processes,
    and used by several threads.
    """

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What was found damaged when looking for the lines, so that they have no number."""

    def __len__(self) -> int:
        """Return how many there are."""

    def read(self, place: int) -> Entry:
        """Return a line by its number; its image is read when it is asked for."""

    def text(self, place: int) -> str:
        """Return the text of a line, empty where it is skipped."""

    def characters(self) -> set[str]:
        """Return the characters of the texts."""


def entries(index: LineIndex) -> Iterator[Entry]:
    """Yield everything that an index has: what was damaged, and then the lines."""
    yield from index.problems
    for place in range(len(index)):
        entry = index.read(place)
        if isinstance(entry, Sample) and entry.load is not None:
            # All entries are listed before images are read: pixels wait until then.
            entry = replace(entry, pixels=None)
        yield entry


class TextIndex:
    """What indexes have in common: what is told of a line is in what `read` returns."""

    problems: tuple[Problem, ...] = ()

    def __len__(self) -> int:
        """Return how many lines there are."""
        raise NotImplementedError

    def read(self, place: int) -> Entry:
        """See `LineIndex.read`."""
        raise NotImplementedError

    def text(self, place: int) -> str:
        """See `LineIndex.text`."""
        entry = self.read(place)
        return entry.text if isinstance(entry, Sample) else ""

    def characters(self) -> set[str]:
        """See `LineIndex.characters`."""
        found: set[str] = set()
        for place in range(len(self)):
            found.update(self.text(place))
        return found


def files_of(path: Path, suffix: str) -> list[Path]:
    """Return the files of a format: the one that is named, or those of a folder, in order."""
    if path.is_dir():
        return sorted(p for p in path.iterdir() if p.suffix.lower() == suffix and p.is_file())
    return [path]


def holds(path: Path, suffix: str) -> bool:
    """Say whether a path is a file of a format, or a folder with some."""
    if path.is_dir():
        return any(p.suffix.lower() == suffix for p in path.iterdir())
    return path.suffix.lower() == suffix


def read_files(
    paths: Sequence[Path], scan: Callable[[Path, int], Iterator[Problem]]
) -> tuple[Problem, ...]:
    """Look through files, each with its number, and return what is damaged.

    Raises:
        DatasetError: None can be read.
    """
    problems: list[Problem] = []
    unread = 0
    for number, path in enumerate(paths):
        try:
            problems += scan(path, number)
        except OSError as error:
            unread += 1
            problems.append(Problem(str(path), f"can't be read: {error.strerror or error}"))
    if unread == len(paths):
        raise DatasetError(f"{problems[0]}" if problems else "there are no files")
    return tuple(problems)
