"""What transparent pixels are laid over, and whether an alpha channel says anything."""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

WHITE, GREY, BLACK = 255, 128, 0

Background = Literal["drop"] | int
"""The brightness of the background, or ``drop``: the alpha channel is left out."""

_HIDDEN = 8
"""Below this alpha nothing is seen, on any background."""

_CONTRAST = 55
"""Least difference in brightness, after blending, at which a stroke is told from its background."""

_LOST_SHARE = 0.1
"""Share of what is drawn that may vanish before another background is tried."""

_STRAY_SHARE = 0.02
"""Up to this share of visible pixels, they may be a stray cursor over a picture without alpha."""

_DRAWN = 64
"""How far a hidden pixel differs from most others when something is drawn there."""


def count_pixels(bgra: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return how many pixels there are of each brightness and alpha, (256, 256).

    Args:
        bgra: Pixels, (H, W, 4) uint8.
    """
    grey = cv2.cvtColor(np.ascontiguousarray(bgra), cv2.COLOR_BGRA2GRAY)
    index = (np.asarray(grey, dtype=np.uint16) << 8) | bgra[:, :, 3]
    return np.bincount(index.ravel(), minlength=65536).reshape(256, 256)


def choose_background(counts: NDArray[np.int64]) -> Background:
    """Return what an image is laid over, by the contrast that its text keeps.

    An alpha channel that is the same everywhere is dropped, unless it hides nothing, and so is one
    that shows less than it hides: screenshots by GDI and bitmaps from a clipboard have zeros in it.
    An image that is mostly opaque is laid over white, as a viewer shows it. Else what is drawn
    decides: white, unless too much of it would vanish there, as white text made for a dark page
    does; then black; then grey, for what has both light and dark parts.

    Args:
        counts: Pixels of each brightness and alpha, as `count_pixels` gives them.
    """
    of_alpha = counts.sum(axis=0)
    total = int(of_alpha.sum())
    if np.count_nonzero(of_alpha) <= 1:
        blank = of_alpha[:_HIDDEN].any() and np.count_nonzero(counts) <= 1
        return WHITE if blank else "drop"
    visible = int(of_alpha[_HIDDEN:].sum())
    if visible <= total * _STRAY_SHARE and _drawn(counts[:, :_HIDDEN].sum(axis=1)) > visible:
        return "drop"
    weights = counts * (np.arange(256) / 255)
    ink = float(weights.sum())
    if ink >= total / 2 or not ink:
        return WHITE
    lost = {ground: _lost(weights, ground) / ink for ground in (WHITE, BLACK, GREY)}
    for ground in (WHITE, BLACK):
        if lost[ground] <= _LOST_SHARE:
            return ground
    return min(lost, key=lambda ground: lost[ground])


def _drawn(brightness: NDArray[np.int64]) -> int:
    """Return how many pixels differ from most others, given how many there are of each."""
    half = np.searchsorted(brightness.cumsum(), brightness.sum() / 2)
    return int(brightness[np.abs(np.arange(256) - half) > _DRAWN].sum())


def _lost(weights: NDArray[np.float64], ground: int) -> float:
    contrast = np.abs(np.arange(256) - ground)[:, None] * (np.arange(256) / 255)
    return float(weights[contrast < _CONTRAST].sum())


def blend(bgra: NDArray[np.uint8], background: Background) -> NDArray[np.uint8]:
    """Return pixels over a background, (H, W, 3) uint8, from (H, W, 4)."""
    if background == "drop":
        return np.ascontiguousarray(bgra[:, :, :3])
    alpha = bgra[:, :, 3:].astype(np.uint16)
    blended = (bgra[:, :, :3] * alpha + np.uint16(background) * (255 - alpha) + 127) // 255
    return np.asarray(blended, dtype=np.uint8)
