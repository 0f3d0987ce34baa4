"""From decoded pixels of any kind to a BGR array, in bands of rows.

A band is some megabytes, so that no step needs another copy of the whole image.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from hubocr.imaging.background import Background, blend, choose_background, count_pixels
from hubocr.imaging.types import BgrImage
from hubocr.imaging.values import Scale, limits_of, scale_for

_BAND_PIXELS = 1 << 20


@dataclass(frozen=True, eq=False)
class Raster:
    """Pixels that are taken row by row.

    Attributes:
        height: Rows.
        width: Columns.
        rows: Function of the first row and the one after the last: (h, w) grey, (h, w, 3) BGR or
            (h, w, 4) BGRA of any real dtype.
    """

    height: int
    width: int
    rows: Callable[[int, int], NDArray[Any]]

    def bands(self) -> Iterator[tuple[slice, NDArray[Any]]]:
        """Yield all pixels, some rows at a time."""
        step = max(1, _BAND_PIXELS // self.width)
        for start in range(0, self.height, step):
            end = min(start + step, self.height)
            yield slice(start, end), self.rows(start, end)


def raster_of(array: NDArray[Any]) -> Raster:
    """Return an array, (H, W), (H, W, 3) BGR or (H, W, 4) BGRA, as a raster."""
    return Raster(array.shape[0], array.shape[1], lambda start, end: array[start:end])


def to_bgr(raster: Raster, background: Background | None = None) -> BgrImage:
    """Return the pixels as an array (H, W, 3), uint8, BGR.

    Args:
        raster: The pixels.
        background: What transparent pixels are laid over; by default what fits them.
    """
    out = np.empty((raster.height, raster.width, 3), np.uint8)
    scales: tuple[Scale, Scale] | None = None
    first = raster.rows(0, 1)
    if first.dtype != np.uint8:
        scales = _scales(raster, np.issubdtype(first.dtype, np.integer))
    if first.ndim == 3 and first.shape[2] == 4 and background is None:
        background = background_of(raster, scales)
    for place, band in raster.bands():
        pixels = _to_8_bits(band, scales)
        if pixels.ndim == 2:
            cv2.cvtColor(np.ascontiguousarray(pixels), cv2.COLOR_GRAY2BGR, dst=out[place])
        elif pixels.shape[2] == 4:
            out[place] = blend(pixels, "drop" if background is None else background)
        else:
            out[place] = pixels
    return out


def background_of(raster: Raster, scales: tuple[Scale, Scale] | None = None) -> Background:
    """Return what the transparent pixels of a BGRA raster are laid over."""
    counts = sum(count_pixels(_to_8_bits(band, scales)) for _, band in raster.bands())
    return choose_background(np.asarray(counts))


def _scales(raster: Raster, integers: bool) -> tuple[Scale, Scale]:
    """Return the scales of colour and of alpha."""
    limits = [limits_of(band[..., :3] if band.ndim == 3 else band) for _, band in raster.bands()]
    low, high = min(low for low, _ in limits), max(high for _, high in limits)
    return scale_for(low, high, integers=integers), scale_for(0, 65535, integers=integers)


def _to_8_bits(band: NDArray[Any], scales: tuple[Scale, Scale] | None) -> NDArray[np.uint8]:
    if scales is None:
        return band
    if band.ndim < 3 or band.shape[2] < 4:
        return scales[0](band)
    return np.dstack((scales[0](band[:, :, :3]), scales[1](band[:, :, 3])))


_TURNS: dict[int, Callable[[BgrImage], Any]] = {
    2: lambda image: cv2.flip(image, 1),
    3: lambda image: cv2.rotate(image, cv2.ROTATE_180),
    4: lambda image: cv2.flip(image, 0),
    5: cv2.transpose,
    6: lambda image: cv2.rotate(image, cv2.ROTATE_90_CLOCKWISE),
    7: lambda image: cv2.rotate(cv2.transpose(image), cv2.ROTATE_180),
    8: lambda image: cv2.rotate(image, cv2.ROTATE_90_COUNTERCLOCKWISE),
}


def turned(image: BgrImage, orientation: int) -> BgrImage:
    """Return an image upright, given its EXIF orientation, 1 to 8."""
    turn = _TURNS.get(orientation)
    return image if turn is None else np.asarray(turn(image), dtype=np.uint8)
