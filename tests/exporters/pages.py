"""Pages that exporters are tried on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from hubocr.exporters import Document
from hubocr.pipeline import Box, Line, Page
from hubocr.recognition import Recognition, Word


def line(text: str, x: int, y: int, width: int, height: int = 20, score: float = 0.9) -> Line:
    """Return a level line without words."""
    corners = ((x, y), (x + width, y), (x + width, y + height), (x, y + height))
    return Line(Box(corners, 0.8), Recognition(text, score))


def worded(text: str, x: int, y: int, char: int = 10, height: int = 20) -> Line:
    """Return a level line whose words are set ``char`` pixels a letter, two for Chinese ones."""
    words, at, start = [], x, None
    for place, letter in enumerate(text + " "):
        wide = "\u2e80" < letter < "\ua000"
        if start is not None and (letter == " " or wide):
            words.append(_word(text[start[0] : place], start[1], at, y, height))
            start = None
        if wide:
            words.append(_word(letter, at, at + 2 * char, y, height))
        elif letter != " " and start is None:
            start = (place, at)
        at += 2 * char if wide else char
    whole = line(text, x, y, at - char - x, height)
    return Line(whole.box, Recognition(text, 0.9, words=tuple(words)))


def _word(text: str, left: int, right: int, y: int, height: int) -> Word:
    corners = ((left, y + 2), (right, y + 2), (right, y + height - 2), (left, y + height - 2))
    return Word(text, 0.9, tuple((float(a), float(b)) for a, b in corners))


def page_of(lines: Sequence[Line], width: int = 600, height: int = 400, angle: int = 0) -> Page:
    return Page(width, height, tuple(lines), angle=angle)


def document_with_images(*pages: Page) -> Document:
    def image(place: int) -> np.ndarray[Any, Any]:
        return np.full((pages[place].height, pages[place].width, 3), 200 + place, np.uint8)

    return Document(pages, image, "scan")


MIXED = page_of(
    [
        worded("Total amount: 25.50", 40, 20),
        worded("合计金额 PP-OCR 模型v4", 40, 60),
        line("no words here", 40, 100, 130),
        line("שלום עולם 12.5", 300, 140, 200),
    ]
)
"""Latin words, Chinese characters, a line without words, one from right to left."""

CONTROL = page_of([line("a\x00b\x0bc <&>\"'\ufffe\ud800 ]]>", 10, 10, 200)])
"""Characters that XML can't hold, and those that it has to escape."""
