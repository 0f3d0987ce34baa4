"""det_limit_type auto, with a network that takes dark pixels for text."""

from __future__ import annotations

import logging
import tracemalloc

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from hubocr.detection import Detections, TextDetector, adaptive
from hubocr.detection import db as db_module
from hubocr.detection.scale import DetectionPass
from hubocr.detection.tiles import MOST_PIXELS
from hubocr.errors import CallCancelledError, TooManyLinesError
from hubocr.imaging import BgrImage
from hubocr.runtime import Call, Workload
from hubocr.settings import DetectionSettings
from tests.conftest import FakeEngine, fake_network

AUTO = DetectionSettings(limit_type="auto", unclip_ratio=0.5)


def dark_is_text() -> FakeEngine:
    return FakeEngine(lambda tensor: (tensor[:, :1] < 0).astype(np.float32))


def detect(image: BgrImage, engine: FakeEngine | None = None) -> Detections:
    network = fake_network(engine or dark_is_text(), 2, Workload.PAGE)
    return TextDetector(network).detect(image, AUTO)


def page(height: int, width: int) -> BgrImage:
    return np.full((height, width, 3), 255, np.uint8)


def bar(image: BgrImage, left: int, top: int, width: int, height: int) -> NDArray[np.int64]:
    """Draw what the network takes for a line of text, and return its corners."""
    image[top : top + height, left : left + width] = 0
    right, bottom = left + width, top + height
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]])


def test_lines_across_seams_are_found_once_and_whole() -> None:
    image = page(2000, 3000)
    expected = [bar(image, 100, 100 + 40 * line, 2800, 14) for line in range(45)]
    engine = dark_is_text()
    found = detect(image, engine)
    assert len(engine.tensors) > 4
    boxes = sorted(found.polygons, key=lambda polygon: int(polygon[0, 1]))
    assert len(boxes) == 45
    for box, corners in zip(boxes, expected, strict=True):
        assert np.abs(box - corners).max() <= 12  # grown by half its height


def test_a_page_whose_text_is_large_is_not_looked_at_more_closely() -> None:
    image = page(1500, 1500)
    bar(image, 100, 100, 800, 40)
    engine = dark_is_text()
    assert len(detect(image, engine).polygons) == 1
    # A look from further away is for letters that are larger yet.
    assert [tensor.shape for tensor in engine.tensors] == [(1, 3, 960, 960), (1, 3, 256, 256)]


def test_a_long_screenshot_is_read_in_tiles_of_bounded_size() -> None:
    image = page(20_000, 1080)
    tops = range(50, 19_900, 60)
    for top in tops:
        bar(image, 40, top, 600, 30)
    engine = dark_is_text()
    found = detect(image, engine)
    assert len(found.polygons) == len(tops)
    assert max(tensor[0, 0].size for tensor in engine.tensors) <= MOST_PIXELS
    lefts = np.array([polygon[:, 0].min() for polygon in found.polygons])
    assert np.abs(lefts - 40).max() <= 16


def test_empty_tiles_cost_nothing() -> None:
    image = page(4000, 4000)
    bar(image, 3000, 3500, 300, 14)
    engine = dark_is_text()
    assert len(detect(image, engine).polygons) == 1
    assert len(engine.tensors) < 12  # 16 tiles or more would cover it
    engine = dark_is_text()
    assert not detect(page(4000, 4000), engine).polygons
    assert not engine.tensors


def test_large_letters_beside_small_text_stay_whole() -> None:
    image = page(3000, 2000)
    large = bar(image, 200, 200, 1600, 500)
    for line in range(30):
        bar(image, 200, 900 + 60 * line, 1500, 12)
    found = detect(image)
    assert len(found.polygons) == 31
    tallest = max(found.polygons, key=lambda polygon: int(np.ptp(polygon[:, 1])))
    assert np.abs(np.sort(tallest, axis=0) - np.sort(large, axis=0)).max() < 200


