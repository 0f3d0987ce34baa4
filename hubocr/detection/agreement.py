"""How far two detectors agree on the same images, and how fast each is."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

from hubocr.detection.detector import TextDetector
from hubocr.detection.matching import match_polygons
from hubocr.imaging import BgrImage
from hubocr.settings import DetectionSettings

_ROUNDS = 3


@dataclass(frozen=True)
class Agreement:
    """Two detectors on the same images.

    Attributes:
        images: Number of images.
        boxes: How many boxes the first and the second detector found.
        matched: How many of them have a partner, one to one, with an IoU of at least
            `hubocr.detection.matching.MIN_IOU`.
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
        overlaps += [match.iou for match in match_polygons(found[0], found[1])]
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
