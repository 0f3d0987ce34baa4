"""Geometry of text boxes."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pyclipper
from numpy.typing import NDArray

Points = NDArray[Any]
"""Corners of a polygon, shape (N, 2), columns x and y, in pixels."""


def polygon_area(points: Points) -> float:
    """Return the area of a polygon in square pixels (shoelace formula)."""
    x, y = points[:, 0].astype(np.float64), points[:, 1].astype(np.float64)
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)


def polygon_perimeter(points: Points) -> float:
    """Return the length of a polygon's outline in pixels."""
    edges = np.roll(points, -1, axis=0).astype(np.float64) - points
    return float(np.hypot(edges[:, 0], edges[:, 1]).sum())


def convex_iou(first: Points, second: Points) -> float:
    """Return the area that two convex polygons share over the area that they cover together."""
    shared, _ = cv2.intersectConvexConvex(first.astype(np.float32), second.astype(np.float32))
    covered = polygon_area(first) + polygon_area(second) - shared
    return float(shared / covered) if covered else 0.0


def min_area_box(points: Points) -> tuple[NDArray[np.float32], float]:
    """Return the smallest rotated rectangle around points, and its shorter side in pixels.

    The corners, (4, 2) float32, start at the upper of the two leftmost ones and go clockwise, as
    in the reference's ``get_mini_boxes``.
    """
    rectangle = cv2.minAreaRect(points.reshape(-1, 1, 2))
    corners = np.asarray(
        sorted(cv2.boxPoints(rectangle).tolist(), key=lambda point: point[0]), dtype=np.float32
    )
    left, right = corners[:2], corners[2:]
    top_left, bottom_left = left if left[1, 1] > left[0, 1] else left[::-1]
    top_right, bottom_right = right if right[1, 1] > right[0, 1] else right[::-1]
    return np.stack([top_left, top_right, bottom_right, bottom_left]), float(min(rectangle[1]))


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
    sums = points.sum(axis=1)
    first, last = int(np.argmin(sums)), int(np.argmax(sums))
    others = np.delete(points, (first, last), axis=0)
    differences = others[:, 1] - others[:, 0]
    top_right, bottom_left = np.argmin(differences), np.argmax(differences)
    corners = np.asarray(
        (points[first], others[top_right], points[last], others[bottom_left]), dtype=np.float32
    )
    if top_right != bottom_left and _turns_right(corners):
        return corners
    centred = points - points.mean(axis=0)
    around = np.argsort(np.arctan2(centred[:, 1], centred[:, 0]), kind="stable")
    start = int(np.flatnonzero(around == first)[0])
    return np.asarray(points[np.roll(around, -start)], dtype=np.float32)


def _turns_right(corners: Points) -> bool:
    """Say whether an outline never turns left, in image coordinates (y downwards)."""
    edges = np.roll(corners, -1, axis=0) - corners
    following = np.roll(edges, -1, axis=0)
    turns = edges[:, 0] * following[:, 1] - edges[:, 1] * following[:, 0]
    return bool((turns >= 0).all())
