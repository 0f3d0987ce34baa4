"""Cutting a text box out of an image, straightened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from hubocr.detection.polygon import min_area_box
from hubocr.imaging import BgrImage

_VERTICAL_RATIO = 1.5
"""Crops at least this many times as high as wide hold vertical text and are turned."""


@dataclass(frozen=True)
class LineCrop:
    """The text of a box, straightened.

    Attributes:
        image: Array (h, w, 3), uint8, BGR, at least one pixel wide and high.
        to_page: Map from pixels of the crop to pixels of the page, (3, 3) float64; edges of pixels
            are whole numbers in both.
    """

    image: BgrImage
    to_page: NDArray[np.float64]

    def turned(self, quarters: int) -> LineCrop:
        """Return the crop turned counter-clockwise by quarters of a circle."""
        image, to_page = self.image, self.to_page
        for _ in range(quarters % 4):
            # A point (x, y) of the turned image was at (width - y, x).
            quarter = np.array([[0, -1, image.shape[1]], [1, 0, 0], [0, 0, 1]], np.float64)
            to_page = to_page @ quarter
            image = np.rot90(image)
        return LineCrop(np.ascontiguousarray(image), to_page)


def crop_polygon(image: BgrImage, polygon: NDArray[Any]) -> BgrImage:
    """Return the text of a polygon as an upright crop; see `cut_line`."""
    return cut_line(image, polygon).image


def cut_line(image: BgrImage, polygon: NDArray[Any], *, turn_tall: bool = True) -> LineCrop:
    """Return the text of a polygon as an upright crop.

    Quads are warped as they are, polygons with more corners through the smallest rectangle around
    them. A crop that is much higher than wide is turned by 90 degrees counter-clockwise, as those
    were that the recognisers learnt upright columns from.

    Args:
        image: Array (H, W, 3), uint8, BGR.
        polygon: Corners clockwise from the top left, (N, 2), in pixels.
        turn_tall: Whether high crops are turned.
    """
    corners = polygon if len(polygon) == 4 else min_area_box(polygon.astype(np.int32))[0]
    corners = corners.astype(np.float32)
    top, right, bottom, left = np.linalg.norm(corners - np.roll(corners, -1, axis=0), axis=1)
    width, height = max(1, int(max(top, bottom))), max(1, int(max(left, right)))
    target = np.asarray([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    to_crop = cv2.getPerspectiveTransform(corners, target)
    crop = cv2.warpPerspective(
        image,
        to_crop,
        (width, height),
        borderMode=cv2.BORDER_REPLICATE,
        flags=cv2.INTER_CUBIC,
    )
    to_page = cv2.getPerspectiveTransform(target, corners)
    line = LineCrop(np.asarray(crop, dtype=np.uint8), np.asarray(to_page, dtype=np.float64))
    return line.turned(1) if turn_tall and height / width >= _VERTICAL_RATIO else line
