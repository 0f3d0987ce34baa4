"""Text boxes as the layout sees them: upright rectangles in a straightened frame."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Polygon = NDArray[Any]
"""Corners clockwise from the top left one, shape (N, 2), columns x and y, in pixels."""

Floats = NDArray[np.float64]

_WIDE = 3.0
"""Boxes at least this many times as long as thick tell how far the page is turned."""

_MOST_SKEW = math.radians(20)
"""Lines turned further than this are set so, and say nothing of the page."""

UPRIGHT_RATIO = 1.5
"""A box at least this many times as high as wide is a column of upright text, or one character."""


@dataclass(frozen=True)
class Boxes:
    """Rectangles with upright sides, one a text box.

    Attributes:
        left: Smallest x of each, (N,) float64.
        top: Smallest y.
        right: Largest x.
        bottom: Largest y.
    """

    left: Floats
    top: Floats
    right: Floats
    bottom: Floats

    def __len__(self) -> int:
        return len(self.left)

    @property
    def width(self) -> Floats:
        """Widths, (N,)."""
        return self.right - self.left

    @property
    def height(self) -> Floats:
        """Heights, (N,)."""
        return self.bottom - self.top

    @property
    def middle(self) -> Floats:
        """The y of the centres, (N,)."""
        return (self.top + self.bottom) / 2

    @property
    def is_tall(self) -> NDArray[np.bool_]:
        """Which boxes are so high that they hold upright columns or single characters, (N,)."""
        return self.height >= UPRIGHT_RATIO * self.width

    def take(self, indices: Sequence[int] | NDArray[np.intp]) -> Boxes:
        """Return some of the boxes."""
        places = np.asarray(indices, np.intp)
        return Boxes(self.left[places], self.top[places], self.right[places], self.bottom[places])

    def transposed(self) -> Boxes:
        """Return the boxes as seen by a reader of columns that run from right to left.

        Down the page becomes to the right, and to the left becomes down, so that columns are lines.
        """
        return Boxes(self.top, -self.right, self.bottom, -self.left)


def straightened(polygons: Sequence[Polygon]) -> Boxes:
    """Return the rectangles of polygons on a page that is turned back by its skew.

    A rectangle has the polygon's centre and its own width and height, so that a slanted line isn't
    as high as the slant makes its outline.

    Args:
        polygons: One (N, 2) array each, in any number; N is 4 or more.
    """
    if not polygons:
        empty = np.zeros(0)
        return Boxes(empty, empty, empty, empty)
    quads = np.stack([_quad(polygon) for polygon in polygons])
    skew = estimate_skew(quads)
    turn = np.array([[math.cos(skew), -math.sin(skew)], [math.sin(skew), math.cos(skew)]])
    quads = quads @ turn  # rows are points: this turns by -skew
    centres = quads.mean(axis=1)
    across = (quads[:, 1] - quads[:, 0] + quads[:, 2] - quads[:, 3]) / 2
    down = (quads[:, 3] - quads[:, 0] + quads[:, 2] - quads[:, 1]) / 2
    first, second = np.linalg.norm(across, axis=1), np.linalg.norm(down, axis=1)
    # Of a box turned by more than half a right angle the sides change places.
    runs_across = np.abs(across[:, 0]) >= np.abs(across[:, 1])
    sizes = np.stack(
        [np.where(runs_across, first, second), np.where(runs_across, second, first)], axis=1
    )
    low, high = centres - sizes / 2, centres + sizes / 2
    return Boxes(low[:, 0], low[:, 1], high[:, 0], high[:, 1])


def side_lengths(polygon: Polygon) -> tuple[float, float]:
    """Return the width and height of a box, by the sides that run more across and more down."""
    quad = _quad(polygon)
    across = (quad[1] - quad[0] + quad[2] - quad[3]) / 2
    down = (quad[3] - quad[0] + quad[2] - quad[1]) / 2
    first, second = math.hypot(*across), math.hypot(*down)
    return (first, second) if abs(across[0]) >= abs(across[1]) else (second, first)


def _quad(polygon: Polygon) -> Floats:
    """Return four corners of a polygon, (4, 2); one with more than four stands in its bounds."""
    points = np.asarray(polygon, np.float64)
    if len(points) == 4:
        return points
    (x0, y0), (x1, y1) = points.min(axis=0), points.max(axis=0)
    return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])


def estimate_skew(quads: Floats) -> float:
    """Return by how much the lines of a page are turned, in radians, clockwise as seen.

    It is the median over the long boxes, weighted by length: of their upper and lower sides where
    they are wide, of their left and right ones where they are tall.

    Args:
        quads: Corners clockwise from the top left one, (N, 4, 2).

    Returns:
        From -20 to 20 degrees; 0.0 where no box is long.
    """
    across = (quads[:, 1] - quads[:, 0] + quads[:, 2] - quads[:, 3]) / 2
    down = (quads[:, 3] - quads[:, 0] + quads[:, 2] - quads[:, 1]) / 2
    wide, high = np.linalg.norm(across, axis=1), np.linalg.norm(down, axis=1)
    is_wide, is_high = wide >= _WIDE * high, high >= _WIDE * wide
    vectors = np.concatenate([across[is_wide], down[is_high] @ np.array([[0.0, -1.0], [1.0, 0.0]])])
    lengths = np.linalg.norm(vectors, axis=1)
    angles = np.arctan2(vectors[:, 1], vectors[:, 0])
    keep = (np.abs(angles) <= _MOST_SKEW) & (lengths > 0)
    if not keep.any():
        return 0.0
    return weighted_median(angles[keep], lengths[keep])


def weighted_median(values: Floats, weights: Floats) -> float:
    """Return the value with half of the weight on either side."""
    order = np.argsort(values, kind="stable")
    sums = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(sums, sums[-1] / 2)])
