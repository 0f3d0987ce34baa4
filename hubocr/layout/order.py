"""Reading order: rows, columns, upright columns and paragraphs, from the places of the lines.

A page is cut recursively. Where many neighbours in a row have a gap at the same x, and what stands
on both sides is prose rather than the cells of a table, there is a gutter. The lines that cross it
(headings, figures) cut the page into bands; within a band the left column is read before the right
one. What has no gutter is read row by row, see `read_rows`.

Upright text is read in a frame in which its columns are lines, see `Boxes.transposed`.

Sizes are relative to the heights of the lines, never in pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hubocr.layout.frame import UPRIGHT_RATIO, Boxes, Polygon, straightened, weighted_median
from hubocr.layout.gutters import find_gutter
from hubocr.layout.reference import reference_order
from hubocr.layout.rows import read_rows, share

_DEEPEST = 8
"""Columns within columns that are looked for."""


Rule = Literal["reference", "rows", "auto"]


def reading_order(polygons: Sequence[Polygon], rule: Rule = "auto") -> list[int]:
    """Return the order in which lines are read, as indices into ``polygons``.

    Args:
        polygons: Boxes of text, corners clockwise from the top left one, (N, 2) each, N >= 4, on a
            page that is the right way up.
        rule: ``reference``, see `hubocr.layout.reference`; ``rows``: row by row; ``auto``: columns
            where there are any, otherwise rows.
    """
    if rule == "reference":
        return reference_order(polygons)
    boxes = straightened(polygons)
    if rule == "rows":
        return read_rows(boxes)
    if is_upright(boxes):
        return _read_upright(boxes)
    units = join_upright_columns(boxes)
    order = _read(units.boxes)
    return [index for unit in order for index in units.members[unit]]


_LONG_COLUMN = 2.5
"""A column of text is at least this many times as high as wide; digits are at most 2 times."""

_LONG_SHARE = 0.2
"""Share of the tall boxes' height that such columns have where a page is written in columns."""


def is_upright(boxes: Boxes) -> bool:
    """Say whether a page is written in columns from top to bottom.

    It is where tall boxes, in all, are longer than wide ones, and some of them are too long to be
    single letters; boxes that are neither have no say.
    """
    width, height = boxes.width, boxes.height
    tall = float(height[boxes.is_tall].sum())
    wide = float(width[width >= UPRIGHT_RATIO * height].sum())
    long = float(height[height >= _LONG_COLUMN * width].sum())
    return tall > wide and long >= _LONG_SHARE * tall


@dataclass(frozen=True)
class Units:
    """What is read as one: a line, or a block of upright columns.

    Attributes:
        boxes: The rectangle of each.
        members: The boxes in each, in reading order.
    """

    boxes: Boxes
    members: list[list[int]]


def join_upright_columns(boxes: Boxes) -> Units:
    """Join neighbouring columns of upright text on a page of lines, each block into one unit."""
    tall = np.flatnonzero(boxes.height >= _LONG_COLUMN * boxes.width)
    groups: list[list[int]] = []
    for index in tall[np.argsort(-boxes.right[tall], kind="stable")]:
        home = next((group for group in groups if _are_columns(boxes, group[-1], index)), None)
        if home is None:
            groups.append([int(index)])
        else:
            home.append(int(index))
    joined = [group for group in groups if len(group) > 1]
    inside = {index for group in joined for index in group}
    members = [[index] for index in range(len(boxes)) if index not in inside]
    for group in joined:
        members.append([group[place] for place in _read_upright(boxes.take(group))])
    return Units(
        Boxes(
            np.array([boxes.left[group].min() for group in members]),
            np.array([boxes.top[group].min() for group in members]),
            np.array([boxes.right[group].max() for group in members]),
            np.array([boxes.bottom[group].max() for group in members]),
        ),
        members,
    )


def _are_columns(boxes: Boxes, right: int, left: int) -> bool:
    """Say whether two columns stand side by side, the second at the left."""
    thick = max(boxes.width[right], boxes.width[left])
    shared = min(boxes.bottom[right], boxes.bottom[left]) - max(boxes.top[right], boxes.top[left])
    gap = boxes.left[right] - boxes.right[left]
    return bool(
        min(boxes.width[right], boxes.width[left]) >= 0.5 * thick
        and shared >= 0.5 * min(boxes.height[right], boxes.height[left])
        and -0.5 * thick <= gap <= 2 * thick
    )


