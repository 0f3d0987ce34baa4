"""What the detector has to know of a kind of models."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from hubocr.imaging import BgrImage
from hubocr.runtime import Network
from hubocr.settings import DetectionSettings

ScoredPolygon = tuple[NDArray[np.int32], float]
"""Corners (N, 2) clockwise from the top left one, in source pixels, and a score from 0 to 1."""


class Family(Protocol):
    """From an image to the model's input, and from its output to polygons; keeps no state."""

    def tensor(self, image: BgrImage, settings: DetectionSettings) -> NDArray[np.float32]:
        """Return the model's input for an image of shape (H, W, 3), uint8, BGR."""

    def input_size(self, height: int, width: int, settings: DetectionSettings) -> tuple[int, int]:
        """Return the height and width of the model's input for an image of a size.

        Raises:
            ImageTooLargeError: The options make more of it than ``max_pixels``.
        """

    def polygons(
        self,
        output: NDArray[np.float32],
        size: tuple[int, int],
        settings: DetectionSettings,
        check: Callable[[], None] | None = None,
    ) -> list[ScoredPolygon]:
        """Return the text that the model's output shows.

        Args:
            output: The model's output.
            size: Height and width of the image in pixels.
            settings: Options of the call.
            check: Called between two places; may raise where the result isn't wanted any more.

        Raises:
            ModelError: The output isn't the family's.
        """


class LoadedFamily(NamedTuple):
    """What a family's ``load`` returns: the network, and how to use it."""

    network: Network
    family: Family
