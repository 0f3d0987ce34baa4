"""What a box that is higher than wide holds: a column of text, or one upright character."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from hubocr.layout.frame import Boxes, Polygon, straightened
from hubocr.layout.order import is_upright, join_upright_columns

_SURE_COLUMN = 5.0
"""A box this many times as high as wide is a column, or a line on its side; a single letter with
the margin of its box is less."""

_SAME_ROW = 0.6
"""Share of the lower box's height that a character has in common with the line that it is in."""


class Standing(Enum):
    """How a box is to be read."""

    LINE = "line"
    """As it stands: it is wide, or a character in a row of others."""

    COLUMN = "column"
    """Turned: from top to bottom, or on its side."""

    UNSURE = "unsure"
    """One or the other; what is read says which."""


def standings(polygons: Sequence[Polygon]) -> list[Standing]:
    """Say of each box of an upright page how it is to be read.

    Args:
        polygons: Corners clockwise from the top left one, (N, 2) each.
    """
    boxes = straightened(polygons)
    is_tall = boxes.is_tall
    if not is_tall.any():
        return [Standing.LINE] * len(boxes)
    ratio = boxes.height / np.maximum(boxes.width, 1e-9)
    is_long = ratio >= _SURE_COLUMN
    in_columns = np.zeros(len(boxes), bool)
    if is_upright(boxes) and is_long.any():
        in_columns[:] = True
    else:
        for members in join_upright_columns(boxes).members:
            in_columns[members] = len(members) > 1
    in_row = _is_in_row(boxes)
    return [
        Standing.LINE
        if not is_tall[index] or (in_row[index] and not in_columns[index])
        else Standing.COLUMN
        if is_long[index] or in_columns[index]
        else Standing.UNSURE
        for index in range(len(boxes))
    ]


def _is_in_row(boxes: Boxes) -> NDArray[np.bool_]:
    """Return which boxes stand beside a line that is about as high, (N,)."""
    height = boxes.height
    common = np.minimum(boxes.bottom[:, None], boxes.bottom) - np.maximum(
        boxes.top[:, None], boxes.top
    )
    lower = np.minimum(height[:, None], height)
    alike = lower >= _SAME_ROW * np.maximum(height[:, None], height)
    gap = np.maximum(boxes.left[:, None], boxes.left) - np.minimum(
        boxes.right[:, None], boxes.right
    )
    is_near = (gap >= -0.5 * lower) & (gap <= 2 * lower)
    is_line = ~boxes.is_tall
    beside = (common >= _SAME_ROW * lower) & alike & is_near
    found = np.asarray(beside[:, is_line].any(axis=1), dtype=bool)
    return found
