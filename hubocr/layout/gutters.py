"""Gutters: the gaps between columns of prose."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hubocr.layout.frame import Boxes, weighted_median
from hubocr.layout.rows import share

Indices = NDArray[np.intp]

_LEAST_ROWS = 3
"""Rows that must have their gap at one place."""

_LEAST_GAP = 0.5
"""Width of a gap between columns, in line heights."""

_PROSE_ASPECT = 4.0
"""A line of prose is at least this many times as wide as high; cells of numbers are less."""

_PROSE_FILL = 0.65
"""Median width of the lines of a column of prose, as a share of the widest one."""

_ALIGNED = 0.2
"""Columns whose neighbouring lines differ by more than this in y, in line heights, aren't rows."""

_LEVEL = 0.1
"""The same, where a gap wider than the text itself says that the rows go across it."""

_IN_ROW, _BESIDE = 0.5, 0.3
"""Shares of the lower box's height that boxes of a row, and of columns side by side, have in
common."""

_NUMBER_ASPECT, _NUMBER_GAP = 2.0, 2.5
"""The number of a line or item is less than so many times as wide as high, and stands at most so
many times its height before the text."""

_CENTRED = 0.25
"""A heading over the gutter has at least this share of its width on each side."""

_MOST_AT_ONCE = 2000
"""Boxes of which gutters are looked for; a page of prose has hundreds."""


@dataclass(frozen=True)
class Gutter:
    """A gap between columns.

    Attributes:
        start: Where the left column ends.
        end: Where the right one begins.
        margin: How far a box must reach into both columns to cross the gutter; a dash at the end of
            a line may touch the next column.
    """

    start: float
    end: float
    margin: float

    @property
    def x(self) -> float:
        """Its middle."""
        return (self.start + self.end) / 2

    def crossing(self, boxes: Boxes) -> NDArray[np.bool_]:
        """Return which boxes stand on both sides, (N,).

        They reach into both columns, or stand over the gutter and alone in their row, as a short
        heading in the middle of the page does.
        """
        reaches = (boxes.left < self.start - self.margin) & (boxes.right > self.end + self.margin)
        least = np.maximum(self.margin, _CENTRED * boxes.width)
        is_over = (self.x - boxes.left >= least) & (boxes.right - self.x >= least)
        over = np.flatnonzero(is_over & ~reaches)
        if len(over):
            in_row = share(boxes.top, boxes.bottom)[:, over] >= _IN_ROW
            reaches[over[in_row.sum(axis=0) == 1]] = True  # every box is in a row with itself
        return reaches

    def bands(self, boxes: Boxes) -> Iterator[list[Indices]]:
        """Yield what is read one after the other, from top to bottom, as parts of indices.

        A band is what crosses the gutter, or a left and a right column.
        """
        crosses = self.crossing(boxes)
        is_left = (boxes.left + boxes.right) / 2 < self.x
        middle = boxes.middle
        # What stands in a row with a crossing box is read with it.
        in_row = share(boxes.top, boxes.bottom)[:, crosses] >= _IN_ROW
        crosses = crosses | in_row.any(axis=1) if crosses.any() else crosses
        across = np.flatnonzero(crosses)
        across = across[np.argsort(middle[across], kind="stable")]
        number = np.searchsorted(middle[across], middle, side="right")  # crossing boxes above
        pending: list[Indices] = []
        for band in range(len(across) + 1):
            columns = np.flatnonzero(~crosses & (number == band))
            if len(columns):
                if any(len(part) for part in pending):
                    yield [np.concatenate(pending)]
                    pending = []
                left, right = columns[is_left[columns]], columns[~is_left[columns]]
                if len(left) and len(right) and _is_table(boxes.take(left), boxes.take(right)):
                    yield [columns]
                else:
                    yield [part for part in (left, right) if len(part)]
            pending += [across[band : band + 1]]
        if any(len(part) for part in pending):
            yield [np.concatenate(pending)]


@dataclass(frozen=True)
class _Pairs:
    """Neighbours in a row, (P,) each: indices of the left and right box, and the gap's ends."""

    left: Indices
    right: Indices
    start: NDArray[np.float64]
    end: NDArray[np.float64]


def find_gutter(boxes: Boxes) -> Gutter | None:
    """Return the gutter with most rows beside it, where there is one."""
    if not 2 * _LEAST_ROWS <= len(boxes) <= _MOST_AT_ONCE:
        return None
    lines = _with_numbers(boxes)
    height = float(np.median(lines.height))
    pairs = _neighbours(lines, _LEAST_GAP * height)
    best: tuple[int, Gutter] | None = None
    for start, end in _gaps(pairs):
        gutter = Gutter(start, end, 0.5 * height)
        beside = np.flatnonzero((pairs.start <= gutter.x) & (pairs.end >= gutter.x))
        left, right = pairs.left[beside], pairs.right[beside]
        count = _rows_in_bands(lines, gutter, left, right)
        if count and (best is None or count > best[0]) and _is_prose(lines, left, right):
            best = count, gutter
    return best[1] if best is not None else None


