"""From line crops to the input tensor of the recogniser and the direction classifier."""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from hubocr.imaging.normalize import Normalizer
from hubocr.imaging.types import BgrImage

_NORMALIZER = Normalizer(mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))

COLUMN_RATIO = 1.5
"""Lines at least this many times as high as wide are set from top to bottom, and are read turned
counter-clockwise: so PaddleOCR crops them (``get_rotate_crop_image``)."""


def aspect_ratio(image: BgrImage) -> float:
    """Return width divided by height."""
    return float(image.shape[1] / image.shape[0])


def turned_column(image: BgrImage) -> BgrImage:
    """Return a line as it is, or turned counter-clockwise if it is a column."""
    height, width = image.shape[:2]
    return image if height < COLUMN_RATIO * width else np.ascontiguousarray(np.rot90(image))


def resized_width(image: BgrImage, height: int, width: int, widening: float = 1.0) -> int:
    """Return how wide a line is in an input of a height and width, in pixels."""
    return min(math.ceil(height * widening * aspect_ratio(image)), width)


def line_tensor(
    images: Sequence[BgrImage],
    height: int,
    width: int,
    *,
    stretch: bool = False,
    widening: float = 1.0,
) -> NDArray[np.float32]:
    """Return lines as one tensor, (N, 3, height, width) float32, values from -1 to 1.

    Each line is resized to the height, keeping its aspect ratio (times ``widening``) but no wider
    than ``width``, and zeros fill the rest at the right; with ``stretch`` it is resized to the
    whole size.
    """
    tensor = np.zeros((len(images), 3, height, width), np.float32)
    for row, image in enumerate(images):
        filled = width if stretch else resized_width(image, height, width, widening)
        resized = np.asarray(cv2.resize(image, (filled, height)), dtype=np.uint8)
        _NORMALIZER.write(resized, tensor[row, :, :, :filled])
    return tensor
