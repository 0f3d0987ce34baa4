"""Two detectors whose maps are known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from hubocr.detection import TextDetector
from hubocr.detection.agreement import compare_detectors
from hubocr.runtime import Workload
from hubocr.settings import DetectionSettings
from tests.conftest import FakeEngine, fake_network

Rectangle = tuple[int, int, int, int]


def detector_with(engine: FakeEngine, threads: int = 1) -> TextDetector:
    return TextDetector(fake_network(engine, threads, Workload.PAGE))


def detector(*rectangles: Rectangle) -> TextDetector:
    probability = np.zeros((1, 1, 320, 320), np.float32)
    for left, top, width, height in rectangles:
        probability[0, 0, top : top + height, left : left + width] = 0.9
    return detector_with(FakeEngine(lambda tensor: probability))


@pytest.mark.parametrize(
    ("first", "second", "boxes", "matched"),
    [
        ([(20, 20, 200, 20)], [(20, 20, 200, 20)], (1, 1), 1),
        ([(20, 20, 200, 20), (20, 90, 90, 20)], [(20, 20, 200, 20)], (2, 1), 1),
        ([(20, 20, 200, 20)], [(20, 200, 200, 20)], (1, 1), 0),
        ([], [], (0, 0), 0),
    ],
)
def test_boxes_are_counted_over_all_images(
    first: Sequence[Rectangle],
    second: Sequence[Rectangle],
    boxes: tuple[int, int],
    matched: int,
) -> None:
    images = [np.zeros((320, 320, 3), np.uint8)] * 3
    found = compare_detectors(detector(*first), detector(*second), images, DetectionSettings())
    assert found.images == 3
    assert found.boxes == (3 * boxes[0], 3 * boxes[1])
    assert found.matched == 3 * matched
    assert found.mean_iou == pytest.approx(1 if matched else 0)
    assert min(found.seconds) > 0
