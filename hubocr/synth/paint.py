"""Background, ink, and what is drawn beside the text."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from hubocr.imaging import BgrImage
from hubocr.synth.render import Mask
from hubocr.synth.styles import Style

_Image = NDArray[np.float32]
_TRIES = 12
_LUMA = np.array([0.114, 0.587, 0.299], np.float32)
"""Brightness of blue, green and red (ITU-R BT.601)."""


def paint(
    mask: Mask, style: Style, photos: Sequence[BgrImage], random: np.random.Generator
) -> BgrImage:
    """Return text in ink on a background, (H, W, 3) uint8 BGR.

    Args:
        mask: The text, (H, W).
        style: See there.
        photos: Pictures to cut backgrounds from.
        random: For everything drawn.
    """
    grey = random.random() < style.grey
    if style.paper and random.random() < style.paper:
        ground, ink = _paper(mask.shape, grey, random)
    else:
        ground = _background(mask.shape[0], mask.shape[1], style, photos, grey, random)
        ink = _ink(ground, style.contrast, grey, random)
    share = mask.astype(np.float32)[:, :, None] * np.float32(random.uniform(0.8, 1.0) / 255)
    if random.random() < style.shadow:
        ground = _shadowed(ground, mask, ink, random)
    image = ground + (ink - ground) * share
    if random.random() < style.neighbours:
        image = _neighbours(image, mask, ink, random)
    if random.random() < style.rules:
        image = _rules(image, ink if random.random() < 0.5 else _colour(grey, random), random)
    if style.strokes:
        image = _strokes(image, ink, style, random)
    return np.asarray(np.clip(image, 0, 255), np.uint8)


def _colour(grey: bool, random: np.random.Generator) -> _Image:
    if grey:
        return np.full(3, random.uniform(0, 255), np.float32)
    return random.uniform(0, 255, 3).astype(np.float32)


def _paper(
    shape: tuple[int, ...], grey: bool, random: np.random.Generator
) -> tuple[_Image, _Image]:
    """Return nearly white paper and dark ink."""
    ground = 255 - (255 - _colour(grey, random)) * np.float32(random.uniform(0, 0.15))
    ink = _colour(grey, random) * np.float32(random.uniform(0, 0.4))
    return np.array(np.broadcast_to(ground, (*shape[:2], 3)), np.float32), ink


def _background(
    height: int,
    width: int,
    style: Style,
    photos: Sequence[BgrImage],
    grey: bool,
    random: np.random.Generator,
) -> _Image:
    chance = random.random()
    # Paper is bright more often than not.
    first = _colour(grey, random)
    if random.random() < 0.6:
        first = 255 - (255 - first) * np.float32(0.35)
    if chance < style.plain:
        return np.array(np.broadcast_to(first, (height, width, 3)), np.float32)
    chance -= style.plain
    if chance < style.gradient:
        second = first + (_colour(grey, random) - first) * np.float32(random.uniform(0.1, 0.7))
        ramp = np.linspace(0, 1, width if random.random() < 0.7 else height, dtype=np.float32)
        ramp = ramp[None, :, None] if len(ramp) == width else ramp[:, None, None]
        return np.asarray(np.broadcast_to(first + (second - first) * ramp, (height, width, 3)))
    chance -= style.gradient
    if chance < style.photo and photos:
        return _cut(photos[int(random.integers(len(photos)))], height, width, random)
    cell = int(random.integers(2, max(3, height // 2)))
    shape = (height // cell + 2, width // cell + 2, 1 if grey or random.random() < 0.5 else 3)
    coarse = random.normal(0, random.uniform(4, 30), shape).astype(np.float32)
    texture = np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC))
    return np.asarray(first + texture.reshape(height, width, -1), np.float32)


def _cut(photo: BgrImage, height: int, width: int, random: np.random.Generator) -> _Image:
    """Return a piece of a picture of the wanted size; its scale is drawn."""
    scale = random.uniform(0.5, 3.0)
    h = min(photo.shape[0], max(2, round(height * scale)))
    w = min(photo.shape[1], max(2, round(width * scale)))
    y = int(random.integers(photo.shape[0] - h + 1))
    x = int(random.integers(photo.shape[1] - w + 1))
    piece = cv2.resize(photo[y : y + h, x : x + w], (width, height), interpolation=cv2.INTER_LINEAR)
    calm = np.float32(random.uniform(0.3, 1.0))
    mean = piece.mean(axis=(0, 1), dtype=np.float32)
    return np.asarray(mean + (piece.astype(np.float32) - mean) * calm, np.float32)


def _ink(ground: _Image, contrast: float, grey: bool, random: np.random.Generator) -> _Image:
    brightness = float(ground.mean(axis=(0, 1)) @ _LUMA)
    spread = float(ground[::4, ::4].std())
    wanted = min(contrast + spread, 120)
    for _ in range(_TRIES):
        ink = _colour(grey, random)
        if random.random() < 0.5:
            ink = ink * np.float32(0.35)  # ink is dark more often than not
        if abs(float(ink @ _LUMA) - brightness) >= wanted:
            return ink
    return np.full(3, 15 if brightness > 127 else 240, np.float32)


def _shadowed(ground: _Image, mask: Mask, ink: _Image, random: np.random.Generator) -> _Image:
    y, x = (int(value) for value in random.integers(-3, 4, 2))
    moved = np.roll(mask, (y, x), axis=(0, 1))
    soft = cv2.GaussianBlur(moved, (0, 0), random.uniform(0.5, 2.0)).astype(np.float32)
    dark = np.float32(0 if float(ink @ _LUMA) > 127 else 255)
    strength = np.float32(random.uniform(0.2, 0.7) / 255)
    return np.asarray(ground + (dark - ground) * soft[:, :, None] * strength, np.float32)


def _neighbours(image: _Image, mask: Mask, ink: _Image, random: np.random.Generator) -> _Image:
    """Draw the lower edge of a line above or the upper edge of one below."""
    height = mask.shape[0]
    rows = max(1, int(height * random.uniform(0.03, 0.14)))
    # Any text will do: this one, turned round.
    other = mask[:, ::-1]
    ink_rows = np.flatnonzero(other.any(axis=1))
    if len(ink_rows) < 2 * rows:
        return image
    if random.random() < 0.5:
        part = other[ink_rows[-1] - rows + 1 : ink_rows[-1] + 1]
        where = slice(0, rows)
    else:
        part = other[ink_rows[0] : ink_rows[0] + rows]
        where = slice(height - rows, height)
    share = part.astype(np.float32)[:, :, None] / 255
    image = image.copy()
    image[where] += (ink - image[where]) * share
    return image


def _rules(image: _Image, colour: _Image, random: np.random.Generator) -> _Image:
    """Draw a line under, over or beside the text, as forms and tables have them."""
    image = np.ascontiguousarray(image)
    height, width = image.shape[:2]
    thickness = int(random.integers(1, 3))
    bgr = tuple(float(value) for value in colour)
    chance = random.random()
    if chance < 0.6:
        y = int(height * (1 - random.uniform(0, 0.12)))
        cv2.line(image, (0, y), (width, y), bgr, thickness)
    elif chance < 0.8:
        y = int(height * random.uniform(0, 0.1))
        cv2.line(image, (0, y), (width, y), bgr, thickness)
    else:
        x = 0 if random.random() < 0.5 else width - 1
        cv2.line(image, (x, 0), (x, height), bgr, thickness)
    return image


def _strokes(image: _Image, ink: _Image, style: Style, random: np.random.Generator) -> _Image:
    """Draw curves and dots over the text, in its colour or others."""
    image = np.ascontiguousarray(image)
    height, width = image.shape[:2]
    for _ in range(int(random.integers(0, int(style.strokes) + 1))):
        colour = ink if random.random() < 0.5 else _colour(False, random)
        bgr = tuple(float(value) for value in colour)
        points = random.uniform((-0.1, 0), (1.1, 1), (4, 2)) * (width, height)
        points = points[np.argsort(points[:, 0])]
        steps = np.linspace(0, 1, 24)[:, None]
        curve = sum(
            factor * (1 - steps) ** (3 - power) * steps**power * points[power]
            for power, factor in enumerate((1, 3, 3, 1))
        )
        cv2.polylines(
            image, [np.asarray(curve).astype(np.int32)], False, bgr, int(random.integers(1, 3)),
            cv2.LINE_AA,
        )  # fmt: skip
    if random.random() < 0.5:
        count = int(random.integers(10, 10 + height * width // 60))
        y, x = random.integers(height, size=count), random.integers(width, size=count)
        image[y, x] = _colour(False, random)
    return image
