"""Whole images with the places of their text: PaddleOCR's label files for detection.

A line is ``file TAB JSON``, and the JSON a list of objects with ``points``, the corners (x, y) of a
polygon in pixels, and ``transcription``, its text; ``###`` and ``*`` stand for text that is not to
be looked for and not to count as a mistake. An empty list is an image without text. Paths are
relative to the label file's folder.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hubocr.detection.polygon import polygon_area
from hubocr.evaluation.images import LabelledImage, Source, collect
from hubocr.evaluation.labels import LabelRow, Problem, read_rows

IGNORED_TEXTS = ("###", "*")

_FEWEST_CORNERS = 3
_SMALLEST_AREA = 1.0
"""In square pixels."""

_FURTHEST = 1e6
"""Pixels from the image's corner beyond which a coordinate is no coordinate."""


@dataclass(frozen=True, eq=False)
class Region:
    """A place with text.

    Attributes:
        points: Corners of the polygon, (N, 2) float64, x and y in pixels, within the image.
        text: What it says.
        ignored: Whether it counts neither way.
    """

    points: NDArray[np.float64]
    text: str
    ignored: bool = False


@dataclass(frozen=True, eq=False)
class Page(LabelledImage):
    """An image, and the places of its text.

    Attributes:
        regions: The places.
        where: The line of the label file, for messages.
    """

    regions: tuple[Region, ...]
    where: str = ""


PageSource = Source[Page]


def load_pages(
    path: str | Path,
    *,
    root: Path | None = None,
    ratio: float = 1.0,
    limit: int | None = None,
    progress: bool = False,
) -> PageSource:
    """Read a label file for detection, and every image once.

    A region that can't be used is named and left out; an image of which no region can be used is
    left out whole.

    Args:
        path: The label file.
        root: The folder that paths are relative to, where it isn't the label file's.
        ratio: See `Source`.
        limit: Take this many images at most, the first ones.
        progress: Show progress on standard error.

    Raises:
        DatasetError: The file isn't there or can't be read, or nothing in it can be used.
    """
    place = Path(path).expanduser()
    entries = _read(place, root or place.parent)
    return collect(
        str(path), entries, check=_within_image, ratio=ratio, limit=limit, progress=progress
    )


def _read(path: Path, folder: Path) -> Iterator[Page | Problem]:
    for row in read_rows(path):
        if isinstance(row, Problem):
            yield row
            continue
        found = list(_regions(row))
        regions = tuple(region for region in found if isinstance(region, Region))
        problems = [problem for problem in found if isinstance(problem, Problem)]
        yield from problems
        if regions or not problems:
            yield Page(row.file, regions, row.where, path=folder / row.file)


def _regions(row: LabelRow) -> Iterator[Region | Problem]:
    try:
        raw = json.loads(row.label)
    except (ValueError, RecursionError):
        yield Problem(row.where, "the label is not JSON")
        return
    if not isinstance(raw, list):
        yield Problem(row.where, "the label is not a list of regions")
        return
    for place, item in enumerate(raw):
        where = f"{row.where}, region {place}"
        text = item.get("transcription") if isinstance(item, dict) else None
        if not isinstance(text, str):
            yield Problem(where, "expected an object with points and transcription")
            continue
        points = _corners(item.get("points"))
        if points is None:
            yield Problem(where, "points have to be a list of pairs of numbers, in pixels")
        elif len(points) < _FEWEST_CORNERS or polygon_area(points) < _SMALLEST_AREA:
            yield Problem(where, "the polygon is empty")
        else:
            yield Region(points, text, text in IGNORED_TEXTS)


def _corners(raw: object) -> NDArray[np.float64] | None:
    if not isinstance(raw, list):
        return None
    for point in raw:
        if not isinstance(point, list) or len(point) != 2 or not all(map(_is_coordinate, point)):
            return None
    return np.array(raw, np.float64).reshape(-1, 2)


def _is_coordinate(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return abs(value) <= _FURTHEST  # which NaN isn't either


def _within_image(page: Page) -> Iterator[Page | Problem]:
    """Yield the page with its regions cut to the image, and a problem for each outside of it."""
    height, width = page.size
    regions: list[Region] = []
    for region in page.regions:
        points = np.clip(region.points, 0, (width, height))
        if polygon_area(points) < _SMALLEST_AREA:
            yield Problem(page.where, f"{_shown(region.points)} lies outside the image {page.name}")
        else:
            regions.append(replace(region, points=points))
    if regions or not page.regions:
        yield replace(page, regions=tuple(regions))


def _shown(points: Sequence[Sequence[float]] | NDArray[np.float64]) -> str:
    return str([[round(float(x)), round(float(y))] for x, y in points])