def _with_numbers(boxes: Boxes) -> Boxes:
    """Return the boxes with numbers of lines and of items joined to the text behind them."""
    in_row = share(boxes.top, boxes.bottom) >= _IN_ROW
    gap = boxes.left[None, :] - boxes.right[:, None]
    is_near = in_row & (gap > 0) & (gap <= _NUMBER_GAP * boxes.height[:, None])
    is_short = boxes.width < _NUMBER_ASPECT * boxes.height
    left, top, right, bottom = (
        values.copy() for values in (boxes.left, boxes.top, boxes.right, boxes.bottom)
    )
    is_joined = np.zeros(len(boxes), bool)
    for number in np.flatnonzero(is_short & is_near.any(axis=1)):
        text = int(np.where(is_near[number], gap[number], np.inf).argmin())
        if is_short[text]:
            continue
        left[text] = min(left[text], boxes.left[number])
        top[text] = min(top[text], boxes.top[number])
        bottom[text] = max(bottom[text], boxes.bottom[number])
        is_joined[number] = True
    return Boxes(left, top, right, bottom).take(np.flatnonzero(~is_joined))


def _neighbours(boxes: Boxes, least_gap: float) -> _Pairs:
    """Return which boxes have which ones behind the next gap at their right, on the same height.

    There may be several, since lines of two columns needn't be level.
    """
    in_row = share(boxes.top, boxes.bottom) >= _BESIDE
    gap = boxes.left[None, :] - boxes.right[:, None]
    gap = np.where(in_row & (gap >= least_gap), gap, np.inf)
    np.fill_diagonal(gap, np.inf)
    nearest = gap.argmin(axis=1)
    is_next = np.isfinite(gap) & (boxes.left[None, :] < boxes.right[nearest][:, None])
    left, right = np.nonzero(is_next)
    return _Pairs(left, right, boxes.right[left], boxes.left[right])


def _gaps(pairs: _Pairs) -> Iterator[tuple[float, float]]:
    """Yield the places where most gaps lie above each other, the best ones first."""
    ends = np.unique(np.concatenate([pairs.start, pairs.end]))
    if len(ends) < 2:
        return
    middles = (ends[:-1] + ends[1:]) / 2
    starts, stops = np.sort(pairs.start), np.sort(pairs.end)
    counts = np.searchsorted(starts, middles) - np.searchsorted(stops, middles)
    for place in np.argsort(-counts, kind="stable")[:8]:
        if counts[place] < _LEAST_ROWS:
            return
        # As far as the number of gaps stays above half.
        first = last = place
        while first > 0 and counts[first - 1] >= 0.8 * counts[place]:
            first -= 1
        while last + 1 < len(counts) and counts[last + 1] >= 0.8 * counts[place]:
            last += 1
        yield float(ends[first]), float(ends[last + 1])


def _rows_in_bands(boxes: Boxes, gutter: Gutter, left: Indices, right: Indices) -> int:
    """Return in how many rows both columns have lines; 0 where no band has enough of them."""
    middle = boxes.middle
    edges = np.sort(middle[gutter.crossing(boxes)])
    bands = np.searchsorted(edges, middle[left])
    counts = [
        min(len(np.unique(left[bands == band])), len(np.unique(right[bands == band])))
        for band in np.unique(bands)
    ]
    return sum(counts) if max(counts, default=0) >= _LEAST_ROWS else 0


def _is_prose(boxes: Boxes, left: Indices, right: Indices) -> bool:
    """Say whether columns are prose rather than cells of rows, by their neighbouring lines."""
    first, second = boxes.take(np.unique(left)), boxes.take(np.unique(right))
    if min(_aspect(first), _aspect(second)) < _PROSE_ASPECT:
        return False
    gap = float(second.left.min() - first.right.max())
    is_wide = gap > max(float(first.width.max()), float(second.width.max()))
    if is_wide and _misalignment(boxes.take(left), boxes.take(right)) <= _LEVEL:
        return False
    fills = _fill(first), _fill(second)
    if min(fills) >= _PROSE_FILL:
        return True
    apart = _misalignment(boxes.take(left), boxes.take(right))
    return apart > _ALIGNED and max(fills) >= _PROSE_FILL


def _is_table(left: Boxes, right: Boxes) -> bool:
    """Say whether what stands at both sides of a gutter are cells of rows."""
    return min(_aspect(left), _aspect(right)) < _PROSE_ASPECT and _is_level(left, right)


def _aspect(boxes: Boxes) -> float:
    """Return width / height, the median over the boxes' whole width."""
    return weighted_median(boxes.width / np.maximum(boxes.height, 1e-9), boxes.width)


def _fill(boxes: Boxes) -> float:
    return float(np.median(boxes.width) / max(float(boxes.width.max()), 1e-9))


def _misalignment(left: Boxes, right: Boxes) -> float:
    """Return how far neighbours' centres are apart, in line heights (the median)."""
    height = np.minimum(left.height, right.height)
    return float(np.median(np.abs(left.middle - right.middle) / np.maximum(height, 1e-9)))


def _is_level(left: Boxes, right: Boxes) -> bool:
    """Say whether the lines of the column with fewer lines stand in rows with those beside them."""
    few, many = (left, right) if len(left) <= len(right) else (right, left)
    away = np.abs(few.middle[:, None] - many.middle).min(axis=1)
    return float(np.median(away / np.maximum(few.height, 1e-9))) <= _ALIGNED
