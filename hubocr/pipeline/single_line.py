"""An image that is one line of text: where in the image it is cut out before it is read."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hubocr.imaging import BgrImage

_MARGIN = 0.1
"""Background above and below the text, as a share of its height; twice as much at its ends."""

_FILLED = 0.5
"""Share of the image's height from which on the text fills it, so that nothing is cut away."""


def whole_image(image: BgrImage) -> NDArray[np.int32]:
    """Return the corners of an image, (4, 2) int32, clockwise from the top left one."""
    return _rectangle(0, 0, image.shape[1], image.shape[0])


def text_part(image: BgrImage, polygons: Sequence[NDArray[np.int32]]) -> NDArray[np.int32] | None:
    """Return the rectangle around all text, (4, 2) int32, or None where it is the whole image.

    Args:
        image: Array (H, W, 3), uint8, BGR.
        polygons: Where the detector found text, (N, 2) each; there may be none.
    """
    if not polygons:
        return None
    points = np.concatenate(list(polygons))
    (left, top), (right, bottom) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    if bottom - top > _FILLED * image.shape[0]:
        return None
    margin = round(_MARGIN * (bottom - top))
    return _rectangle(
        max(0, left - 2 * margin),
        max(0, top - margin),
        min(image.shape[1], right + 1 + 2 * margin),
        min(image.shape[0], bottom + 1 + margin),
    )


def _rectangle(left: int, top: int, right: int, bottom: int) -> NDArray[np.int32]:
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.int32)
