"""A margin for images whose text is cut tight: DB sees little in what touches the edge."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hubocr.imaging import BgrImage

MARGIN = 16
"""Pixels put round an image: the receptive field wants about a letter's height of background."""

_SMALL_SIDE = 96
"""Images whose shorter side is below this many pixels are a line, a word or a button."""

_MIDDLE_SIDE = 640
"""Images beyond this many pixels are pages; a line that touches their edge is one of many."""

_MOST_ADDED = 16_000_000
"""Pixels that a margin may add. A line of text of half a million pixels has room for one; of an
image of one row and 50 million columns it would make gigabytes."""

_CONTRAST = 48
"""Levels by which ink differs from the edge's median colour, in any channel."""

_INK_SHARE = (0.01, 0.6)
"""Share of an edge's pixels that letters cover where they touch it: fewer are noise, more a
photograph or a frame."""


def edge_colour(image: BgrImage) -> NDArray[np.uint8]:
    """Return the median colour of the outermost pixels, (3,) uint8, BGR."""
    edge = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
    return np.asarray(np.median(edge, axis=0), dtype=np.uint8)


def margin_width(image: BgrImage) -> int:
    """Return how many pixels of background an image wants around it: 0 or `MARGIN`."""
    height, width = image.shape[:2]
    if (height + 2 * MARGIN) * (width + 2 * MARGIN) - height * width > _MOST_ADDED:
        return 0
    if min(height, width) < _SMALL_SIDE:
        return MARGIN
    if max(height, width) > _MIDDLE_SIDE:
        return 0
    colour = edge_colour(image).astype(np.int16)
    for edge in (image[0], image[-1], image[:, 0], image[:, -1]):
        is_ink = (np.abs(edge.astype(np.int16) - colour) > _CONTRAST).any(axis=1)
        if _INK_SHARE[0] < float(is_ink.mean()) < _INK_SHARE[1]:
            return MARGIN
    return 0


def with_margin(image: BgrImage, width: int) -> BgrImage:
    """Return an image with this many pixels of its edge's median colour on every side."""
    if width == 0:
        return image
    rows, columns = image.shape[:2]
    wide = np.empty((rows + 2 * width, columns + 2 * width, 3), np.uint8)
    wide[:] = edge_colour(image)
    wide[width:-width, width:-width] = image
    return wide
