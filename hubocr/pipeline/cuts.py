"""How the boxes of an upright page are cut out to be read, some of them in two ways."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hubocr.imaging import BgrImage
from hubocr.layout import Standing, standings
from hubocr.pipeline.crop import LineCrop, cut_line, is_cut_turned
from hubocr.recognition import Recognition

_UPRIGHT_SLACK = 0.1
"""A box that may be a character or a column is taken for a character unless it reads better by so
much as a column."""

_STROKES = frozenset("一—–-－ー_‐")
"""What I, l, 1 and | look like on their side."""


@dataclass(frozen=True)
class Cut:
    """How a box is cut out to be read.

    Attributes:
        crop: The crop.
        angle: By how much the line classifier had it turned: 0, 180, or None where it is off.
        other: The other way where both are read: upside down, or upright what may be a column.
    """

    crop: LineCrop
    angle: int | None
    other: Cut | None = None

    def loses(self, text: Recognition, other: Recognition) -> bool:
        """Say whether what is read the other way is right.

        Args:
            text: What the crop says.
            other: What the other one says.
        """
        if self.other is not None and self.other.angle == 180:
            return other.score > text.score
        return text.text in _STROKES or other.score >= text.score - _UPRIGHT_SLACK


def turned_crops(crops: Sequence[LineCrop], angles: Sequence[int | None]) -> list[Cut]:
    """Return crops turned as the line classifier says, which is the reference's way."""
    return [
        Cut(crop.turned(2) if angle == 180 else crop, angle)
        for crop, angle in zip(crops, angles, strict=True)
    ]


def cut_page(
    page: BgrImage,
    polygons: Sequence[NDArray[np.int32]],
    crops: Sequence[LineCrop],
    angles: Sequence[int | None],
) -> list[Cut]:
    """Return how the boxes of an upright page are cut out.

    Args:
        page: Array (H, W, 3), uint8, BGR.
        polygons: The boxes, (N, 2) each.
        crops: Their crops, high ones turned.
        angles: What the line classifier says.
    """
    places = zip(polygons, standings(polygons), crops, turned_crops(crops, angles), strict=True)
    return [_cut(page, *place) for place in places]


def _cut(
    page: BgrImage, polygon: NDArray[np.int32], standing: Standing, crop: LineCrop, turned: Cut
) -> Cut:
    straight = None if turned.angle is None else 0
    is_curved = crop.ribbon is not None
    if standing is Standing.UNSURE and not is_curved:
        return replace(turned, other=Cut(cut_line(page, polygon, turn_tall=False), straight))
    if standing is Standing.LINE and not is_curved and is_cut_turned(polygon):
        return Cut(cut_line(page, polygon, turn_tall=False), straight)
    # The classifier is sure and wrong now and then, of long strips for example.
    return Cut(crop, straight, turned) if turned.angle == 180 else turned