def test_letters_far_apart_are_rows_or_columns_as_the_surer_pass_says() -> None:
    def square(
        left: int, top: int, width: int, height: int, score: float
    ) -> tuple[NDArray[np.int32], float]:
        right, bottom = left + width, top + height
        corners = [[left, top], [right, top], [right, bottom], [left, bottom]]
        return np.array(corners, np.int32), score

    letters = [square(200 * x, 160 * y, 100, 100, 0.6) for x in (0, 3) for y in range(3)]
    columns = [square(200 * x, 0, 100, 420, 0.6) for x in (1, 2)]
    near = DetectionPass(1.0, [*letters, *columns])
    rows = [square(0, 160 * y, 700, 100, 0.8) for y in range(3)]
    assert adaptive._with_larger(near, DetectionPass(0.25, rows)).found == rows
    doubtful = [(polygon, 0.5) for polygon, _ in rows]
    assert adaptive._with_larger(near, DetectionPass(0.25, doubtful)).found[-2:] == columns


def test_boxes_of_an_image_with_a_margin_are_in_the_image() -> None:
    image = page(30, 80)
    bar(image, 0, 6, 80, 18)
    (box,) = detect(image).polygons
    assert box.min() >= 0
    assert box[:, 0].max() == 79
    assert box[:, 1].max() <= 29


def test_text_that_only_shows_when_enlarged_is_found_where_it_is() -> None:
    def sees_large_text(tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        dark = (tensor[0, 0] < 0).astype(np.uint8)
        opened = cv2.morphologyEx(dark, cv2.MORPH_OPEN, np.ones((8, 8), np.uint8))
        return opened[None, None].astype(np.float32)

    image = page(120, 200)
    corners = bar(image, 50, 60, 60, 5)
    (box,) = detect(image, FakeEngine(sees_large_text)).polygons
    assert np.abs(box - corners).max() <= 4


def test_candidates_beyond_the_reference_limit_are_looked_at() -> None:
    image = page(2000, 2000)
    for row in range(48):
        for column in range(30):
            bar(image, 20 + 65 * column, 20 + 41 * row, 40, 20)
    assert len(detect(image).polygons) == 1440


def test_more_than_can_be_looked_at_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db_module, "MOST_CANDIDATES", 3)
    image = page(900, 900)
    for line in range(4):
        bar(image, 20, 40 + 60 * line, 400, 30)
    with pytest.raises(TooManyLinesError, match="4 places look like text, the limit of det_limit"):
        detect(image)


def test_what_the_reference_passes_over_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    image = page(900, 900)
    for line in range(4):
        bar(image, 20, 40 + 60 * line, 400, 30)
    detector = TextDetector(fake_network(dark_is_text(), 1, Workload.PAGE))
    with caplog.at_level(logging.WARNING):
        found = detector.detect(image, DetectionSettings(max_candidates=3, unclip_ratio=0.5))
    assert len(found.polygons) == 3
    assert "only 3 (det_max_candidates) are looked at" in caplog.text


def test_a_cancelled_call_ends_between_tiles() -> None:
    call = Call()
    looks = 0

    def answer(tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        nonlocal looks
        looks += 1
        if looks == 2:
            call.cancel()
        return (tensor[:, :1] < 0).astype(np.float32)

    image = page(20_000, 1080)
    for top in range(50, 19_900, 60):
        bar(image, 40, top, 600, 30)
    detector = TextDetector(fake_network(FakeEngine(answer), 1, Workload.PAGE))
    with pytest.raises(CallCancelledError):
        detector.detect(image, AUTO, call)
    assert looks == 2


def test_models_with_an_input_of_one_size_do_as_max_does() -> None:
    engine = FakeEngine(lambda tensor: np.zeros((1, 1, 64, 96), np.float32), (1, 3, 64, 96))
    assert not detect(page(2000, 2000), engine).polygons
    assert [tensor.shape for tensor in engine.tensors] == [(1, 3, 64, 96)]


@pytest.mark.parametrize("shape", [(1, 20_000_000), (20_000_000, 1), (4, 5_000_000)])
def test_a_strip_of_millions_of_pixels_takes_no_more_than_a_page(shape: tuple[int, int]) -> None:
    """A margin of 16 pixels round one row is 33 times its size; so are the 32 rows of a map."""
    engine = dark_is_text()
    image = page(*shape)
    image[:, ::2] = 0
    tracemalloc.start()
    detect(image, engine)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 6 * image.nbytes + 100_000_000
    assert sum(tensor.size for tensor in engine.tensors) < 3 * 20_000_000
