"""Lines longer than a recogniser reads: cut between words before they are read.

A strip of 16,000 pixels with words all along it is one box to the detector; squeezed into the
widest input there is, it says nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from hubocr.detection import Detections
from hubocr.imaging import BgrImage

_LONGEST = 60.0
"""Length / height of a box up to which it is read as it is; lines of text stay below."""

_PIECE = 40.0
"""Length / height of the pieces at most."""

_HEIGHT = 16
"""Height in pixels at which the gaps between words are looked for."""

_BATCH = 1 << 14
"""Columns that are straightened at a time, and pixels of the image: half of `WARP_LIMIT`."""


def split_long(image: BgrImage, found: Detections) -> Detections:
    """Return the text that was found, with no box much longer than a line.

    Args:
        image: Array (H, W, 3), uint8, BGR.
        found: What the detector found there; polygons with more than four corners stay.
    """
    polygons: list[NDArray[np.int32]] = []
    scores: list[float] = []
    for polygon, score in zip(found.polygons, found.scores, strict=True):
        parts = list(_parts(image, polygon))
        polygons += parts
        scores += [score] * len(parts)
    return Detections(tuple(polygons), tuple(scores))


def _parts(image: BgrImage, polygon: NDArray[np.int32]) -> Iterator[NDArray[np.int32]]:
    if len(polygon) != 4:
        yield polygon
        return
    # The corners so that the first and the second are the ends of a long side.
    sides = np.linalg.norm(polygon - np.roll(polygon, -1, axis=0), axis=1)
    is_tall = max(sides[1], sides[3]) > max(sides[0], sides[2])
    corners = np.roll(polygon, -1, axis=0) if is_tall else polygon
    length = float(max(sides[1], sides[3]) if is_tall else max(sides[0], sides[2]))
    height = float(max(sides[0], sides[2]) if is_tall else max(sides[1], sides[3]))
    if length <= _LONGEST * max(height, 1.0):
        yield polygon
        return
    columns = max(2, round(length * _HEIGHT / max(height, 1.0)))
    ends = [0, *cuts(_contrast(image, corners, columns), round(_PIECE * _HEIGHT)), columns]
    first, second, third, fourth = corners.astype(np.float64)
    for start, stop in itertools.pairwise(ends):
        low, high = start / columns, stop / columns
        part = np.rint(
            [
                first + low * (second - first),
                first + high * (second - first),
                fourth + high * (third - fourth),
                fourth + low * (third - fourth),
            ]
        ).astype(np.int32)
        yield np.roll(part, 1, axis=0) if is_tall else part


def _contrast(image: BgrImage, corners: NDArray[np.int32], columns: int) -> NDArray[np.float64]:
    """Return how far the brightness of a straightened box ranges in each column, (columns,)."""
    first, second, third, fourth = corners.astype(np.float64)
    found = []
    height = max(float(np.linalg.norm(fourth - first)), _HEIGHT)
    batch = max(1, int(_BATCH * _HEIGHT / height))
    for start in range(0, columns, batch):
        stop = min(columns, start + batch)
        low, high = start / columns, stop / columns
        source = np.array(
            [
                first + low * (second - first),
                first + high * (second - first),
                fourth + low * (third - fourth),
            ],
            np.float32,
        )
        left, top = np.maximum(np.floor(source.min(axis=0)).astype(int) - 1, 0).tolist()
        right, bottom = (np.ceil(source.max(axis=0)).astype(int) + 2).tolist()
        part = image[top:bottom, left:right]
        target = np.array([[0, 0], [stop - start, 0], [0, _HEIGHT]], np.float32)
        to_strip = cv2.getAffineTransform(source - np.array([left, top], np.float32), target)
        strip = cv2.warpAffine(
            part, to_strip, (stop - start, _HEIGHT), borderMode=cv2.BORDER_REPLICATE
        )
        grey = cv2.cvtColor(strip, cv2.COLOR_BGR2GRAY).astype(np.float64)
        found.append(grey.max(axis=0) - grey.min(axis=0))
    return np.concatenate(found)


def cuts(contrast: NDArray[np.float64], longest: int) -> list[int]:
    """Return where to cut a line so that no piece is longer than so many columns.

    Each piece ends in the middle of the widest gap that its second half has; a gap is where the
    contrast is below a quarter of what the line has where it is strong.

    Args:
        contrast: How far the brightness ranges in each column, (columns,).
        longest: Columns of a piece at most.
    """
    is_gap = contrast < 0.25 * max(float(np.percentile(contrast, 90)), 1.0)
    places: list[int] = []
    start = 0
    while len(contrast) - start > longest:
        low, high = start + longest // 2, start + longest
        place = _widest(is_gap[low:high])
        if place is None:
            place = int(contrast[low:high].argmin())
        start = low + place
        places.append(start)
    return places


def _widest(is_gap: NDArray[np.bool_]) -> int | None:
    """Return the middle of the longest run of True, or None where there is none."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], is_gap.astype(np.int8), [0]])))
    starts, stops = edges[::2], edges[1::2]
    if not len(starts):
        return None
    best = int((stops - starts).argmax())
    return int(starts[best] + stops[best]) // 2
