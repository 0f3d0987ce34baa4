"""Cutting a text box out of an image, straightened."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from hubocr.detection.polygon import min_area_box
from hubocr.imaging import BgrImage

_VERTICAL_RATIO = 1.5
"""Crops at least this many times as high as wide hold vertical text and are turned."""


def crop_polygon(image: BgrImage, polygon: NDArray[Any]) -> BgrImage:
    """Return the text of a polygon as an upright crop.

    Quads are warped as they are, polygons with more corners through the smallest rectangle around
    them. A crop that is much higher than wide is turned by 90 degrees counter-clockwise.

    Args:
        image: Array (H, W, 3), uint8, BGR.
        polygon: Corners clockwise from the top left, (N, 2), in pixels.

    Returns:
        Array (h, w, 3), uint8, BGR, at least one pixel wide and high.
    """
    corners = polygon if len(polygon) == 4 else min_area_box(polygon.astype(np.int32))[0]
    corners = corners.astype(np.float32)
    top, right, bottom, left = np.linalg.norm(corners - np.roll(corners, -1, axis=0), axis=1)
    width, height = max(1, int(max(top, bottom))), max(1, int(max(left, right)))
    target = np.asarray([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    crop = cv2.warpPerspective(
        image,
        cv2.getPerspectiveTransform(corners, target),
        (width, height),
        borderMode=cv2.BORDER_REPLICATE,
        flags=cv2.INTER_CUBIC,
    )
    if height / width >= _VERTICAL_RATIO:
        crop = np.ascontiguousarray(np.rot90(crop))
    return np.asarray(crop, dtype=np.uint8)
