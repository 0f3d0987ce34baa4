"""From 8-bit pixels to the network's numbers, by table."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from hubocr.imaging.types import BgrImage


class Normalizer:
    """Computes (pixel / 255 - mean) / std per channel.

    A pixel has 256 values, so the results are looked up in a table that is computed once in
    float32, the way the reference computes each pixel: the numbers are the same to the last bit.

    Args:
        mean: Mean of each channel, in the order of the image's channels.
        std: Standard deviation of each channel.
    """

    def __init__(self, mean: Sequence[float], std: Sequence[float]) -> None:
        values = np.arange(256, dtype=np.float32)[:, None] * np.float32(1 / 255)
        table = (values - np.asarray(mean, np.float32)) / np.asarray(std, np.float32)
        self._tables = [np.ascontiguousarray(column) for column in table.T]

    def write(self, image: BgrImage, out: NDArray[np.float32]) -> None:
        """Write the normalised image, (H, W, 3), into ``out``, (3, H, W) float32, in place."""
        for channel, (plane, table) in enumerate(zip(cv2.split(image), self._tables, strict=True)):
            out[channel] = cv2.LUT(plane, table)
