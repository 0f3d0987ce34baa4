"""Text that stands as it does on the page: columns by spaces, rows by line feeds."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from hubocr.exporters.document import Document
from hubocr.exporters.reading import cells
from hubocr.layout.frame import Boxes, weighted_median
from hubocr.pipeline.blocks import frame_of, rows_of
from hubocr.pipeline.results import Page

_MOST_BLANK_ROWS = 3

_APART = 2
"""Spaces between two texts of a row, at least; words of one text have one between them."""

_NEAR = 0.6
"""Texts of a row that are no further apart, in line heights, are one text on the page."""

_ALIGNED = 0.5
"""Texts that begin within this many line heights of each other begin at the same column."""

_WIDEST = 400
"""Columns of a page; a single text may be wider."""


def write(document: Document) -> str:
    """Return the pages; a form feed stands between them, as in ``pdftotext -layout``."""
    return "\f".join(laid_out(page) for page in document.pages)


def laid_out(page: Page) -> str:
    """Return a page as text in a font whose letters are all as wide, Chinese ones twice that."""
    texts = [" ".join(line.text.split()) for line in page.lines]
    if not any(texts):
        return ""
    boxes = frame_of(page)
    rows = rows_of(boxes)
    starts = _columns(boxes, rows, texts)
    written: list[str] = []
    bottom: float | None = None
    height = float(np.median(boxes.height))
    for row in rows:
        if bottom is not None and height:
            gap = (float(boxes.top[row].min()) - bottom) / height
            written += [""] * int(np.clip(round(gap - 0.5), 0, _MOST_BLANK_ROWS))
        bottom = float(boxes.bottom[row].max())
        line = ""
        for index in row:
            line += " " * (starts[index] - cells(line)) + texts[index]
        written.append(line)
    return "\n".join(written) + "\n"


def _columns(boxes: Boxes, rows: Sequence[Sequence[int]], texts: Sequence[str]) -> list[int]:
    """Return the column at which each text begins.

    Texts that begin at the same place on the page begin at the same column, and what stands right
    of another text begins right of its end in all rows: the page is stretched where it has to be.
    """
    height = float(np.median(boxes.height))
    unit = _unit(boxes, texts, height)
    origin = float(boxes.left.min())
    before = {right: left for row in rows for left, right in pairwise(row)}
    starts, ends = [0] * len(texts), [0] * len(texts)
    shift = 0
    order = np.argsort(boxes.left, kind="stable")
    breaks = np.flatnonzero(np.diff(boxes.left[order]) > _ALIGNED * height) + 1
    for group in np.split(order, breaks):
        members: list[int] = group.tolist()
        apart = [
            index
            for index in members
            if index in before and not _is_near(boxes, before[index], index)
        ]
        planned = round((float(boxes.left[group].min()) - origin) / unit) + shift
        column = max([planned, *(ends[before[index]] + _APART for index in apart)])
        shift += column - planned
        for index in members:
            near = index in before and index not in apart
            starts[index] = ends[before[index]] + 1 if near else column
            ends[index] = starts[index] + cells(texts[index])
    return starts


def _is_near(boxes: Boxes, left: int, right: int) -> bool:
    height = min(boxes.height[left], boxes.height[right])
    return bool(boxes.left[right] - boxes.right[left] <= _NEAR * height)


def _unit(boxes: Boxes, texts: Sequence[str], height: float) -> float:
    """Return the width of a column in pixels."""
    lengths = np.array([cells(text) for text in texts], np.float64)
    long = lengths > 0
    widths = boxes.width[long] / lengths[long]
    unit = weighted_median(widths, lengths[long])
    width = float(boxes.right.max() - boxes.left.min())
    return max(unit, width / _WIDEST, 0.1 * height, 1e-6)
