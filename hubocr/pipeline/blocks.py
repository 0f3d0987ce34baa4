"""The lines of a page as headings and paragraphs, and its rows.

All sizes are relative to the heights of the lines, and taken from the page turned back, so that
pages on their side and slightly turned ones have the blocks of upright ones.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from hubocr.layout.frame import Boxes, straightened, weighted_median
from hubocr.layout.order import is_upright
from hubocr.layout.rows import read_rows
from hubocr.pipeline.results import Line, Page
from hubocr.pipeline.turning import as_it_stands

_SAME_ROW = 0.5
"""Share of the lower line's height that lines of one row have in common."""

_LARGEST_GAP = 0.9
"""Height of the gap within a paragraph, in line heights."""

_ALIKE = 1.35
"""Lines of one paragraph differ in height by less than this factor."""

_INDENT = 1.2
"""A line that begins this many line heights further in begins a paragraph."""

_SHORT = 0.25
"""A line that ends so far before its column does, as a share of the column, ends a paragraph."""

_SHARED_WIDTH = 0.5
"""Share of the narrower line's width that lines of one paragraph have in common."""

_HEADING, _TITLE = 1.4, 1.9
"""Headings are this many times as high as the page's text."""

_LONGEST_HEADING = 120


@dataclass(frozen=True)
class Block:
    """Lines that belong together.

    Attributes:
        rows: The lines by row, each row from left to right; a paragraph has one line in each.
        level: 1 for titles, 2 for headings, 0 for other text.
    """

    rows: tuple[tuple[Line, ...], ...]
    level: int = 0

    @property
    def lines(self) -> tuple[Line, ...]:
        """The lines in reading order."""
        return tuple(line for row in self.rows for line in row)

    @property
    def is_prose(self) -> bool:
        """Whether its lines flow into each other, unlike the rows of a table or form."""
        return all(len(row) == 1 for row in self.rows)

    @property
    def text(self) -> str:
        """Its text in one line, where it is prose; otherwise a line for each row."""
        if self.is_prose:
            return joined(line.text for line in self.lines)
        return "\n".join(" ".join(line.text for line in row) for row in self.rows)


def frame_of(page: Page) -> Boxes:
    """Return the boxes of a page's lines as its reader sees them: the page turned back, straight.

    Those of a page of upright columns are turned so that columns are rows.
    """
    stands = as_it_stands(page)
    boxes = straightened([np.asarray(line.polygon, np.float64) for line in stands.lines])
    return boxes.transposed() if len(boxes) and is_upright(boxes) else boxes


def rows_of(boxes: Boxes, order: Sequence[int] | None = None) -> list[list[int]]:
    """Return the boxes by row, from top to bottom, in each from left to right, as indices.

    Args:
        boxes: The boxes.
        order: The order in which they are read; None: row by row.
    """
    rows: list[list[int]] = []
    for index in read_rows(boxes) if order is None else order:
        if rows and _continues_row(boxes, rows[-1][-1], index):
            rows[-1].append(index)
        else:
            rows.append([index])
    return rows


def blocks_of(page: Page) -> list[Block]:
    """Return the lines of a page as paragraphs, headings and rows, in its reading order."""
    boxes = frame_of(page)
    body = _body_height(page, boxes)
    blocks: list[Block] = []
    for rows in _grouped(boxes, rows_of(boxes, range(len(boxes)))):
        lines = tuple(tuple(page.lines[index] for index in row) for row in rows)
        heights = boxes.height[[index for row in rows for index in row]]
        block = Block(lines)
        blocks.append(Block(lines, _level(block, float(np.median(heights)), body)))
    return blocks


def joined(texts: Iterator[str] | Sequence[str]) -> str:
    """Return lines as one: Latin words are parted by a space, Chinese characters are not."""
    whole = ""
    for text in texts:
        text = text.strip()
        if whole and text and not _flows(whole, text):
            whole += " "
        whole += text
    return whole


def _flows(before: str, after: str) -> bool:
    """Say whether no space belongs between two lines."""
    if before[-1] == "-" and before[-2:-1].isalpha() and after[0].islower():
        return True
    return _is_unspaced(before[-1]) and _is_unspaced(after[0])


def _is_unspaced(char: str) -> bool:
    # Hangul is wide and written with spaces.
    wide = unicodedata.east_asian_width(char) in "WF"
    return wide and not unicodedata.name(char, "").startswith("HANGUL")


def _continues_row(boxes: Boxes, before: int, index: int) -> bool:
    top = max(boxes.top[before], boxes.top[index])
    bottom = min(boxes.bottom[before], boxes.bottom[index])
    lower = min(boxes.height[before], boxes.height[index])
    in_row = bottom - top >= _SAME_ROW * lower
    middle = (boxes.left[before] + boxes.right[before]) / 2
    return bool(in_row and boxes.left[index] > middle)


def _grouped(boxes: Boxes, rows: Sequence[list[int]]) -> Iterator[list[list[int]]]:
    """Give the rows of each block."""
    group: list[list[int]] = []
    for row in rows:
        if group and not _belongs(boxes, group, row):
            yield group
            group = []
        group.append(row)
    if group:
        yield group


def _belongs(boxes: Boxes, group: list[list[int]], row: list[int]) -> bool:
    """Say whether a row goes on with the block before it."""
    before = group[-1]
    above, below = boxes.take(before), boxes.take(row)
    height = min(float(np.median(above.height)), float(np.median(below.height)))
    gap = float(below.top.min() - above.bottom.max())
    if not -height < gap <= _LARGEST_GAP * height:
        return False
    if len(before) > 1 or len(row) > 1:
        return len(before) > 1 and len(row) > 1
    (last,), (line,) = before, row
    taller = max(boxes.height[last], boxes.height[line])
    if taller >= _ALIKE * min(boxes.height[last], boxes.height[line]):
        return False
    members = [index for one in group for index in one]
    left = float(boxes.left[members].min())
    right = float(max(boxes.right[members].max(), boxes.right[line]))
    shared = min(boxes.right[last], boxes.right[line]) - max(boxes.left[last], boxes.left[line])
    narrower = min(boxes.width[last], boxes.width[line])
    if shared < _SHARED_WIDTH * narrower:
        return False
    if boxes.left[line] - left >= _INDENT * height and len(group) > 1:
        return False
    return bool(right - boxes.right[last] < _SHORT * (right - left))


def _body_height(page: Page, boxes: Boxes) -> float:
    """Return the height of most of the text."""
    if not len(boxes):
        return 0.0
    lengths = np.array([max(1, len(line.text)) for line in page.lines], np.float64)
    return weighted_median(boxes.height, lengths)


def _level(block: Block, height: float, body: float) -> int:
    text = block.text
    if not block.is_prose or len(block.rows) > 3 or len(text) > _LONGEST_HEADING:
        return 0
    if not any(char.isalpha() for char in text):
        return 0
    return 1 if height >= _TITLE * body else 2 if height >= _HEADING * body else 0
