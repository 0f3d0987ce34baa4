"""The lines and words of a PDF page's text layer. Runs in the process that renders."""

from __future__ import annotations

import ctypes
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import cos, pi, sin
from statistics import median
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

MOST_CHARACTERS = 200_000
"""A page with more is not searched for text; a page of a newspaper has about 20,000."""

_COLUMN_GAP = 2.0
"""White space of this many font sizes ends a line: the next word is in another column or cell."""

_NEARLY_STRAIGHT = pi / 180

_SINGLE_SCRIPTS = ("CJK", "HIRAGANA", "KATAKANA")

Corners = list[float]
"""x and y of the top left, top right, bottom right and bottom left corner, in page coordinates."""


Limits = tuple[float, float, float, float]
"""Least and greatest value along one direction, and across it."""


@dataclass
class _Glyph:
    text: str
    box: tuple[float, float, float, float]  # left, bottom, right, top
    angle: float  # counter-clockwise, radians
    points: float
    limits: Limits  # along the text and across it
    space_before: bool = False


@dataclass
class Characters:
    """What is known about a page's text.

    Attributes:
        lines: ``[text, corners, [[word, corners], ...]]`` for each line.
        count: Number of characters, without white space.
        invisible: How many of them are drawn in no colour (render mode 3).
        unmapped: How many have no Unicode value that can be trusted.
        points: Median font size.
    """

    lines: list[list[Any]] = field(default_factory=list)
    count: int = 0
    invisible: int = 0
    unmapped: int = 0
    points: float | None = None


def read_characters(page: pdfium.PdfPage) -> Characters:
    """Return the text of a page; nothing for one of more than `MOST_CHARACTERS`."""
    textpage = page.get_textpage()
    try:
        found = Characters()
        if 0 < textpage.count_chars() <= MOST_CHARACTERS:
            lines = list(_lines(textpage, found))
            sizes = [glyph.points for line in lines for glyph in line if glyph.points > 0]
            found.points = median(sizes) if sizes else None
            found.lines = [_packed(line) for line in lines]
        return found
    finally:
        textpage.close()


def _lines(textpage: pdfium.PdfTextPage, found: Characters) -> Iterator[list[_Glyph]]:
    """Yield the glyphs of each line and count them."""
    line: list[_Glyph] = []
    space = False
    index, end = 0, textpage.count_chars()
    while index < end:
        at, code = index, pdfium_c.FPDFText_GetUnicode(textpage, index)
        index += 1
        if 0xD800 <= code < 0xDC00 and index < end:  # a surrogate pair is two characters
            low = pdfium_c.FPDFText_GetUnicode(textpage, index)
            if 0xDC00 <= low < 0xE000:
                code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)
                index += 1
        text = _text(code)
        if text in "\r\n":
            if line:
                yield line
            line, space = [], False
            continue
        if text.isspace():
            space = True
            continue
        glyph = _glyph(textpage, at, text)
        _count(textpage, at, code, found)
        glyph.space_before = space and bool(line)
        if line and _far(line[-1], glyph):
            yield line
            line = []
            glyph.space_before = False
        line.append(glyph)
        space = False
    if line:
        yield line


def _text(code: int) -> str:
    if code in (0x02, 0xAD):  # PDFium's mark, and Unicode's, of a word that is hyphenated here
        return "-"
    if code == 0 or 0xD800 <= code < 0xE000 or code > 0x10FFFF:
        return "\ufffd"
    text = chr(code)
    return text if text in "\r\n\t" or unicodedata.category(text) != "Cc" else "\ufffd"


def _count(textpage: pdfium.PdfTextPage, index: int, code: int, found: Characters) -> None:
    found.count += 1
    text = _text(code)
    if (
        text == "\ufffd"
        or unicodedata.category(text) in ("Co", "Cn")
        or pdfium_c.FPDFText_HasUnicodeMapError(textpage, index) == 1
    ):
        found.unmapped += 1
    textobject = pdfium_c.FPDFText_GetTextObject(textpage, index)
    if textobject and (
        pdfium_c.FPDFTextObj_GetTextRenderMode(textobject) == pdfium_c.FPDF_TEXTRENDERMODE_INVISIBLE
    ):
        found.invisible += 1


