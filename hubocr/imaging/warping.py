"""What OpenCV can warp of an image."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from hubocr.imaging.types import BgrImage

WARP_LIMIT = 32_767
"""Sides from which on OpenCV 4 warps no image, neither as source nor as target (its remap holds
coordinates in 16 bits)."""

_AROUND = 3
"""Pixels round a part that bicubic interpolation looks at, at least two."""


def warpable_part(
    image: BgrImage, points: NDArray[np.float32]
) -> tuple[BgrImage, NDArray[np.float32]]:
    """Return what of an image is warped, and points of the image in it.

    That is the whole image, so that coordinates are rounded as the reference's are, unless it is
    too large: then the part round the points, scaled down where even that is.

    Args:
        image: Array (H, W, 3), uint8, BGR.
        points: Places (x, y) of what is wanted, (..., 2), in pixels.
    """
    if max(image.shape[:2]) < WARP_LIMIT:
        return image, points
    size = np.array([image.shape[1], image.shape[0]])
    flat = points.reshape(-1, 2)
    start = np.clip(np.floor(flat.min(axis=0)) - _AROUND, 0, size - 1).astype(int)
    stop = np.clip(np.ceil(flat.max(axis=0)) + _AROUND, start + 1, size).astype(int)
    part = image[start[1] : stop[1], start[0] : stop[0]]
    inside = points - start
    scale = (WARP_LIMIT - 1) / max(part.shape[:2])
    if scale < 1:
        wanted = [max(1, int(side * scale)) for side in part.shape[1::-1]]
        inside = inside * (np.array(wanted) / part.shape[1::-1])
        part = cv2.resize(part, wanted, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    return part, inside.astype(np.float32)
