"""Where the text of a line runs: the pieces that it is made of, each with its box."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from hubocr.exporters.bidi import has_right_to_left, runs_left
from hubocr.layout.frame import UPRIGHT_RATIO
from hubocr.pipeline.results import Line
from hubocr.recognition import Word

Corner = tuple[float, float]
Quad = tuple[Corner, Corner, Corner, Corner]
"""Corners (x, y) in pixels, in the order top left, top right, bottom right, bottom left as seen by
who reads the text: a line that runs down the page begins with the corner that is at its right."""


@dataclass(frozen=True)
class Piece:
    """A word, a space between words, or a whole line.

    Attributes:
        text: What it says; white space alone for a space.
        quad: Where it is.
        score: How sure that is, from 0 to 1.
    """

    text: str
    quad: Quad
    score: float

    @property
    def is_space(self) -> bool:
        """Whether it parts two words."""
        return self.text.isspace()

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """The upright rectangle around it: left, top, right, bottom."""
        return bounds_of(self.quad)


def bounds_of(corners: Sequence[Corner]) -> tuple[float, float, float, float]:
    """Return the upright rectangle around corners: left, top, right, bottom."""
    xs, ys = zip(*corners, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def line_quad(line: Line) -> Quad:
    """Return the corners of a line in the order of its reader.

    Lines that were turned upside down before they were read begin at the opposite corner; high
    boxes of several characters were read from top to bottom, see `hubocr.pipeline.crop.cut_line`.
    """
    return _as_read(_four(line.polygon), _quarters(line))


def pieces(line: Line) -> Iterator[Piece]:
    """Give the words of a line and the spaces between them, in the order of its text.

    A line without boxes of words is one piece, and so is one that holds text that runs from right
    to left. The texts of all pieces make up the text of the line.
    """
    placed = _placed(line)
    if placed is None:
        if line.text:
            yield Piece(line.text, line_quad(line), line.score)
        return
    quarters = _quarters(line)
    end, before = 0, None
    for start, word in placed:
        quad = _as_read(_four(word.polygon), quarters)
        if start > end:
            yield Piece(line.text[end:start], _between(before, quad), word.score)
        yield Piece(word.text, quad, word.score)
        end, before = start + len(word.text), quad
    if end < len(line.text):
        yield Piece(line.text[end:], _between(before, None), line.score)


@dataclass(frozen=True)
class Token:
    """What stands between two spaces of a line: a word, or a run of Chinese text.

    Attributes:
        text: What it says, without white space.
        quad: Where it is.
        score: How sure that is, from 0 to 1.
        characters: The places of its characters, where it is made of single ones.
    """

    text: str
    quad: Quad
    score: float
    characters: tuple[Piece, ...] = ()


def tokens(line: Line) -> list[Token]:
    """Return the words of a line as other programs see them, parted by its spaces.

    Without boxes of words the line's box is shared out by the widths of the characters.
    """
    if _placed(line) is None:
        return list(_estimated(line))
    return [_token(parts, line) for parts in _split(pieces(line))]


def _split(found: Iterator[Piece]) -> Iterator[list[Piece]]:
    parts: list[Piece] = []
    for piece in found:
        if not piece.is_space:
            parts.append(piece)
        elif parts:
            yield parts
            parts = []
    if parts:
        yield parts


def _token(parts: list[Piece], line: Line) -> Token:
    text = "".join(part.text for part in parts)
    single = len(parts) > 1 and all(len(part.text) == 1 for part in parts)
    score = sum(part.score * len(part.text) for part in parts) / len(text)
    quad = parts[0].quad if len(parts) == 1 else _around(parts, line_quad(line))
    return Token(text, quad, score, tuple(parts) if single else ())


def _around(parts: Sequence[Piece], line: Quad) -> Quad:
    """Return the box around pieces that runs as the line does."""
    along = np.subtract(line[1], line[0]) + np.subtract(line[2], line[3])
    length = float(np.hypot(*along))
    axis = along / length if length else np.array([1.0, 0.0])
    axes = np.array([axis, [-axis[1], axis[0]]])
    seen = np.array([corner for part in parts for corner in part.quad]) @ axes.T
    (left, top), (right, bottom) = seen.min(axis=0), seen.max(axis=0)
    box = np.array([[left, top], [right, top], [right, bottom], [left, bottom]]) @ axes
    first, second, third, fourth = ((float(x), float(y)) for x, y in box)
    return first, second, third, fourth


def _estimated(line: Line) -> Iterator[Token]:
    whole, total, start = line_quad(line), max(1, cells(line.text)), 0
    is_reverse = runs_left(line.text)
    for part in re.split(r"(\s+)", line.text):
        end = start + cells(part)
        if part.strip():
            first, last = start / total, end / total
            quad = cut_quad(whole, *((1 - last, 1 - first) if is_reverse else (first, last)))
            yield Token(part, quad, line.score)
        start = end


def cells(text: str) -> int:
    """Return the width of a text where Latin letters have width 1 and Chinese characters 2."""
    return sum(cell_width(char) for char in text)


def cell_width(char: str) -> int:
    """Return 2 for wide characters, 0 for marks above others, otherwise 1 (Unicode, UAX 11)."""
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def cut_quad(quad: Quad, start: float, end: float) -> Quad:
    """Return the part of a quad between two shares of its length."""
    top_left, top_right, bottom_right, bottom_left = quad
    return (
        _along(top_left, top_right, start),
        _along(top_left, top_right, end),
        _along(bottom_left, bottom_right, end),
        _along(bottom_left, bottom_right, start),
    )


def _along(start: Corner, end: Corner, share: float) -> Corner:
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share


def _placed(line: Line) -> list[tuple[int, Word]] | None:
    """Return where in the text each word begins; None without words, or if they don't fit."""
    if not line.reading.words or has_right_to_left(line.text):
        return None
    placed, end = [], 0
    for word in line.reading.words:
        start = line.text.find(word.text, end)
        if start < 0 or line.text[end:start].strip():
            return None
        placed.append((start, word))
        end = start + len(word.text)
    return None if line.text[end:].strip() else placed


def _between(before: Quad | None, after: Quad | None) -> Quad:
    """Return the box of the space between two words, or of one at the end of a line."""
    if before is None and after is not None:
        return cut_quad(after, 0.0, 0.0)
    if before is None:
        raise ValueError("a space stands beside a word")
    if after is None:
        return cut_quad(before, 1.0, 1.0)
    return before[1], after[0], after[3], before[2]


def _four(polygon: Sequence[Corner]) -> Quad:
    if len(polygon) == 4:
        first, second, third, fourth = polygon
        return first, second, third, fourth
    left, top, right, bottom = bounds_of(polygon)
    return (left, top), (right, top), (right, bottom), (left, bottom)


def _quarters(line: Line) -> int:
    """Return by how many quarters of a circle, clockwise, the text is turned in its polygon."""
    quad = _four(line.polygon)
    width = math.dist(quad[0], quad[1]) + math.dist(quad[3], quad[2])
    height = math.dist(quad[0], quad[3]) + math.dist(quad[1], quad[2])
    quarters = 2 if line.angle == 180 else 0
    if height >= UPRIGHT_RATIO * width and len(line.text) > 1:
        quarters += 1
    return quarters % 4


def _as_read(quad: Quad, quarters: int) -> Quad:
    # A text turned clockwise by a quarter begins at the corner that is at the top right.
    first, second, third, fourth = quad[quarters:] + quad[:quarters]
    return first, second, third, fourth
