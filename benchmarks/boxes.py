"""Comparing the boxes of two systems, or of a system and the labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import shapely  # type: ignore[import-untyped]

Box = Sequence[Sequence[float]]
"""Corners (x, y) of a convex box in pixels."""


@dataclass(frozen=True)
class Match:
    """Two boxes that stand for the same text.

    Attributes:
        first: Index of the one in the first list.
        second: Index of the other in the second list.
        iou: Area of what they share over the area that they cover together, from 0 to 1.
    """

    first: int
    second: int
    iou: float


def match_boxes(first: Sequence[Box], second: Sequence[Box], min_iou: float = 0.5) -> list[Match]:
    """Pair the boxes of two lists one to one.

    Of all pairs with an IoU of at least ``min_iou`` the one with the highest is taken first, then
    the highest among the boxes that are left, and so on; ties go to the earlier boxes.

    Returns:
        The pairs, by the index in the first list.
    """
    shapes_first = [_shape(box) for box in first]
    shapes_second = [_shape(box) for box in second]
    candidates = []
    for i, one in enumerate(shapes_first):
        for j, other in enumerate(shapes_second):
            iou = _iou(one, other)
            if iou >= min_iou:
                candidates.append(Match(i, j, iou))
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


def box_iou(first: Box, second: Box) -> float:
    """Return the intersection over the union of two boxes' areas, 0 where both are empty."""
    return _iou(_shape(first), _shape(second))


def share_inside(box: Box, region: Box) -> float:
    """Return the share of a box's area that lies in a region, 0 where the box has no area."""
    shape = _shape(box)
    return float(shape.intersection(_shape(region)).area / shape.area) if shape.area else 0.0


def corners_within(first: Box, second: Box, pixels: float) -> int:
    """Return how many corners differ by at most ``pixels`` both in x and in y.

    Corners are compared by their place in the box, so that a box which starts at another corner
    counts as different.
    """
    return sum(
        abs(x - u) <= pixels and abs(y - v) <= pixels
        for (x, y), (u, v) in zip(first, second, strict=True)
    )


def _shape(box: Box) -> Any:
    return shapely.MultiPoint(list(box)).convex_hull


def _iou(one: Any, other: Any) -> float:
    if not one.intersects(other):
        return 0.0
    common = one.intersection(other).area
    union = one.area + other.area - common
    return float(common / union) if union else 0.0
