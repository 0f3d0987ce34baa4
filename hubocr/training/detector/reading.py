"""Finding text with a network in training, as serving does with a loaded one."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from hubocr.detection.families.db import DbFamily
from hubocr.engines.base import Dimensions
from hubocr.imaging import BgrImage
from hubocr.settings import DetectionSettings

Run = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""From a tensor (1, 3, H, W) float32 to a probability map (1, 1, H, W) float32."""


class _AnySize:
    input_dimensions: Dimensions = (None, 3, None, None)


_FAMILY = DbFamily(_AnySize())


def find_text(run: Run, image: BgrImage, settings: DetectionSettings) -> list[NDArray[np.int32]]:
    """Return the polygons of the text in an image, see `hubocr.detection.TextDetector.detect`."""
    output = run(_FAMILY.tensor(image, settings))
    size = (image.shape[0], image.shape[1])
    return [polygon for polygon, _ in _FAMILY.polygons(output, size, settings)]
