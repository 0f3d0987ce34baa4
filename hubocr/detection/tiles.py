"""Large maps from overlapping tiles: memory is bounded, and a line across a seam stays one.

Not the boxes are joined but the probability maps: each tile gives the middle of what it saw, up to
half of its overlap with the next one, so that a seam leaves no trace in the map.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from hubocr.detection.preprocess import STRIDE
from hubocr.imaging import BgrImage
from hubocr.imaging.warping import WARP_LIMIT

ByteMap = NDArray[np.uint8]
"""A probability map in steps of 1/255: a quarter of the memory of float32."""

MOST_PIXELS = 1 << 20
"""Pixels of a tile at most: as much as a page of 1024 x 1024, of which each thread has one."""

_LONGEST = 4096
"""Pixels of a tile's side at most."""

OVERLAP = 128
"""Pixels that neighbouring tiles have in common at least."""


@dataclass(frozen=True)
class Span:
    """A tile along one axis, in pixels of the map.

    Attributes:
        start: Where it begins.
        size: How long it is.
        core: First and last + 1 of the pixels that are taken from it.
    """

    start: int
    size: int
    core: tuple[int, int]


@dataclass(frozen=True)
class Tile:
    """A rectangle of the map."""

    rows: Span
    columns: Span


def plan_tiles(height: int, width: int) -> list[Tile]:
    """Return tiles of one size that cover a map; all sides are multiples of the stride.

    Args:
        height: Height of the map in pixels, a multiple of 32.
        width: Its width.
    """
    tall, wide = _tile_size(height, width)
    return [Tile(rows, columns) for rows in _spans(height, tall) for columns in _spans(width, wide)]


def _tile_size(height: int, width: int) -> tuple[int, int]:
    if height * width <= MOST_PIXELS and max(height, width) <= _LONGEST:
        return height, width
    side = math.isqrt(MOST_PIXELS)
    tall, wide = min(height, side), min(width, side)
    # What one side doesn't need the other may have.
    if wide < side:
        tall = min(height, MOST_PIXELS // wide, _LONGEST)
    elif tall < side:
        wide = min(width, MOST_PIXELS // tall, _LONGEST)
    return _evened(height, tall), _evened(width, wide)


def _evened(whole: int, largest: int) -> int:
    """Return the smallest tile that needs no more tiles than the largest does."""
    largest = largest // STRIDE * STRIDE
    if whole <= largest:
        return whole
    count = math.ceil((whole - OVERLAP) / (largest - OVERLAP))
    return math.ceil(((whole - OVERLAP) / count + OVERLAP) / STRIDE) * STRIDE


def _spans(whole: int, size: int) -> list[Span]:
    if size >= whole:
        return [Span(0, whole, (0, whole))]
    count = math.ceil((whole - OVERLAP) / (size - OVERLAP))
    starts = [round(index * (whole - size) / (count - 1)) for index in range(count)]
    seams = [(start + size + after) // 2 for start, after in itertools.pairwise(starts)]
    cores = zip([0, *seams], [*seams, whole], strict=True)
    return [Span(start, size, core) for start, core in zip(starts, cores, strict=True)]


def tile_image(image: BgrImage, size: tuple[int, int], tile: Tile) -> BgrImage:
    """Return a tile of an image that is resized to a size, without resizing all of it.

    The pixels are those that `cv2.resize` (INTER_LINEAR) gives the whole image, but for rounding.

    Args:
        image: Array (H, W, 3), uint8.
        size: Height and width of the resized image.
        tile: The part wanted.

    Returns:
        Array (tile.rows.size, tile.columns.size, 3), uint8.
    """
    top, rows, scale_y = _source(tile.rows, size[0], image.shape[0])
    left, columns, scale_x = _source(tile.columns, size[1], image.shape[1])
    part = image[rows, columns]
    if part.shape[:2] == (tile.rows.size, tile.columns.size) and scale_x == scale_y == 1:
        return part
    if max(part.shape[:2]) >= WARP_LIMIT:
        axes = [(0, top, scale_y, tile.rows.size), (1, left, scale_x, tile.columns.size)]
        axes.sort(key=lambda one: one[3] / part.shape[one[0]])  # what shrinks most first
        sampled: NDArray[Any] = part
        for axis, first, distance, count in axes:
            sampled = _sampled(sampled, first, distance, count, axis)
        rounded: BgrImage = np.rint(sampled).astype(np.uint8)
        return rounded
    to_part = np.array([[scale_x, 0, left], [0, scale_y, top]], np.float64)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    wanted = (tile.columns.size, tile.rows.size)
    warped = cv2.warpAffine(part, to_part, wanted, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(warped, dtype=np.uint8)


def _sampled(
    image: NDArray[Any], first: float, distance: float, count: int, axis: int
) -> NDArray[np.float32]:
    """Return samples along one axis, each between its two neighbours, as float32.

    Args:
        image: Array (H, W, 3).
        first: Place of the first sample, in pixels.
        distance: Distance between samples.
        count: How many.
        axis: Along which axis.
    """
    places = first + distance * np.arange(count)
    below = np.floor(places)
    share = (places - below).astype(np.float32).reshape((-1, 1, 1) if axis == 0 else (1, -1, 1))
    last = image.shape[axis] - 1
    near = np.take(image, np.clip(below, 0, last).astype(np.intp), axis)
    far = np.take(image, np.clip(below + 1, 0, last).astype(np.intp), axis)
    return np.asarray(near * (1 - share) + far * share, np.float32)


def _source(span: Span, resized: int, original: int) -> tuple[float, slice, float]:
    """Return where in the image a tile's samples are, in pixels of the image.

    Returns:
        The first sample's place in the part of the image that holds all, that part, and the
        distance between samples.
    """
    scale = original / resized
    first = (span.start + 0.5) * scale - 0.5
    start = max(0, math.floor(first))
    stop = min(original, math.ceil(first + span.size * scale) + 1)
    return first - start, slice(start, stop), scale


def put_core(whole: ByteMap, probability: NDArray[np.float32], tile: Tile) -> None:
    """Write the middle of a tile's map, (rows, columns) float32, into the whole map."""
    (top, bottom), (left, right) = tile.rows.core, tile.columns.core
    y, x = tile.rows.start, tile.columns.start
    core = probability[top - y : bottom - y, left - x : right - x]
    whole[top:bottom, left:right] = np.rint(core * np.float32(255)).astype(np.uint8)
