"""The reading order of the reference, PaddleOCR 2.10."""

from __future__ import annotations

from collections.abc import Sequence

from numpy.typing import NDArray

_SAME_LINE = 10
"""Boxes whose first corners differ by less than this in y are on one line, in pixels."""


def reference_order(polygons: Sequence[NDArray]) -> list[int]:  # type: ignore[type-arg]
    """Return the order in which boxes are read: from top to bottom, on a line from left to right.

    This is the reference's rule (PaddleOCR 2.10, ``sorted_boxes``): sort by the y and x of the
    first corner, then let each box move to the front past boxes on the same line that lie further
    right.

    Args:
        polygons: Boxes, (N, 2) each, first corner at the top left.

    Returns:
        Indices into ``polygons``.
    """
    corners = [(float(polygon[0][1]), float(polygon[0][0])) for polygon in polygons]
    order = sorted(range(len(corners)), key=corners.__getitem__)
    for end in range(1, len(order)):
        for place in range(end, 0, -1):
            y_before, x_before = corners[order[place - 1]]
            y, x = corners[order[place]]
            if abs(y - y_before) >= _SAME_LINE or x >= x_before:
                break
            order[place - 1], order[place] = order[place], order[place - 1]
    return order
