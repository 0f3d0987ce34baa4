"""Text as a mask: how much ink there is at each pixel."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from hubocr.synth.fonts import Font
from hubocr.synth.styles import Style

Mask = NDArray[np.uint8]
"""(H, W), 0 where there is no ink, 255 where there is nothing but ink."""

_SIZES = (14, 16, 18, 20, 22, 24, 26, 28, 32, 36, 40, 44, 48, 56, 64)
"""Sizes in pixels that faces are loaded at: each is a file kept open."""

_LARGEST = 4096
_ADVANCES = 1 << 16


@dataclass(frozen=True)
class Placed:
    """A character and where it stands: the place of its origin in pixels, and its size."""

    character: str
    x: float
    y: float
    size: int


def draw_text(
    text: str, font: Font, style: Style, random: np.random.Generator, *, vertical: bool = False
) -> Mask | None:
    """Return a line of text, cut to its ink.

    Args:
        text: The text.
        font: A font that has it.
        style: Sizes, spacing, jitter and strokes.
        random: For them.
        vertical: Set it from top to bottom.

    Returns:
        The mask, or None where the font draws nothing, or the line is too long.
    """
    wanted = random.uniform(*style.size)
    size = min(_SIZES, key=lambda known: abs(known - wanted))
    spacing = random.uniform(*style.spacing) * size
    bold = int(random.integers(1, 3)) if random.random() < style.stroke and size >= 24 else 0
    if size * len(text) > _LARGEST:
        return None
    joined = style.joined > 0 and not vertical and random.random() < style.joined
    if not joined and (vertical or style.jitter or abs(spacing) >= 1):
        places = list(_places(text, font, size, spacing, style.jitter, random, vertical=vertical))
        mask = _drawn(places, font, bold)
    else:
        drawn, _ = font.load(size).getmask2(text, "L", stroke_width=bold)
        mask = np.array(drawn, np.uint8).reshape(drawn.size[::-1])
    x, y, w, h = cv2.boundingRect(mask)
    if not w or not h:
        return None
    if bold and random.random() < 0.4:  # characters in outline
        inner = cv2.erode(mask, np.ones((3, 3), np.uint8))
        mask = np.asarray(cv2.subtract(mask, inner), np.uint8)
    return np.ascontiguousarray(mask[y : y + h, x : x + w])


def _drawn(places: list[Placed], font: Font, bold: int) -> Mask:
    edge = max(place.size for place in places)
    width = max(p.x + _advance(font, p.size, p.character) for p in places) + 2 * edge
    height = max(place.y for place in places) + 3 * edge
    canvas = Image.new("L", (int(width), int(height)))
    pen = ImageDraw.Draw(canvas)
    for place in places:
        pen.text(
            (edge + place.x, edge + place.y),
            place.character,
            fill=255,
            font=font.load(place.size),
            stroke_width=bold,
        )
    return np.asarray(canvas, np.uint8)


@functools.lru_cache(maxsize=_ADVANCES)
def _advance(font: Font, size: int, character: str) -> float:
    return float(font.load(size).getlength(character))


def _places(
    text: str,
    font: Font,
    size: int,
    spacing: float,
    jitter: float,
    random: np.random.Generator,
    *,
    vertical: bool,
) -> Iterator[Placed]:
    along = 0.0
    for character in text:
        shift = random.normal(0, 0.4, 2) * jitter * size
        wanted = size * (1 + random.uniform(-1, 1) * jitter)
        own = min(_SIZES, key=lambda known: abs(known - wanted)) if jitter else size
        advance = _advance(font, own, character)
        if vertical:
            yield Placed(character, (size - advance) / 2 + shift[0], along + shift[1], own)
            along += size * (0.5 if character == " " else 1.05) + spacing
        else:
            yield Placed(character, along + shift[0], size - own + shift[1], own)
            # Characters may touch, but hardly overlap.
            along += max(advance + spacing, 0.6 * advance)
