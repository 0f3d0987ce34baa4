"""How far two detectors agree on the same images, and how fast each is."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

from hubocr.detection.detector import TextDetector
from hubocr.detection.polygon import Points, convex_iou
from hubocr.imaging import BgrImage
from hubocr.settings import DetectionSettings

MIN_IOU = 0.5
"""Overlap above which two boxes stand for the same text, as in ICDAR's detection tasks."""

_ROUNDS = 3


@dataclass(frozen=True)
class Agreement:
    """Two detectors on the same images.

    Attributes:
        images: Number of images.
        boxes: How many boxes the first and the second detector found.
        matched: How many of them have a partner, one to one, with an IoU of at least `MIN_IOU`.
        mean_iou: Mean IoU of the partners, 0 where there are none.
        seconds: Mean over the images of each detector's median time.
    """

    images: int
    boxes: tuple[int, int]
    matched: int
    mean_iou: float
    seconds: tuple[float, float]


def compare_detectors(
    first: TextDetector,
    second: TextDetector,
    images: Sequence[BgrImage],
    settings: DetectionSettings,
) -> Agreement:
    """Let two detectors find the quads of the same images, in turns, one image after the other.

    Args:
        first: The one detector.
        second: The other.
        images: Arrays (H, W, 3), uint8, BGR; at least one.
        settings: Options of both, with ``box_type="quad"``.
    """
    detectors = (first, second)
    counts, times, overlaps = [0, 0], [0.0, 0.0], []
    for image in images:
        # The first call on a size compiles what it needs, so it isn't timed.
        found = [detector.detect(image, settings).polygons for detector in detectors]
        overlaps += match_quads(*found)
        seconds: tuple[list[float], list[float]] = ([], [])
        for _ in range(_ROUNDS):
            for detector, measured in zip(detectors, seconds, strict=True):
                start = time.perf_counter()
                detector.detect(image, settings)
                measured.append(time.perf_counter() - start)
        for place in range(2):
            counts[place] += len(found[place])
            times[place] += statistics.median(seconds[place]) / len(images)
    return Agreement(
        images=len(images),
        boxes=(counts[0], counts[1]),
        matched=len(overlaps),
        mean_iou=statistics.fmean(overlaps) if overlaps else 0.0,
        seconds=(times[0], times[1]),
    )


def match_quads(first: Sequence[Points], second: Sequence[Points]) -> list[float]:
    """Pair quads one to one, the best overlap first, and return the IoU of every pair."""
    candidates = sorted(
        (
            (convex_iou(one, other), i, j)
            for i, one in enumerate(first)
            for j, other in enumerate(second)
        ),
        reverse=True,
    )
    taken: tuple[set[int], set[int]] = (set(), set())
    overlaps = []
    for iou, i, j in candidates:
        if iou >= MIN_IOU and i not in taken[0] and j not in taken[1]:
            taken[0].add(i)
            taken[1].add(j)
            overlaps.append(iou)
    return overlaps
