"""A PDF page's own text as a result of the same tree as what the models read."""

from __future__ import annotations

import numpy as np

from hubocr.documents import Page as DocumentPage
from hubocr.documents import TextLine, TextWord
from hubocr.pipeline import Box, Line, Page
from hubocr.recognition import Recognition, Word

_CERTAIN = 1.0
"""The score of text that was not read but is known."""


def page_of_text_layer(page: DocumentPage, *, words: bool = False) -> Page:
    """Return the text layer of a page, every line with score 1, in the order of the file.

    Args:
        page: A page that has one.
        words: Whether the words and their boxes are wanted.
    """
    height, width = page.image.shape[:2]
    lines = () if page.text_layer is None else page.text_layer.lines
    return Page(width, height, tuple(_line(line, words) for line in lines))


def _line(line: TextLine, with_words: bool) -> Line:
    words = None
    if with_words:
        words = tuple(Word(word.text, _CERTAIN, _corners(word)) for word in line.words)
    polygon = np.rint(line.box).astype(np.int32)
    return Line(Box.of(polygon, _CERTAIN), Recognition(line.text, _CERTAIN, words=words))


def _corners(word: TextWord) -> tuple[tuple[float, float], ...]:
    return tuple((float(x), float(y)) for x, y in word.box)
