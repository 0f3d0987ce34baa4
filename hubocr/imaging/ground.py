"""What transparent pixels are laid over."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_VISIBLE = 128
_LIGHT = 200

WHITE, BLACK = 255, 0


def ground_for(grey: NDArray[np.uint8], alpha: NDArray[np.uint8]) -> int:
    """Return the brightness of the ground that an image is laid over: white, or black.

    White is what a viewer shows. But white text on a transparent ground, made for a dark page,
    would vanish on it: an image that is mostly transparent and nearly white elsewhere is laid over
    black.

    Args:
        grey: Brightness of the pixels, (H, W).
        alpha: Their opacity, (H, W).
    """
    visible = alpha >= _VISIBLE
    count = int(visible.sum())
    if not 0 < count < visible.size / 2:
        return WHITE
    return BLACK if float(grey[visible].mean()) > _LIGHT else WHITE