_CENTRED = 0.15
"""How far from the middle of a column a part of it stands at most, in its widths; notes stand at
its sides."""

_NOTE = 0.85
"""Columns thinner than this, relative to those of the text, are notes."""


_COVERED = 0.4
"""Share of the width of a note between two columns that lies on them; of neighbouring columns of
text, whose boxes are grown as well, it is less than a tenth."""

_LONGER = 1.5
"""How much longer than the note these columns are."""

_SAME_LINE = 0.6
"""Share from which on a box stands in a column and not beside it."""


def _read_upright(boxes: Boxes) -> list[int]:
    """Return the order of upright columns, from right to left.

    Notes in smaller letters would cut sentences that go on in the next column: those above the
    text are read before it, those between its columns after it. Notes that stand in a column of
    the text, two beside each other, are read where they stand.
    """
    lines = boxes.transposed()
    body = weighted_median(lines.height, lines.width)
    is_text = (lines.height >= _NOTE * body) & ~_is_between_lines(lines)
    top, bottom = lines.top[is_text].min(), lines.bottom[is_text].max()
    is_text |= (lines.middle < top) | (lines.middle > bottom)  # beside the text
    # The median, since a column may be joined to the note above it.
    start = weighted_median(lines.left[is_text], lines.width[is_text])
    is_above = ~is_text & (lines.right <= start + body / 2)
    is_text |= ~is_above & _is_within_line(lines, is_text)
    parts = (np.flatnonzero(part) for part in (is_above, is_text, ~is_text & ~is_above))
    return [int(part[place]) for part in parts for place in _read(lines.take(part))]


def _is_between_lines(lines: Boxes) -> NDArray[np.bool_]:
    """Return which boxes are notes that were written between two lines, (N,).

    Their letters are smaller, but the detector's box, grown, may be as wide as the text's; then it
    lies on the longer lines beside it, as lines of text don't.
    """
    across = np.minimum(lines.bottom[:, None], lines.bottom) - np.maximum(
        lines.top[:, None], lines.top
    )
    along = np.minimum(lines.right[:, None], lines.right) - np.maximum(
        lines.left[:, None], lines.left
    )
    is_beside = (along >= 0.5 * lines.width[:, None]) & (
        lines.width >= _LONGER * lines.width[:, None]
    )
    covered = np.where(is_beside, np.maximum(across, 0), 0).sum(axis=1)
    is_between: NDArray[np.bool_] = covered >= _COVERED * lines.height
    return is_between & (across * is_beside < _SAME_LINE * lines.height[:, None]).all(axis=1)


def _is_within_line(lines: Boxes, is_text: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which boxes stand in pairs before or behind a line of the text, or on it, (N,)."""
    common = np.minimum(lines.bottom[:, None], lines.bottom) - np.maximum(
        lines.top[:, None], lines.top
    )
    is_stacked = share(lines.left, lines.right) > 0.5
    is_inside = (common >= 0.8 * lines.height[:, None]) & ~is_stacked
    is_inside[:, ~is_text] = False
    has_pair = (is_inside.astype(np.intp) @ is_inside.T.astype(np.intp) > 0) & is_stacked
    np.fill_diagonal(has_pair, False)
    away = np.abs(lines.middle[:, None] - lines.middle)
    is_part = is_inside & (away <= _CENTRED * lines.height)
    within: NDArray[np.bool_] = (has_pair | is_part).any(axis=1) & ~is_text
    return within


def _read(boxes: Boxes) -> list[int]:
    return [int(index) for index in _read_region(boxes, np.arange(len(boxes)), _DEEPEST)]


def _read_region(page: Boxes, indices: NDArray[np.intp], depth: int) -> list[int]:
    """Return the order of some boxes of a page: columns where there are any, otherwise rows."""
    region = page.take(indices)
    gutter = find_gutter(region) if depth else None
    if gutter is None:
        return [int(indices[place]) for place in read_rows(region)]
    order: list[int] = []
    for band in gutter.bands(region):
        for part in band:
            if len(part) == len(indices):
                return [int(indices[place]) for place in read_rows(region)]
            order += _read_region(page, indices[part], depth - 1)
    return order
