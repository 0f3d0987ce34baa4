"""Cutting a text box out of an image, straightened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from hubocr.detection.polygon import min_area_box
from hubocr.imaging import BgrImage
from hubocr.imaging.lines import COLUMN_RATIO
from hubocr.imaging.warping import WARP_LIMIT, warpable_part
from hubocr.pipeline.curved import Points, Ribbon, find_ribbon, straightened


@dataclass(frozen=True)
class LineCrop:
    """The text of a box, straightened.

    Attributes:
        image: Array (h, w, 3), uint8, BGR, at least one pixel wide and high.
        to_page: Map from pixels of the crop to pixels of the page, (3, 3) float64; edges of pixels
            are whole numbers in both. Of a curved line, to its ribbon's shares.
        ribbon: The curved line.
    """

    image: BgrImage
    to_page: NDArray[np.float64]
    ribbon: Ribbon | None = None

    def places(self, points: Points) -> Points:
        """Return where points of the crop are on the page, (N, 2) in pixels."""
        found = np.asarray(cv2.perspectiveTransform(points[None], self.to_page)[0], np.float64)
        return found if self.ribbon is None else self.ribbon.places(found)

    def turned(self, quarters: int) -> LineCrop:
        """Return the crop turned counter-clockwise by quarters of a circle."""
        image, to_page = self.image, self.to_page
        for _ in range(quarters % 4):
            # A point (x, y) of the turned image was at (width - y, x).
            quarter = np.array([[0, -1, image.shape[1]], [1, 0, 0], [0, 0, 1]], np.float64)
            to_page = to_page @ quarter
            image = np.rot90(image)
        return LineCrop(np.ascontiguousarray(image), to_page, self.ribbon)


def crop_polygon(image: BgrImage, polygon: NDArray[Any]) -> BgrImage:
    """Return the text of a polygon as an upright crop; see `cut_line`."""
    return cut_line(image, polygon).image


def cut_line(
    image: BgrImage, polygon: NDArray[Any], *, turn_tall: bool = True, follow: bool = False
) -> LineCrop:
    """Return the text of a polygon as an upright crop.

    Quads are warped as they are, polygons with more corners through the smallest rectangle around
    them, or along them. A crop that is much higher than wide is turned by 90 degrees
    counter-clockwise, as those were that the recognisers learnt upright columns from.

    Args:
        image: Array (H, W, 3), uint8, BGR.
        polygon: Corners clockwise from the top left, (N, 2), in pixels.
        turn_tall: Whether high crops are turned.
        follow: Whether the crop of a curved polygon follows it.
    """
    ribbon = find_ribbon(polygon) if follow else None
    if ribbon is not None:
        flat = straightened(image, ribbon)
        return LineCrop(flat, np.diag([1 / flat.shape[1], 1 / flat.shape[0], 1.0]), ribbon)
    corners = _corners(polygon)
    width, height = _size(corners)
    target = np.asarray([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    part, corners_in_part = warpable_part(image, corners)
    to_crop = cv2.getPerspectiveTransform(corners_in_part, target)
    crop = cv2.warpPerspective(
        part,
        to_crop,
        (width, height),
        borderMode=cv2.BORDER_REPLICATE,
        flags=cv2.INTER_CUBIC,
    )
    to_page = cv2.getPerspectiveTransform(target, corners)
    line = LineCrop(np.asarray(crop, dtype=np.uint8), np.asarray(to_page, dtype=np.float64))
    return line.turned(1) if turn_tall and height / width >= COLUMN_RATIO else line


def is_cut_turned(polygon: NDArray[Any]) -> bool:
    """Say whether `cut_line` turns the crop of a polygon, if it may."""
    width, height = _size(_corners(polygon))
    return height / width >= COLUMN_RATIO


def _corners(polygon: NDArray[Any]) -> NDArray[np.float32]:
    corners = polygon if len(polygon) == 4 else min_area_box(polygon.astype(np.int32))[0]
    return np.asarray(corners, np.float32)


def _size(corners: NDArray[np.float32]) -> tuple[int, int]:
    """Return the width and height in pixels that four corners have straightened."""
    top, right, bottom, left = np.linalg.norm(corners - np.roll(corners, -1, axis=0), axis=1)
    return _side(max(top, bottom)), _side(max(left, right))


def _side(length: float) -> int:
    """Return a side of a crop in pixels; what is longer than can be warped is scaled down."""
    return min(max(1, int(length)), WARP_LIMIT - 1)
