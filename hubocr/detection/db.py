"""DB post-processing: from the probability map to text polygons.

The algorithm and its constants are those of PaddleOCR 2.10 (``ppocr/postprocess``) for the method
of Liao et al., Real-time Scene Text Detection with Differentiable Binarization (2019).
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from hubocr.detection.polygon import Points, min_area_box, order_clockwise, unclip
from hubocr.errors import TooManyLinesError
from hubocr.settings import DetectionSettings

logger = logging.getLogger(__name__)

Map = NDArray[np.float32] | NDArray[np.uint8]
"""Probabilities, (H, W): float32 from 0 to 1, or uint8 in steps of 1/255."""

MOST_CANDIDATES = 100_000
"""Contours that ``auto`` looks at; a page of 200 x 500 characters has as many at the very most."""

_MIN_SIDE = 3
"""Shorter side in map pixels below which a kernel is noise."""

_MIN_GROWN_SIDE = 5
"""The same after unclipping."""

_MIN_BOX_SIDE = 3
"""Quads whose width or height, cut to an integer, is at most this in source pixels are dropped."""

_DILATION_KERNEL = np.ones((2, 2), np.uint8)
_POLYGON_PRECISION = 0.002
"""Deviation allowed when a contour is simplified, as a share of its length."""


def find_polygons(
    probability: Map,
    width: int,
    height: int,
    settings: DetectionSettings,
    check: Callable[[], None] | None = None,
) -> Iterator[tuple[NDArray[np.int32], float]]:
    """Yield the text polygons of a probability map in the order of their contours.

    Args:
        probability: The map.
        width: Width in pixels of the image that the polygons are to refer to.
        height: Its height.
        settings: Thresholds and kind of polygon.
        check: Called before each contour; may raise where the result isn't wanted any more.

    Yields:
        A polygon, (4, 2) int32 clockwise from the top left corner or (N, 2) for ``poly``, in
        pixels of the image, and its score from 0 to 1.

    Raises:
        TooManyLinesError: There are more contours than ``auto`` looks at.
    """
    binary = (probability > settings.thresh * _full(probability)).astype(np.uint8)
    if settings.use_dilation:
        binary = np.asarray(cv2.dilate(binary, _DILATION_KERNEL), dtype=np.uint8)
    contours, _ = cv2.findContours(binary, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    limits = np.asarray([width, height])
    find = _quad if settings.box_type == "quad" else _polygon
    for contour in contours[: _room(len(contours), settings)]:
        if check is not None:
            check()
        found = find(probability, contour, settings)
        if found is None:
            continue
        points, score = found
        in_image = clipped(_scaled(points, probability.shape, width, height), limits)
        if settings.box_type == "quad":
            in_image = order_clockwise(in_image)
        polygon = clipped(in_image, limits - 1).astype(np.int32)
        if settings.box_type == "quad" and is_thin(polygon):
            continue
        yield polygon, score


def _full(probability: Map) -> float:
    """Return the value that stands for a probability of 1."""
    return 255.0 if probability.dtype == np.uint8 else 1.0


def _room(count: int, settings: DetectionSettings) -> int:
    """Return how many contours are looked at; the reference forgets the others, as is logged."""
    if settings.limit_type == "auto":
        if count > MOST_CANDIDATES:
            raise TooManyLinesError(
                f"{count} places look like text, the limit of det_limit_type auto is "
                f"{MOST_CANDIDATES}"
            )
        return count
    if count > settings.max_candidates:
        logger.warning(
            "%d places look like text; as the reference does, only %d (det_max_candidates) are "
            "looked at: det_limit_type auto looks at all",
            count,
            settings.max_candidates,
        )
    return settings.max_candidates


def _scaled(points: Points, map_shape: tuple[int, ...], width: int, height: int) -> Points:
    """Return points of the map in whole pixels of the image."""
    # The order of the two operations and their types (the quotient in the points' own, the product
    # in float64) are the reference's: halves would round to the other side otherwise.
    scaled = np.empty((len(points), 2))
    scaled[:, 0] = points[:, 0] / map_shape[1] * np.float64(width)
    scaled[:, 1] = points[:, 1] / map_shape[0] * np.float64(height)
    return np.rint(scaled, out=scaled)


def _quad(
    probability: Map, contour: Any, settings: DetectionSettings
) -> tuple[Points, float] | None:
    kernel, side = min_area_box(contour)
    if side < _MIN_SIDE:
        return None
    found = _grow(probability, contour, kernel, settings)
    return None if found is None else (found.box, found.score)


def _polygon(
    probability: Map, contour: Any, settings: DetectionSettings
) -> tuple[Points, float] | None:
    precision = _POLYGON_PRECISION * cv2.arcLength(contour, True)
    kernel = np.asarray(cv2.approxPolyDP(contour, precision, True)).reshape(-1, 2)
    if len(kernel) < 4:
        return None
    found = _grow(probability, contour, kernel, settings)
    return None if found is None else (found.outline, found.score)


class _Grown(NamedTuple):
    """A region of text, grown back from the kernel that the network was taught.

    Attributes:
        outline: The grown kernel, (N, 2), in map pixels.
        box: The smallest rectangle around it, (4, 2).
        score: Mean probability inside the kernel or the contour.
    """

    outline: Points
    box: Points
    score: float


def _grow(
    probability: Map, contour: Any, kernel: Points, settings: DetectionSettings
) -> _Grown | None:
    outline = kernel if settings.score_mode == "fast" else contour.reshape(-1, 2)
    score = mean_inside(probability, outline)
    if score < settings.box_thresh:
        return None
    grown = unclip(kernel, settings.unclip_ratio)
    if grown is None:
        return None
    box, side = min_area_box(grown.astype(np.int32))
    return None if side < _MIN_GROWN_SIDE else _Grown(grown, box, score)


def mean_inside(probability: Map, outline: Points) -> float:
    """Return the mean of the map inside a polygon given in map pixels, outline included."""
    height, width = probability.shape
    left, top = map(math.floor, outline.min(axis=0).tolist())
    right, bottom = map(math.ceil, outline.max(axis=0).tolist())
    left, right = (min(max(x, 0), width - 1) for x in (left, right))
    top, bottom = (min(max(y, 0), height - 1) for y in (top, bottom))
    mask = np.zeros((bottom - top + 1, right - left + 1), np.uint8)
    cv2.fillPoly(mask, [(outline - (left, top)).astype(np.int32)], 1)
    inside = probability[top : bottom + 1, left : right + 1]
    return float(cv2.mean(inside, mask)[0]) / _full(probability)


def is_thin(quad: NDArray[np.int32]) -> bool:
    """Say whether a box of four corners is three pixels wide or high at most."""
    top_left, top_right, _, bottom_left = quad.tolist()
    across, down = math.dist(top_left, top_right), math.dist(top_left, bottom_left)
    return int(across) <= _MIN_BOX_SIDE or int(down) <= _MIN_BOX_SIDE


def clipped(points: Points, largest: NDArray[np.int64] | tuple[int, int]) -> Points:
    """Return points with coordinates from 0 to the largest x and y; np.clip is slower."""
    return np.minimum(np.maximum(points, 0), largest)