def _glyph(textpage: pdfium.PdfTextPage, index: int, text: str) -> _Glyph:
    rectangle = pdfium_c.FS_RECTF()
    if pdfium_c.FPDFText_GetLooseCharBox(textpage, index, ctypes.byref(rectangle)):
        box = (rectangle.left, rectangle.bottom, rectangle.right, rectangle.top)
    else:
        box = (0.0, 0.0, 0.0, 0.0)
    # PDFium counts clockwise, from 0 to 2 pi; -1 is an error.
    angle = 0.0 - max(0.0, pdfium_c.FPDFText_GetCharAngle(textpage, index))
    points = pdfium_c.FPDFText_GetFontSize(textpage, index)
    # The font size leaves the scale of the text's matrix out.
    matrix = pdfium_c.FS_MATRIX()
    if pdfium_c.FPDFText_GetMatrix(textpage, index, ctypes.byref(matrix)):
        points *= abs(matrix.a * matrix.d - matrix.b * matrix.c) ** 0.5
    return _Glyph(text, box, angle, points, _limits(box, angle, points))


def _far(before: _Glyph, glyph: _Glyph) -> bool:
    """Whether a gap between columns parts two glyphs of a line."""
    return _extent([glyph], before.angle)[0] - before.limits[1] > _COLUMN_GAP * max(
        before.points, glyph.points, 1.0
    )


def _packed(line: list[_Glyph]) -> list[Any]:
    text = "".join(f" {g.text}" if g.space_before else g.text for g in line)
    words = [["".join(g.text for g in word), _corners(word)] for word in _words(line)]
    return [text, _corners(line), words]


def _words(line: list[_Glyph]) -> Iterator[list[_Glyph]]:
    word: list[_Glyph] = []
    for glyph in line:
        apart = glyph.space_before or is_single(glyph.text)
        if word and (apart or is_single(word[-1].text)):
            yield word
            word = []
        word.append(glyph)
    if word:
        yield word


def is_single(character: str) -> bool:
    """Whether a character of Chinese or Japanese stands as a word of its own."""
    return unicodedata.name(character, "").startswith(_SINGLE_SCRIPTS)


def _extent(glyphs: list[_Glyph], angle: float) -> Limits:
    """Return the limits of all glyphs along the direction of the text and across it."""
    limits = [g.limits if g.angle == angle else _limits(g.box, angle, g.points) for g in glyphs]
    starts, ends, lows, highs = zip(*limits, strict=True)
    return min(starts), max(ends), min(lows), max(highs)


def _limits(box: Limits, angle: float, points: float) -> Limits:
    """Return the limits of a box along a direction and across it, upwards."""
    left, bottom, right, top = box
    if angle == 0:
        return left, right, bottom, top
    quarter_turns = angle / (pi / 2)
    if abs(quarter_turns - round(quarter_turns)) * (pi / 2) < _NEARLY_STRAIGHT:
        corners = [(left, bottom), (left, top), (right, bottom), (right, top)]
        along, across = 0.0, 0.0
    else:
        # Boxes stand upright whatever the slant of the text: only their centres say something.
        corners = [((left + right) / 2, (bottom + top) / 2)]
        along, across = points / 4, points / 2
    c, s = cos(angle), sin(angle)
    xs = [x * c + y * s for x, y in corners]
    ys = [y * c - x * s for x, y in corners]
    return min(xs) - along, max(xs) + along, min(ys) - across, max(ys) + across


def _corners(glyphs: list[_Glyph]) -> Corners:
    angle = glyphs[0].angle
    start, end, low, high = _extent(glyphs, angle)
    corners: Corners = []
    for along, across in ((start, high), (end, high), (end, low), (start, low)):
        corners += (
            along * cos(angle) - across * sin(angle),
            along * sin(angle) + across * cos(angle),
        )
    return corners
