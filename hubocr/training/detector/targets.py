"""What a DB detector is to answer: the text regions, shrunk, as a map, and where it counts.

The map is that of Liao et al., Real-time Scene Text Detection with Differentiable Binarization
(2019), section 3.4, but for the distance by which regions are shrunk, see `shrink_distance`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import pyclipper
from numpy.typing import NDArray

from hubocr.detection.polygon import polygon_area, polygon_perimeter
from hubocr.evaluation.pages import Region
from hubocr.settings import OcrOptions

_SERVED = OcrOptions().detection
_SMALLEST_TEXT = 8
"""Pixels of the crop; text that is lower or narrower counts neither way, as in PaddleOCR."""

_SCALE = 64.0
"""The clipper works on integers: parts of a pixel in a pixel."""

Map = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Target:
    """A region as training sees it, in pixels of the image.

    Attributes:
        outline: Its polygon, (N, 2) float64.
        kernels: What shrinking leaves of it, one polygon or several; none: it can't be learnt.
    """

    outline: NDArray[np.float64]
    kernels: tuple[NDArray[np.float64], ...]


def targets_of(regions: Sequence[Region]) -> tuple[Target, ...]:
    """Return what regions are in training."""
    return tuple(
        Target(region.points, () if region.ignored else shrink(region.points)) for region in regions
    )


def shrink(points: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """Return what is left of a polygon when it is shrunk by `shrink_distance`."""
    offset = pyclipper.PyclipperOffset()
    path = np.rint(points * _SCALE).astype(np.int64)
    try:
        offset.AddPath(path, pyclipper.JT_ROUND, pyclipper.ET_CLOSEDPOLYGON)
    except pyclipper.ClipperException:  # all corners are one
        return ()
    distance = shrink_distance(polygon_area(points), polygon_perimeter(points))
    return tuple(np.array(part, np.float64) / _SCALE for part in offset.Execute(-distance * _SCALE))


def shrink_distance(area: float, perimeter: float) -> float:
    """Return how far a polygon is shrunk, so that serving grows it back to what it was.

    Serving grows what it finds by area * ratio / perimeter (`hubocr.detection.polygon.unclip`). A
    rectangle that is shrunk by d has the area A - L d + 4 d^2 and the perimeter L - 8 d, so that
    d is the smaller root of (4 r + 8) d^2 - (r + 1) L d + r A = 0.

    For words this is what the paper's area * (1 - 0.4^2) / perimeter gives, a tenth more or less.
    Of a long line that would leave 0.16 of its height, which serving grows to 0.4, too little for
    an IoU of 0.5; this leaves 0.4, which it grows to the whole.
    """
    ratio = _SERVED.unclip_ratio
    square, linear, constant = 4 * ratio + 8, (ratio + 1) * perimeter, ratio * area
    root = math.sqrt(max(0.0, linear**2 - 4 * square * constant))
    return (linear - root) / (2 * square)


def draw_targets(
    targets: Sequence[Target],
    image: NDArray[np.float64],
    matrix: NDArray[np.float64],
    size: int,
) -> Map:
    """Draw targets as they are in a crop.

    Args:
        targets: The targets of the image.
        image: Corners of the image, (4, 2); what lies outside of it counts neither way.
        matrix: The affine map from the image to the crop, (2, 3).
        size: Height and width of the crop in pixels.

    Returns:
        (3, size, size) float32: the map, 1 within shrunk regions and 0 elsewhere; the mask, 0
        where nothing is to be learnt and 1 elsewhere; and how much each pixel of a region counts
        for, 1 / the region's area, and 0 outside of regions.
    """
    kernel, mask, share = (np.zeros((size, size), np.float32) for _ in range(3))
    cv2.fillPoly(mask, [_pixels(_moved(image, matrix))], 1)
    learnt = []
    for target in targets:
        outline = _moved(target.outline, matrix)
        across, down = outline.max(axis=0) - outline.min(axis=0)
        if target.kernels and min(across, down) >= _SMALLEST_TEXT:
            weight = 1 / max(polygon_area(outline), _SMALLEST_TEXT**2)
            cv2.fillPoly(share, [_pixels(outline)], weight)
            learnt.append((target, weight))
        else:
            cv2.fillPoly(mask, [_pixels(outline)], 0)
    for target, weight in learnt:  # after all outlines, which may overlap
        for part in target.kernels:
            shrunk = [_pixels(_moved(part, matrix))]
            cv2.fillPoly(kernel, shrunk, 1)
            cv2.fillPoly(share, shrunk, weight)
    return np.stack([kernel, mask, share])


def _moved(points: NDArray[np.float64], matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(points @ matrix[:, :2].T + matrix[:, 2], np.float64)


def _pixels(points: NDArray[np.float64]) -> NDArray[np.int32]:
    return np.rint(points).astype(np.int32)
