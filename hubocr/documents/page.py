"""What reading a document gives: pages, and errors in the place of pages."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hubocr.errors import HubocrError
from hubocr.imaging import BgrImage

Quad = NDArray[np.float32]
"""Corners (4, 2) of a box as x, y in pixels of the page's image, in the order top left, top right,
bottom right, bottom left of the text itself; a turned line starts at its own top left."""


@dataclass(frozen=True, eq=False)
class TextWord:
    """A word of a text layer; each Chinese or Japanese character is a word of its own.

    Attributes:
        text: Its characters, without white space.
        box: Its corners.
    """

    text: str
    box: Quad


@dataclass(frozen=True, eq=False)
class TextLine:
    """A line of a text layer.

    Attributes:
        text: The words with the spaces that stand between them.
        box: Its corners.
        words: Its words, in the order of the text.
    """

    text: str
    box: Quad
    words: tuple[TextWord, ...]


@dataclass(frozen=True, eq=False)
class TextLayer:
    """The text that a PDF page holds, in the order in which the file gives it."""

    lines: tuple[TextLine, ...]

    @property
    def text(self) -> str:
        """The lines, parted by a line feed."""
        return "\n".join(line.text for line in self.lines)


@dataclass(frozen=True, eq=False)
class Page:
    """One page, frame or image.

    Attributes:
        image: Array (height, width, 3), uint8, BGR, upright as a viewer shows it.
        source: The path, URL or name of the file that it is from; ``input`` or ``input[2]`` where
            the caller gave bytes or an array.
        page_index: Its index in the file, from 0; None for an image that isn't one of several.
        page_count: Number of pages of the file; 1 for such an image.
        size: Width and height in points (1/72 inch) of a PDF page as shown, otherwise None.
        dpi: Resolution of ``image``, for a PDF page.
        rotation: Degrees clockwise by which the PDF turns the page for display (``/Rotate``);
            ``image`` and ``text_layer`` are turned already.
        text_layer: The text to answer from instead of reading ``image``, where the options ask for
            one and the page has one that will do.
        path: ``source``, where that is a path or URL; None for bytes, arrays and the like.
        text_layer_note: Why there is no ``text_layer``: ``ignored`` (by the options), ``none``,
            ``garbled``, ``invisible`` or ``pictures``; otherwise None.
    """

    image: BgrImage
    source: str
    page_index: int | None = None
    page_count: int = 1
    size: tuple[float, float] | None = None
    dpi: float | None = None
    rotation: int = 0
    text_layer: TextLayer | None = None
    text_layer_note: str | None = None
    path: str | None = None


@dataclass(frozen=True, eq=False)
class PageError:
    """A page, or a whole source, that can't be read, in its place among the pages.

    Attributes:
        error: What is wrong; its message names the source and the page.
        source: As `Page.source`.
        page_index: Index of the page, or None where the whole source can't be read.
        page_count: Number of pages of the file, where it is known.
    """

    error: HubocrError
    source: str
    page_index: int | None = None
    page_count: int | None = None
