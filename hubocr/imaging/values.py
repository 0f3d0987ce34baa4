"""From samples of any width to 8 bits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Scale = Callable[[NDArray[Any]], NDArray[np.uint8]]

_DEPTHS = (8, 10, 12, 14, 16)
"""Bits that cameras and scanners have; files keep 10 to 14 of them in 16."""


def scale_for(low: float, high: float, *, integers: bool) -> Scale:
    """Return the function that brings samples to 8 bits.

    Whole numbers keep the upper eight of the bits in use, as OpenCV does with 16; fractions from 0
    to 1 are stretched by 255. Any other range is stretched from its lowest to its highest sample.

    Args:
        low: Lowest finite sample.
        high: Highest finite sample.
        integers: Whether the samples are whole numbers.
    """
    if low >= 0 and integers and high < 65536:
        bits = next(depth for depth in _DEPTHS if high < 1 << depth)
        return lambda samples: (samples >> (bits - 8)).astype(np.uint8)
    if integers or low < 0 or high >= 65536:
        start, factor = low, 255 / (high - low) if high > low else 0.0
    elif high <= 1:
        start, factor = 0.0, 255.0
    else:
        bits = next(depth for depth in _DEPTHS if high < 1 << depth)
        start, factor = 0.0, 255 / ((1 << bits) - 1)

    def stretched(samples: NDArray[Any]) -> NDArray[np.uint8]:
        scaled = (samples.astype(np.float64) - start) * factor
        finite = np.nan_to_num(scaled, nan=0.0, posinf=255.0, neginf=0.0)
        return np.clip(np.rint(finite), 0, 255).astype(np.uint8)

    return stretched


def limits_of(samples: NDArray[Any]) -> tuple[float, float]:
    """Return the lowest and the highest finite sample, and (0, 0) where there is none."""
    if np.issubdtype(samples.dtype, np.floating):
        samples = samples[np.isfinite(samples)]
        if not samples.size:
            return 0.0, 0.0
    return float(samples.min()), float(samples.max())
