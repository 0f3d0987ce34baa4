"""Turned pages: turned back before they are read, their results put where the image came from."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

import numpy as np

from hubocr.imaging import BgrImage
from hubocr.pipeline.results import Box, Line, Page
from hubocr.recognition import Recognition, Word

N = TypeVar("N", int, float)


def upright(image: BgrImage, angle: int) -> BgrImage:
    """Return a page that is turned clockwise by 0, 90, 180 or 270 degrees as it should stand."""
    return np.ascontiguousarray(np.rot90(image, angle // 90))


def as_it_came(page: Page, angle: int) -> Page:
    """Return the results of an upright page in the pixels of the image as it came.

    Args:
        page: Results of the page that `upright` gave.
        angle: By how much the image is turned clockwise.
    """
    items = tuple(
        Line(_box(item.box, page, angle), _reading(item, page, angle))
        if isinstance(item, Line)
        else _box(item, page, angle)
        for item in page.items
    )
    width, height = (page.height, page.width) if angle % 180 else (page.width, page.height)
    return replace(page, width=width, height=height, items=items, angle=angle)


def _box(box: Box, page: Page, angle: int) -> Box:
    # Corners are pixels here: the last one is at width - 1.
    last_x, last_y = page.width - 1, page.height - 1
    return replace(box, polygon=tuple(_turned(x, y, last_x, last_y, angle) for x, y in box.polygon))


def _reading(line: Line, page: Page, angle: int) -> Recognition:
    if line.reading.words is None:
        return line.reading
    words = tuple(
        Word(
            word.text,
            word.score,
            tuple(_turned(x, y, page.width, page.height, angle) for x, y in word.polygon),
        )
        for word in line.reading.words
    )
    return replace(line.reading, words=words)


def _turned(x: N, y: N, right: N, bottom: N, angle: int) -> tuple[N, N]:
    """Return where a point of the upright page is on the page turned clockwise by an angle."""
    if angle == 90:
        return bottom - y, x
    if angle == 180:
        return right - x, bottom - y
    return y, right - x


def as_it_stands(page: Page) -> Page:
    """Return the results of a page in the pixels of its image turned back by ``page.angle``."""
    if not page.angle:
        return page
    return replace(as_it_came(page, 360 - page.angle), angle=0)
