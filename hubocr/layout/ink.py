"""Where the ink of a line crop is."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from hubocr.imaging import BgrImage

_LEAST_CONTRAST = 20
"""Difference from the background, in grey levels, below which nothing is ink."""

_RULE = 0.9
"""Rows and columns of which more than this share is ink are rules of a table or underlines."""

_SPECK = 0.04
"""Ink on less than this share of a row or column is noise."""


@dataclass(frozen=True)
class Ink:
    """The ink of a line.

    Attributes:
        mask: True where there is ink, (height, width); rules are left out.
        columns: Number of ink pixels in each column, (width,).
    """

    mask: NDArray[np.bool_]
    columns: NDArray[np.intp]

    @property
    def width(self) -> int:
        """Width of the crop in pixels."""
        return int(self.mask.shape[1])

    @property
    def height(self) -> int:
        """Height of the crop in pixels."""
        return int(self.mask.shape[0])

    def rows(self, start: int, end: int) -> tuple[int, int] | None:
        """Return the first row with ink between two columns, and the one behind the last."""
        counts = self.mask[:, start:end].sum(axis=1)
        found = np.flatnonzero(counts > 0)
        return (int(found[0]), int(found[-1]) + 1) if len(found) else None


def find_ink(image: BgrImage) -> Ink:
    """Find the ink of a line: what differs from the colour of its upper and lower edges.

    The threshold is Otsu's (A Threshold Selection Method from Gray-Level Histograms, 1979).

    Args:
        image: Array (H, W, 3), uint8, BGR; a crop with a margin of background.
    """
    edge = np.concatenate([image[:1], image[-1:]], axis=1).reshape(-1, 3)
    background = np.median(edge, axis=0)
    difference = np.abs(image.astype(np.float32) - background.astype(np.float32)).max(axis=2)
    levels = np.clip(difference, 0, 255).astype(np.uint8)
    threshold, _ = cv2.threshold(levels, 0, 255, cv2.THRESH_OTSU)
    mask = np.asarray(levels > max(float(threshold), _LEAST_CONTRAST), dtype=bool)
    mask[mask.mean(axis=1) > _RULE] = False
    mask[:, mask.mean(axis=0) > _RULE] = False
    counts = mask.sum(axis=0)
    return Ink(mask, np.where(counts > _SPECK * mask.shape[0], counts, 0).astype(np.intp))
