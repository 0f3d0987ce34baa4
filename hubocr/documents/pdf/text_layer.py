"""A page's text layer in pixels of its image, and whether it can be trusted."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hubocr.documents.page import Quad, TextLayer, TextLine, TextWord

Box = tuple[float, float, float, float]
"""Left, bottom, right and top in page coordinates."""

MOST_UNMAPPED = 0.05
"""Share of characters without a trusted Unicode value above which a layer is garbled."""

LEAST_LETTERS = 0.5
"""Share of letters, digits and ideographs below which a layer of some length is garbled."""

MOST_INVISIBLE = 0.1
"""Share of invisible characters above which a layer was put there by another OCR program."""

READABLE_PICTURE = 0.02
"""Share of the page from which on a picture may hold text: a line of a heading on A4."""


@dataclass(frozen=True)
class PageGeometry:
    """Where a page's coordinates are in its image.

    Attributes:
        box: The part of the page that is shown (the crop box within the media box).
        rotation: Degrees clockwise by which it is turned for display.
        pixels: Width and height of the image.
    """

    box: Box
    rotation: int
    pixels: tuple[int, int]

    def to_pixels(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Map points (..., 2) of the page, whose y runs upwards, to x, y of the image."""
        left, bottom, right, top = self.box
        u = (points[..., 0] - left) / (right - left)
        v = (top - points[..., 1]) / (top - bottom)
        turned = {0: (u, v), 90: (1 - v, u), 180: (1 - u, 1 - v), 270: (v, 1 - u)}
        return np.stack(turned[self.rotation], axis=-1) * self.pixels


def build_text_layer(lines: Sequence[Any], geometry: PageGeometry) -> TextLayer:
    """Return the lines that the process found, without the words beyond the edge of the page."""
    built = []
    for text, corners, words in lines:
        seen = [
            TextWord(word, box)
            for word, points in words
            if _within(box := _quad(points, geometry), geometry)
        ]
        if len(seen) == len(words):
            built.append(TextLine(text, _quad(corners, geometry), tuple(seen)))
        elif seen:
            ends = np.stack([word.box for word in seen])
            box = np.stack([ends[0, 0], ends[-1, 1], ends[-1, 2], ends[0, 3]])
            built.append(TextLine(" ".join(word.text for word in seen), box, tuple(seen)))
    return TextLayer(tuple(built))


def _quad(corners: Sequence[float], geometry: PageGeometry) -> Quad:
    points = np.array(corners, dtype=np.float64).reshape(4, 2)
    return geometry.to_pixels(points).astype(np.float32)


def _within(box: Quad, geometry: PageGeometry) -> bool:
    x, y = box.mean(axis=0)
    return bool(0 <= x <= geometry.pixels[0] and 0 <= y <= geometry.pixels[1])


def fault(
    layer: TextLayer, *, count: int, invisible: int, unmapped: int, box: Box, pictures: list[Box]
) -> str | None:
    """Say why a layer should not be used, or None where it is real text that covers the page.

    ``none``: it is empty. ``garbled``: too many characters have no meaning. ``invisible``: another
    OCR program has put it under a picture, which is better read again. ``pictures``: the page has
    pictures that may hold text that isn't in the layer.

    Args:
        layer: The text of the page.
        count: Number of its characters.
        invisible: How many are invisible.
        unmapped: How many have no Unicode value that can be trusted.
        box: The part of the page that is shown.
        pictures: The boxes of its pictures, in page coordinates.
    """
    if not layer.lines or count == 0:
        return "none"
    if unmapped > MOST_UNMAPPED * count or _is_junk(layer.text):
        return "garbled"
    page_area = _area(box)
    if not any(_area(_common(box, p)) >= READABLE_PICTURE * page_area for p in pictures):
        return None
    return "invisible" if invisible > MOST_INVISIBLE * count else "pictures"


def _is_junk(text: str) -> bool:
    kinds = [unicodedata.category(c)[0] for c in text if not c.isspace()]
    meaning = sum(kind in "LMN" for kind in kinds)
    return len(kinds) >= 20 and meaning < LEAST_LETTERS * len(kinds)


def _area(box: Box) -> float:
    return max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1])


def _common(one: Box, other: Box) -> Box:
    return (
        max(one[0], other[0]),
        max(one[1], other[1]),
        min(one[2], other[2]),
        min(one[3], other[3]),
    )
