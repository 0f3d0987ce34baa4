"""From an image to the detector's input tensor."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from hubocr.errors import ImageTooLargeError
from hubocr.imaging import BgrImage
from hubocr.imaging.normalize import Normalizer
from hubocr.settings import DetectionSettings

FixedSize = tuple[int | None, int | None]

STRIDE = 32
"""The network halves its input five times, so both sides are multiples of this."""

BYTES_PER_PIXEL = 160
"""Memory that an engine takes for the layers of a mobile DB detector for each pixel of its input
(resident memory, OpenVINO 2026.4, PP-OCRv4 in fp32: 126 at 2048 x 2048, 162 at 4000 x 4000)."""

_SMALLEST_SUM = 64
"""Images with height + width below this are padded to at least 32 x 32 first."""

# ImageNet's statistics, which are in RGB order; PP-OCR's detectors were trained with them applied
# to BGR images as they stand.
_NORMALIZER = Normalizer(mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))


def input_size(
    height: int, width: int, settings: DetectionSettings, fixed: FixedSize = (None, None)
) -> tuple[int, int]:
    """Return the height and width in pixels that an image is resized to.

    Args:
        height: Height of the image.
        width: Width of the image.
        settings: The limit rule.
        fixed: The height and width that the model declares; they win over the rule.
    """
    longer, shorter = max(height, width), min(height, width)
    limit = settings.limit_side_len
    ratio = 1.0
    if settings.limit_type in ("max", "auto") and longer > limit:
        ratio = limit / longer
    elif settings.limit_type == "min" and shorter < limit:
        ratio = limit / shorter
    elif settings.limit_type == "resize_long":
        ratio = limit / longer
    new_height, new_width = int(height * ratio), int(width * ratio)
    if max(new_height, new_width) > settings.max_side_limit:
        ratio = settings.max_side_limit / longer
        new_height, new_width = int(height * ratio), int(width * ratio)
    return fixed[0] or to_stride(new_height), fixed[1] or to_stride(new_width)


def checked_input_size(
    height: int, width: int, settings: DetectionSettings, fixed: FixedSize = (None, None)
) -> tuple[int, int]:
    """Return `input_size`, unless the options make too much of an image.

    Raises:
        ImageTooLargeError: The input would have more than ``det_max_pixels`` pixels.
    """
    size = input_size(height, width, settings, fixed)
    if size[0] * size[1] > settings.max_pixels:
        raise ImageTooLargeError(
            f"det_limit_side_len {settings.limit_side_len} with det_limit_type "
            f"{settings.limit_type} makes {size[1]}x{size[0]} pixels of {width}x{height} for the "
            f"detector, the limit is {settings.max_pixels}"
        )
    return size


def to_stride(side: float) -> int:
    """Return the multiple of the stride that is nearest to a side in pixels, at least one."""
    # Python rounds halves to even, and so does the reference.
    return max(round(side / STRIDE) * STRIDE, STRIDE)


def padded_size(height: int, width: int) -> tuple[int, int]:
    """Return the height and width of an image after `pad_small`."""
    if height + width >= _SMALLEST_SUM:
        return height, width
    return max(STRIDE, height), max(STRIDE, width)


def pad_small(image: BgrImage) -> BgrImage:
    """Return the image with black pixels at the right and bottom where it is very small."""
    height, width = image.shape[:2]
    size = padded_size(height, width)
    if size == (height, width):
        return image
    padded = np.zeros((*size, 3), np.uint8)
    padded[:height, :width] = image
    return padded


def detector_input(
    image: BgrImage, settings: DetectionSettings, fixed: FixedSize = (None, None)
) -> NDArray[np.float32]:
    """Return the input tensor, (1, 3, H, W) float32, for an image of shape (h, w, 3).

    Raises:
        ImageTooLargeError: See `checked_input_size`.
    """
    height, width = checked_input_size(image.shape[0], image.shape[1], settings, fixed)
    if image.shape[:2] != (height, width):
        image = np.asarray(cv2.resize(image, (width, height)), dtype=np.uint8)
    return image_tensor(image)


def image_tensor(image: BgrImage) -> NDArray[np.float32]:
    """Return the input tensor, (1, 3, H, W) float32, for an image of the input's size."""
    tensor = np.empty((1, 3, *image.shape[:2]), np.float32)
    _NORMALIZER.write(image, tensor[0])
    return tensor
