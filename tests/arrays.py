"""Pictures as typed arrays, and values that must be there."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import cv2
import numpy as np

from hubocr.imaging import BgrImage

T = TypeVar("T")


def present(value: T | None) -> T:
    """Return a value that must not be None."""
    assert value is not None
    return value


def bgr(image: Any) -> BgrImage:
    """Return what OpenCV or Pillow gave as an array (H, W, 3), uint8."""
    assert image is not None
    return np.asarray(image, np.uint8)


def read_bgr(path: Path) -> BgrImage:
    """Read a picture with OpenCV."""
    return bgr(cv2.imread(str(path)))
