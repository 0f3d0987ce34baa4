"""Lines and pages with the direction that they stand in, as the text of a sample.

A label file is PaddleOCR's for direction classifiers, ``file TAB 0`` or ``180`` (of pages also 90
and 270). Or everything stands upright, and it may be whatever has lines, or a folder of images.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from hubocr.classification import LINE_DIRECTIONS
from hubocr.evaluation.labels import Problem
from hubocr.evaluation.readers import open_lines, rows
from hubocr.evaluation.readers.index import Entry, LineIndex, Standing, TextIndex
from hubocr.imaging import IMAGE_SUFFIXES

_UPRIGHT = "0"


@dataclass(frozen=True)
class DirectionReader:
    """Opens sources; it can be sent to other processes.

    Attributes:
        labels: The directions that there may be.
        upright: Whether all images are upright, whatever their labels say.
    """

    labels: Sequence[str]
    upright: bool = False

    def __call__(self, path: Path, root: Path | None = None) -> LineIndex:
        """Return where the images of a source are.

        Raises:
            DatasetError: It isn't there or can't be read at all.
            MissingPackageError: A package isn't installed.
        """
        if not self.upright:
            return rows.open_index(path, root, self.labels)
        images = sorted(p for p in path.rglob("*") if p.suffix.lower() in IMAGE_SUFFIXES)
        if images:
            return FolderIndex(images)
        return UprightIndex(open_lines(path, root), tuple(self.labels) == LINE_DIRECTIONS)


class FolderIndex(TextIndex):
    """The images of a folder, all of them upright."""

    def __init__(self, images: Sequence[Path]) -> None:
        self._images = images

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._images)

    def read(self, place: int) -> Entry:
        """See `LineIndex.read`."""
        return Standing(str(self._images[place]), _UPRIGHT, path=self._images[place])


class UprightIndex(TextIndex):
    """Lines or pages that are all upright; what they say doesn't matter.

    Args:
        samples: The lines.
        as_lines: Whether columns are turned, as the pipeline shows them to a classifier of lines.
    """

    def __init__(self, samples: LineIndex, as_lines: bool) -> None:
        self._samples = samples
        self._as_lines = as_lines

    @property
    def problems(self) -> tuple[Problem, ...]:  # type: ignore[override]
        """See `LineIndex.problems`."""
        return self._samples.problems

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._samples)

    def read(self, place: int) -> Entry:
        """See `LineIndex.read`."""
        entry = self._samples.read(place)
        if isinstance(entry, Problem):
            return entry
        load, pixels = entry.load, entry.pixels
        if self._as_lines:
            pixels = None if pixels is None else entry.image()
            load = replace(entry, pixels=None).image
        return Standing(entry.name, _UPRIGHT, path=entry.path, load=load, pixels=pixels)
