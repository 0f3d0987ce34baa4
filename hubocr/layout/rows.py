"""Reading row by row."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from hubocr.layout.frame import Boxes

_SAME_ROW = 0.5
"""Share of the lower box's height that two boxes of a row have in common."""

_STACKED = 0.2
"""Share of the narrower box's width from which two boxes stand above each other."""

_MOST_AT_ONCE = 2000
"""Boxes whose places are compared in pairs; more, which overlap in height one with the next all
down the page, are sorted by their centres."""


def read_rows(boxes: Boxes) -> list[int]:
    """Return the order of boxes from top to bottom, in a row from left to right.

    A box comes before those below it that it shares some width with, and before those at its right
    that it shares half of the lower one's height with. As long as a row goes on it is followed.
    The relations, without their loosening for rows, are those of Breuel, High Performance
    Document Layout Analysis, 2003, section 5.
    """
    order: list[int] = []
    for group in _overlapping(boxes.top, boxes.bottom):
        if len(group) == 1:
            order.append(int(group[0]))
        elif len(group) > _MOST_AT_ONCE:
            rows = np.lexsort((boxes.left[group], boxes.middle[group]))
            order += group[rows].tolist()
        else:
            order += group[_sort_group(boxes.take(group))].tolist()
    return order


def _overlapping(low: NDArray[np.float64], high: NDArray[np.float64]) -> Iterator[NDArray[np.intp]]:
    """Yield the intervals in ascending groups that nothing joins."""
    order = np.argsort(low, kind="stable")
    reach = np.maximum.accumulate(high[order])
    starts = np.flatnonzero(low[order][1:] >= reach[:-1]) + 1
    yield from np.split(order, starts)


def share(low: NDArray[np.float64], high: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what each two intervals have in common, as a share of the shorter one, (N, N)."""
    common = np.minimum(high[:, None], high) - np.maximum(low[:, None], low)
    length = np.maximum(high - low, 1e-9)
    shares: NDArray[np.float64] = np.clip(common, 0, None) / np.minimum(length[:, None], length)
    return shares


def _sort_group(boxes: Boxes) -> list[int]:
    count = len(boxes)
    stacked = share(boxes.left, boxes.right) > _STACKED
    in_row = (share(boxes.top, boxes.bottom) >= _SAME_ROW) & ~stacked
    # Ranks, so that of two boxes one always comes first.
    across = _ranks(boxes.left, boxes.right)
    down = _ranks(boxes.middle, boxes.left)
    before = (stacked & (down[:, None] < down)) | (in_row & (across[:, None] < across))
    np.fill_diagonal(before, False)
    waits_for = before.sum(axis=0)
    left = np.ones(count, bool)
    order: list[int] = []
    while len(order) < count:
        ready = np.flatnonzero(left & (waits_for == 0))
        if not len(ready):  # rows that cross each other
            ready = np.flatnonzero(left)
        if order:
            following = ready[in_row[order[-1], ready] & (across[ready] > across[order[-1]])]
            ready = following[np.argsort(across[following])][:1] if len(following) else ready
        chosen = int(ready[np.argmin(down[ready])])
        order.append(chosen)
        left[chosen] = False
        waits_for -= before[chosen]
    return order


def _ranks(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.intp]:
    order = np.lexsort((second, first))
    ranks = np.empty_like(order)
    ranks[order] = np.arange(len(order))
    return ranks
