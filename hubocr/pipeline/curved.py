"""Curved text: the ribbon that a polygon of many corners is, and its crop straightened.

An arc cut out by the smallest rectangle around it holds other text as well, and its letters lean;
round a seal the rectangle is the whole seal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from hubocr.imaging import BgrImage
from hubocr.imaging.warping import warpable_part

Points = NDArray[np.float64]
"""Points (x, y) in pixels of the page, shape (N, 2)."""

_OUTLINE = 128
"""Points that the outline of a polygon is looked at in."""

_PAIRS = 16
"""Pairs of points, one on either side of a ribbon, by which its width is measured."""

_EDGE = 64
"""Points of the upper and of the lower edge."""

_LEAST_LENGTH = 2.5
"""Length over width from which a polygon is a ribbon that may bend."""

_LEAST_BEND = 0.5
"""How far the middle of a ribbon is from the line between its ends, over its width, from which on
it is curved; flatter ones are read as well by their rectangle."""

_LEVEL = 0.3
"""Vertical share of the way across a ribbon's middle from which the upper edge is the top; else the
outer one is, as round a seal."""

_LONGEST = 32_000
"""Width in pixels of a crop at most; OpenCV takes 32,767."""


@dataclass(frozen=True)
class Ribbon:
    """A curved line of text.

    Attributes:
        top: Points of its upper edge from the beginning of the text to its end, equally far from
            one another.
        bottom: As many of its lower edge.
    """

    top: Points
    bottom: Points

    @property
    def height(self) -> float:
        """Mean distance of the edges in pixels."""
        return float(np.linalg.norm(self.top - self.bottom, axis=1).mean())

    @property
    def length(self) -> float:
        """Length along the middle in pixels."""
        return _length((self.top + self.bottom) / 2)

    def places(self, shares: Points) -> Points:
        """Return where points of the straightened ribbon are on the page.

        Args:
            shares: Places along the ribbon and down it, (..., 2), both from 0 to 1.
        """
        along = np.clip(shares[..., 0], 0, 1) * (len(self.top) - 1)
        steps = np.arange(len(self.top))
        upper, lower = (
            np.stack([np.interp(along, steps, edge[:, axis]) for axis in (0, 1)], axis=-1)
            for edge in (self.top, self.bottom)
        )
        return np.asarray(upper + (lower - upper) * shares[..., 1:], np.float64)


def find_ribbon(polygon: NDArray[Any]) -> Ribbon | None:
    """Return the curved line that a polygon is, or None where it is straight or no line at all.

    Args:
        polygon: Corners in order, (N, 2), in pixels.
    """
    if len(polygon) <= 4:
        return None
    outline = _resampled(np.concatenate([polygon, polygon[:1]]).astype(np.float64), _OUTLINE + 1)
    one, other = _split(outline[:-1])
    width = float(np.linalg.norm(one - other, axis=1)[_EDGE // 16 : -_EDGE // 16].mean())
    # The sides begin and end in the middle of the ribbon's ends.
    one, other = (_without_ends(side, width / 2) for side in (one, other))
    middle = (one + other) / 2
    if _length(middle) < _LEAST_LENGTH * width or _bend(middle) < _LEAST_BEND * width:
        return None
    return _oriented(one, other)


def straightened(image: BgrImage, ribbon: Ribbon) -> BgrImage:
    """Return the text of a ribbon as an upright crop, (h, w, 3) uint8 BGR."""
    width = min(_LONGEST, max(1, round(ribbon.length)))
    height = max(1, round(ribbon.height))
    shares = np.stack(
        np.meshgrid((np.arange(width) + 0.5) / width, (np.arange(height) + 0.5) / height), axis=-1
    )
    places = ribbon.places(shares).astype(np.float32)
    part, places = warpable_part(image, places)
    x, y = places[..., 0], places[..., 1]
    crop = cv2.remap(part, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(crop, np.uint8)


def _split(outline: Points) -> tuple[Points, Points]:
    """Return the two sides of a ribbon, as many points of each, from one end to the other.

    Of all ways to cut the outline in two it is the one whose sides are nearest to each other.
    """
    count = len(outline)
    first = np.arange(count)[:, None, None]
    span = np.arange(count // 4, 3 * count // 4 + 1)[None, :, None]
    share = np.linspace(0, 1, _PAIRS)
    forth = np.round(first + span * share).astype(int) % count
    back = np.round(first - (count - span) * share).astype(int) % count
    apart = np.linalg.norm(outline[forth] - outline[back], axis=-1).mean(axis=-1)
    start, place = np.unravel_index(int(apart.argmin()), apart.shape)
    length = int(span[0, place, 0])
    there = outline[(start + np.arange(length + 1)) % count]
    around = outline[(start - np.arange(count - length + 1)) % count]
    return _resampled(there, _EDGE), _resampled(around, _EDGE)


def _without_ends(side: Points, end: float) -> Points:
    """Return a side of a ribbon without so many pixels at both ends."""
    share = min(0.25, end / max(_length(side), 1e-9))
    return _resampled(side, _EDGE, share)


def _oriented(one: Points, other: Points) -> Ribbon:
    """Return the ribbon with its top and its direction."""
    across = other[_EDGE // 2] - one[_EDGE // 2]
    if abs(across[1]) >= _LEVEL * float(np.linalg.norm(across)):
        is_top = across[1] > 0
    else:
        is_top = _length(one) > _length(other)
    top, bottom = (one, other) if is_top else (other, one)
    along = top[_EDGE // 2 + 1] - top[_EDGE // 2 - 1]
    down = bottom[_EDGE // 2] - top[_EDGE // 2]
    # Where y grows downwards, the bottom is clockwise from the direction of the text.
    if along[0] * down[1] - along[1] * down[0] < 0:
        top, bottom = top[::-1], bottom[::-1]
    return Ribbon(top, bottom)


def _bend(middle: Points) -> float:
    """Return how far the points of a line are from the line between its ends, at most."""
    chord = middle[-1] - middle[0]
    length = float(np.linalg.norm(chord))
    away = middle - middle[0]
    if length < 1:
        return float(np.linalg.norm(away, axis=1).max())
    return float(np.abs(away[:, 0] * chord[1] - away[:, 1] * chord[0]).max()) / length


def _length(line: Points) -> float:
    return float(np.linalg.norm(np.diff(line, axis=0), axis=1).sum())


def _resampled(line: Points, count: int, margin: float = 0.0) -> Points:
    """Return points of a line equally far from one another along it.

    Args:
        line: Its points in order.
        count: How many points are wanted.
        margin: Share of its length that is left out at either end.
    """
    steps = np.linalg.norm(np.diff(line, axis=0), axis=1)
    reached = np.concatenate([[0.0], np.cumsum(steps)])
    wanted = np.linspace(margin, 1 - margin, count) * reached[-1]
    return np.stack([np.interp(wanted, reached, line[:, axis]) for axis in (0, 1)], axis=-1)
