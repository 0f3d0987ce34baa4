"""Finding text with a network in training, as serving does with an engine."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from hubocr.detection.db import clipped, find_polygons, is_thin
from hubocr.detection.preprocess import detector_input, pad_small
from hubocr.imaging import BgrImage
from hubocr.settings import DetectionSettings

Run = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""From a tensor (1, 3, H, W) float32 to a probability map (1, 1, H, W) float32."""


def find_text(run: Run, image: BgrImage, settings: DetectionSettings) -> list[NDArray[np.int32]]:
    """Return the polygons of the text in an image, see `hubocr.detection.TextDetector.detect`."""
    height, width = image.shape[:2]
    padded = pad_small(image)
    output = run(detector_input(padded, settings))
    found = find_polygons(output[0, 0], padded.shape[1], padded.shape[0], settings)
    inside = [clipped(polygon, (width - 1, height - 1)).astype(np.int32) for polygon, _ in found]
    return [polygon for polygon in inside if settings.box_type != "quad" or not is_thin(polygon)]
