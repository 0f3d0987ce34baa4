"""The scale of each detection pass: judged from what the passes before have shown."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hubocr.detection.families.base import ScoredPolygon
from hubocr.detection.polygon import polygon_area
from hubocr.detection.preprocess import STRIDE

_LEAST_AREA = 640 * 640
"""Pixels that the first pass has at least where the image has them: a long strip that is shrunk
to 960 pixels shows nothing."""

_MOST_OF_STRIP = 4 * _LEAST_AREA
"""Pixels of the first map of a strip that is so thin that a row of the map's 32 covers less than
one of its own: an image of one row and millions of columns holds nothing that could be read."""

_AWAY = 4.0
"""How much coarser the pass for large letters is, at a sixteenth of the cost. PP-OCRv6
small misses letters of 150 pixels and more: of 15 displays with digits as high as a third of the
image it finds 2 at 960 pixels, 12 at 416, 11 at 320, 13 at 272 and 14 at 240."""

_LEAST_AWAY = 64
"""Longer side in pixels that such a pass has at least."""

_SMALL_TEXT = 13.0
"""Height in pixels of the map below which a box holds text that is worth a finer pass. A box of
DB's is about 1.4 times as high as the letters."""

_WANTED_TEXT = 24.0
"""Height in pixels of the map that small text is brought to."""

_SMALL_SHARE = 0.25
"""Share of the boxes that have to be small."""

_LINE_ASPECT = 2.0
"""Length over height from which on a box is a line or a word; shorter ones, which may be specks,
are counted where there is nothing else."""

_LEAST_GAIN = 1.2
"""A scale that is finer by less shows nothing new."""

_TINY_TEXT = 9.0
"""Height in pixels of the page below which a box holds text that is worth enlarging, whatever the
size of the page."""

_SMALL_PAGE = 480 * 480
"""Pixels of a page up to which small text is enlarged too: it costs no more than another page. Of
the characters on crops of dark screens, letters of 12 pixels, it finds two in a hundred more."""

_FINEST = 3.0
"""Tiny text is enlarged this many times at most."""

_BLIND_GAIN = 2.0
"""How much finer the pass over an image is that shows no text at all."""

_MOST_PIXELS = 64_000_000
"""Pixels of a map at most: what takes a byte a pixel, and about 20 s on two threads."""

_TINY_SIDE = 480
"""Images whose longer side is below this many pixels are enlarged where they show no text."""


@dataclass(frozen=True)
class DetectionPass:
    """What a pass over a page has shown.

    Attributes:
        scale: Pixels of the map for each of the page.
        found: The text, in pixels of the page.
    """

    scale: float
    found: Sequence[ScoredPolygon]

    @property
    def heights(self) -> NDArray[np.float64]:
        """The shorter sides of the boxes in pixels of the map."""
        return np.array([shorter_side(polygon) * self.scale for polygon, _ in self.found])

    @property
    def aspects(self) -> NDArray[np.float64]:
        """The areas of the boxes over the squares of their heights."""
        areas = np.array([polygon_area(polygon) for polygon, _ in self.found])
        heights = np.maximum(self.heights, 1e-9)
        return np.asarray(areas * self.scale**2 / heights**2, np.float64)


def shorter_side(polygon: NDArray[np.int32]) -> float:
    """Return the height of a box in pixels; of a polygon, twice its area over half its outline."""
    if len(polygon) == 4:
        sides = np.linalg.norm(polygon - np.roll(polygon, -1, axis=0), axis=1)
        return float(min(max(sides[0], sides[2]), max(sides[1], sides[3])))
    x, y = polygon.astype(np.float64).T
    area = abs(float(x @ np.roll(y, -1) - y @ np.roll(x, -1))) / 2
    outline = float(np.linalg.norm(polygon - np.roll(polygon, -1, axis=0), axis=1).sum())
    return 2 * area / outline if outline else 0.0


def first_scale(height: int, width: int, side: int) -> float:
    """Return the scale of the first pass.

    Args:
        height: Height of the page in pixels.
        width: Its width.
        side: Length in pixels that the longer side is shrunk to, ``det_limit_side_len``.
    """
    shown = math.sqrt(_LEAST_AREA / (height * width))
    shown = min(shown, _scale_of(_MOST_OF_STRIP, height, width))
    return min(1.0, max(side / max(height, width), shown))


def _scale_of(pixels: int, height: int, width: int) -> float:
    """Return the scale at which a page's map, of at least `STRIDE` a side, has so many pixels."""
    return min(math.sqrt(pixels / (height * width)), pixels / (STRIDE * max(height, width)))


def coarse_scale(scale: float, height: int, width: int) -> float | None:
    """Return the scale of the pass for large letters, or None where there is no room for any.

    Args:
        scale: The scale of the first pass.
        height: Height of the page in pixels.
        width: Its width.
    """
    away = scale / _AWAY
    has_room = max(height, width) * away >= _LEAST_AWAY and min(height, width) * away >= STRIDE
    return away if has_room else None


def finer_scale(done: DetectionPass, height: int, width: int) -> float | None:
    """Return the scale of the next pass, or None where nothing is to be gained.

    Args:
        done: The pass before.
        height: Height of the page in pixels.
        width: Its width.
    """
    heights = done.heights
    if not len(heights):
        limit = _BLIND_GAIN if max(height, width) <= _TINY_SIDE else 1.0
        wanted = min(limit, _BLIND_GAIN * done.scale)
    else:
        is_line = done.aspects >= _LINE_ASPECT
        heights = heights[is_line] if is_line.any() else heights
        small = heights[heights < _SMALL_TEXT]
        if len(small) < max(1, _SMALL_SHARE * len(heights)):
            return None
        height_on_page = float(np.median(small)) / done.scale
        is_cheap = height * width <= _SMALL_PAGE
        finest = _FINEST if is_cheap or height_on_page < _TINY_TEXT else 1.0
        wanted = min(finest, _WANTED_TEXT / height_on_page)
    wanted = min(wanted, _scale_of(_MOST_PIXELS, height, width))
    return wanted if wanted >= _LEAST_GAIN * done.scale else None
