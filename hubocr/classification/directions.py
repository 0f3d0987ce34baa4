"""The directions that lines and pages stand in: degrees clockwise, as labels."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import numpy as np

from hubocr.imaging import BgrImage

LINE_DIRECTIONS = ("0", "180")
PAGE_DIRECTIONS = ("0", "90", "180", "270")

_ROTATIONS: Mapping[int, int] = {
    90: cv2.ROTATE_90_CLOCKWISE,
    180: cv2.ROTATE_180,
    270: cv2.ROTATE_90_COUNTERCLOCKWISE,
}


def turned(image: BgrImage, degrees: int) -> BgrImage:
    """Return an image turned clockwise by a multiple of 90 degrees; by none, the image itself."""
    angle = degrees % 360
    return np.asarray(cv2.rotate(image, _ROTATIONS[angle]), np.uint8) if angle else image
