"""DB detectors: PP-OCR's, v2 to v6, of pages and of seals."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hubocr.detection.db import clipped, find_polygons, is_thin
from hubocr.detection.families.base import LoadedFamily, ScoredPolygon
from hubocr.detection.preprocess import (
    checked_input_size,
    detector_input,
    pad_small,
    padded_size,
)
from hubocr.engines import fixed_size
from hubocr.engines.base import Dimensions
from hubocr.errors import ModelError
from hubocr.families import Candidate
from hubocr.imaging import BgrImage
from hubocr.settings import DetectionSettings


def match(model: Candidate) -> bool:
    """Take any model; a wrong one shows when it is loaded, or when it answers."""
    return True


def load(model: Candidate) -> LoadedFamily:
    """Load a model of the family."""
    return LoadedFamily(model.network, DbFamily(model.network))


class WithInput(Protocol):
    """What the family has to know of a model."""

    @property
    def input_dimensions(self) -> Dimensions:
        """Sizes of the input, None where any will do."""


class DbFamily:
    """A probability map of text, (1, 1, H, W), as large as the input.

    Args:
        network: The loaded model.

    Raises:
        ModelError: The model isn't one of colour images.
    """

    def __init__(self, network: WithInput) -> None:
        self._fixed_size = fixed_size(network.input_dimensions)

    def tensor(self, image: BgrImage, settings: DetectionSettings) -> NDArray[np.float32]:
        """Return the input, (1, 3, H, W); see `hubocr.detection.preprocess.detector_input`."""
        return detector_input(pad_small(image), settings, self._fixed_size)

    @property
    def is_adaptive(self) -> bool:
        """Whether the model takes inputs of any size."""
        return self._fixed_size == (None, None)

    def map(self, output: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the probability map, (H, W), of the model's output.

        Raises:
            ModelError: The output isn't one.
        """
        if output.ndim != 4:
            raise ModelError("this is not a DB detection model: its output is not (1, 1, H, W)")
        probability: NDArray[np.float32] = output[0, 0]
        return probability

    def input_size(self, height: int, width: int, settings: DetectionSettings) -> tuple[int, int]:
        """Return the height and width of the input for an image of a size.

        Raises:
            ImageTooLargeError: See `hubocr.detection.preprocess.checked_input_size`.
        """
        return checked_input_size(*padded_size(height, width), settings, self._fixed_size)

    def polygons(
        self,
        output: NDArray[np.float32],
        size: tuple[int, int],
        settings: DetectionSettings,
        check: Callable[[], None] | None = None,
    ) -> list[ScoredPolygon]:
        """Return the text of a map, in the order of its contours."""
        height, width = size
        # Unlike the reference, boxes of padded images are scaled by the padded size.
        padded_height, padded_width = padded_size(height, width)
        kept = []
        probability = self.map(output)
        for polygon, score in find_polygons(
            probability, padded_width, padded_height, settings, check
        ):
            inside = clipped(polygon, (width - 1, height - 1)).astype(np.int32)
            if settings.box_type == "quad" and is_thin(inside):
                continue  # it lies in the padding of a tiny image
            kept.append((inside, score))
        return kept
