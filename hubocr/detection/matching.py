"""How far two polygons overlap, and which polygons of two lists stand for the same text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import pyclipper
from numpy.typing import NDArray

Corners = Sequence[Sequence[float]] | NDArray[Any]
"""Corners (x, y) of a polygon in pixels."""

MIN_IOU = 0.5
"""Overlap from which two boxes stand for the same text, as in ICDAR's detection tasks."""

_SCALE = 1024.0
"""The clipper works on integers: parts of a pixel in a pixel."""


@dataclass(frozen=True)
class Match:
    """Two polygons that stand for the same text.

    Attributes:
        first: Index of the one in the first list.
        second: Index of the other in the second list.
        iou: Area of what they share over the area that they cover together, from 0 to 1.
    """

    first: int
    second: int
    iou: float


def match_polygons(
    first: Sequence[Corners], second: Sequence[Corners], min_iou: float = MIN_IOU
) -> list[Match]:
    """Pair the polygons of two lists one to one.

    Of all pairs with an IoU of at least ``min_iou`` the one with the highest is taken first, then
    the highest among those that are left, and so on; ties go to the earlier ones.

    Returns:
        The pairs, by the index in the first list.
    """
    shapes_first, shapes_second = list(map(_Shape, first)), list(map(_Shape, second))
    candidates = [
        Match(i, j, iou)
        for i, one in enumerate(shapes_first)
        for j, other in enumerate(shapes_second)
        if (iou := one.iou(other)) >= min_iou
    ]
    candidates.sort(key=lambda match: (-match.iou, match.first, match.second))
    taken_first: set[int] = set()
    taken_second: set[int] = set()
    matches = []
    for match in candidates:
        if match.first not in taken_first and match.second not in taken_second:
            taken_first.add(match.first)
            taken_second.add(match.second)
            matches.append(match)
    return sorted(matches, key=lambda match: match.first)


def polygon_iou(first: Corners, second: Corners) -> float:
    """Return the intersection over the union of two polygons' areas, 0 where both are empty."""
    return _Shape(first).iou(_Shape(second))


def share_inside(polygon: Corners, region: Corners) -> float:
    """Return the share of a polygon's area that lies in a region, 0 where it has no area."""
    shape = _Shape(polygon)
    return shape.shared(_Shape(region)) / shape.area if shape.area else 0.0


class _Shape:
    """A polygon for the clipper; of up to four corners the hull, whatever their order is."""

    def __init__(self, corners: Corners) -> None:
        points = np.asarray(corners, np.float64).reshape(-1, 2)
        if 2 < len(points) <= 4:
            points = cv2.convexHull(points.astype(np.float32)).reshape(-1, 2).astype(np.float64)
        self._path = np.rint(points * _SCALE).astype(np.int64)
        self._low = self._path.min(axis=0) if len(points) else np.zeros(2, np.int64)
        self._high = self._path.max(axis=0) if len(points) else np.zeros(2, np.int64)
        self.area = self._clipped(self, pyclipper.CT_UNION)

    def shared(self, other: _Shape) -> float:
        """Return the area that two shapes share, in square pixels."""
        apart = (self._low > other._high).any() or (other._low > self._high).any()
        return 0.0 if apart else self._clipped(other, pyclipper.CT_INTERSECTION)

    def iou(self, other: _Shape) -> float:
        shared = self.shared(other)
        return shared / (self.area + other.area - shared) if shared else 0.0

    def _clipped(self, other: _Shape, kind: int) -> float:
        """Return the area of an operation on two shapes; what is not a polygon has none."""
        clipper = pyclipper.Pyclipper()
        try:
            clipper.AddPath(self._path, pyclipper.PT_SUBJECT, True)
            clipper.AddPath(other._path, pyclipper.PT_CLIP, True)
        except pyclipper.ClipperException:
            return 0.0
        paths = clipper.Execute(kind, pyclipper.PFT_NONZERO, pyclipper.PFT_NONZERO)
        return float(sum(pyclipper.Area(path) for path in paths)) / _SCALE**2
