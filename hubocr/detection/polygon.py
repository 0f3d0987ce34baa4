"""Geometry of text boxes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import cv2
import numpy as np
import pyclipper
from numpy.typing import NDArray

Points = NDArray[Any]
"""Corners of a polygon, shape (N, 2), columns x and y, in pixels."""


def polygon_area(points: Points) -> float:
    """Return the area of a polygon in square pixels (shoelace formula)."""
    return abs(sum(x0 * y1 - y0 * x1 for (x0, y0), (x1, y1) in _edges(points))) / 2


def polygon_perimeter(points: Points) -> float:
    """Return the length of a polygon's outline in pixels."""
    return sum(math.hypot(x1 - x0, y1 - y0) for (x0, y0), (x1, y1) in _edges(points))


def _edges(points: Points) -> Iterator[tuple[list[float], list[float]]]:
    """Yield the two ends of every edge; NumPy takes longer over a few points than Python does."""
    corners = points.tolist()
    return zip(corners, corners[1:] + corners[:1], strict=True)


def min_area_box(points: Points) -> tuple[NDArray[np.float32], float]:
    """Return the smallest rotated rectangle around points, and its shorter side in pixels.

    The corners, (4, 2) float32, start at the upper of the two leftmost ones and go clockwise, as
    in the reference's ``get_mini_boxes``.
    """
    rectangle = cv2.minAreaRect(points.reshape(-1, 1, 2))
    corners = sorted(cv2.boxPoints(rectangle).tolist(), key=lambda point: point[0])
    left, right = corners[:2], corners[2:]
    top_left, bottom_left = left if left[1][1] > left[0][1] else left[::-1]
    top_right, bottom_right = right if right[1][1] > right[0][1] else right[::-1]
    box = np.array([top_left, top_right, bottom_right, bottom_left], np.float32)
    return box, float(min(rectangle[1]))


def unclip(points: Points, ratio: float) -> NDArray[np.int64] | None:
    """Grow a polygon by area * ratio / perimeter, the inverse of DB's shrinking.

    Source: Liao et al., Real-time Scene Text Detection with Differentiable Binarization (2019),
    section 3.4; corners are rounded (JT_ROUND), and the clipper cuts coordinates to integers.

    Returns:
        The grown polygon, (N, 2) int64, or None where growing gave no polygon or several.
    """
    perimeter = polygon_perimeter(points)
    if perimeter == 0:
        return None
    offset = pyclipper.PyclipperOffset()
    offset.AddPath(points.tolist(), pyclipper.JT_ROUND, pyclipper.ET_CLOSEDPOLYGON)
    grown = offset.Execute(polygon_area(points) * ratio / perimeter)
    return np.asarray(grown[0], dtype=np.int64) if len(grown) == 1 else None


def order_clockwise(points: Points) -> NDArray[np.float32]:
    """Return four corners clockwise from the top left one, (4, 2) float32.

    As in the reference, the top left corner has the smallest x + y and the bottom right one the
    largest; of the other two the top right one has the smaller y - x. Near 45 degrees that may
    name a corner twice or make the outline cross itself; there the corners go round their centre.
    """
    corners = points.tolist()
    sums = [x + y for x, y in corners]
    first, last = sums.index(min(sums)), sums.index(max(sums))
    others = [corner for place, corner in enumerate(corners) if place not in (first, last)]
    differences = [y - x for x, y in others]
    top_right = differences.index(min(differences))
    bottom_left = differences.index(max(differences))
    ordered = [corners[first], others[top_right], corners[last], others[bottom_left]]
    if top_right != bottom_left and _turns_right(ordered):
        return np.array(ordered, np.float32)
    centred = points - points.mean(axis=0)
    around = np.argsort(np.arctan2(centred[:, 1], centred[:, 0]), kind="stable")
    start = int(np.flatnonzero(around == first)[0])
    return np.asarray(points[np.roll(around, -start)], dtype=np.float32)


def _turns_right(corners: Sequence[Sequence[float]]) -> bool:
    """Say whether an outline never turns left, in image coordinates (y downwards)."""
    for place, (x, y) in enumerate(corners):
        (x0, y0), (x1, y1) = corners[place - 2], corners[place - 1]
        if (x1 - x0) * (y - y1) < (y1 - y0) * (x - x1):
            return False
    return True
