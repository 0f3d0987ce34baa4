"""Decoding with OpenCV: JPEG, and PNG, BMP and WebP without transparency.

The reference decodes with OpenCV: the same pixels come from the same JPEG decoder.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from hubocr.imaging.containers import jpeg
from hubocr.imaging.containers.layout import Layout, damaged
from hubocr.imaging.types import BgrImage

_COLOUR = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
_FILL = 128
"""What libjpeg puts where pixels are missing: no difference from the middle."""

_LEAST_ZEROS = 64
_LEAST_ROWS = 16
"""A row of blocks with halved colours."""


def decode_bytes(data: bytes, flags: int = _COLOUR) -> NDArray[Any]:
    """Return the pixels as OpenCV decodes them, not turned.

    Raises:
        ImageError: The file is damaged.
    """
    try:
        image = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), flags)
    except cv2.error as error:
        raise damaged() from error
    if image is None or image.size == 0:
        raise damaged()
    return image


def decode_wide(data: bytes) -> NDArray[Any]:
    """Return the pixels with the bits and channels that the file has, not turned."""
    return decode_bytes(data, cv2.IMREAD_UNCHANGED)


def decode_jpeg(data: bytes, layout: Layout) -> tuple[BgrImage, tuple[str, ...]]:
    """Return the pixels of a JPEG file, not turned, and what is wrong with it.

    A file that ends early is read as far as it goes, as OpenCV 4 and viewers do; OpenCV 5 refuses
    it unless its end is put where it breaks off.
    """
    if layout.cut:
        image = decode_bytes(data + jpeg.END)
        return np.asarray(image, np.uint8), (_how_much_is_missing(image),)
    image = np.asarray(decode_bytes(data), np.uint8)
    # Zeros decode to something. In a whole file they stand for flat blocks, at two bits or more a
    # channel (T.81, F.1.2): more of them than blocks have bits were written over lost data.
    zeros = jpeg.zeros_at_end(data) if data.endswith(bytes(2) + jpeg.END) else 0
    blocks = layout.width * layout.height // 64 * 3
    if zeros > max(_LEAST_ZEROS, blocks // 2):
        return image, ("the end of the JPEG file was overwritten with zeros: a part is missing",)
    if _LEAST_ROWS <= _missing_rows(image) < layout.height:
        return image, (_how_much_is_missing(image),)
    return image, ()


def _missing_rows(image: NDArray[Any]) -> int:
    """Return how many rows at the bottom are flat grey, as libjpeg fills what isn't there."""
    if not (image[-1] == _FILL).all():
        return 0
    low, high = 0, image.shape[0]  # the first row of those at the bottom, by halving
    while low < high:
        middle = (low + high) // 2
        if (image[middle:high] == _FILL).all():
            high = middle
        else:
            low = middle + 1
    return int(image.shape[0] - high)


def _how_much_is_missing(image: NDArray[Any]) -> str:
    missing, rows = _missing_rows(image), image.shape[0]
    if missing:
        return f"the JPEG file ends early: the lower {missing} of {rows} rows are missing"
    return "the JPEG file ends early: its last rows or details may be missing"
