"""The detector: maps that a fake engine answers, and the real model on pages with known boxes."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from numpy.typing import NDArray
from shapely.geometry import Polygon

from hubocr.detection import Detections, TextDetector
from hubocr.errors import ModelError
from hubocr.pipeline import OcrPipeline
from hubocr.runtime import Workload
from hubocr.settings import BoxType, DetectionSettings
from tests.conftest import FakeEngine, fake_network, fixture_boxes, fixture_image

Map = NDArray[np.float32]


def detector_with(engine: FakeEngine, threads: int = 1) -> TextDetector:
    return TextDetector(fake_network(engine, threads, Workload.PAGE))


def detect(probability: Map, size: tuple[int, int] | None = None, **options: Any) -> Detections:
    """Detect in an image of a size (height, width) with a network that answers this map."""
    engine = FakeEngine(lambda tensor: probability[None, None])
    image = np.zeros((*(size or probability.shape), 3), np.uint8)
    return detector_with(engine).detect(image, DetectionSettings(**options))


def rectangle_map(left: int, top: int, width: int, height: int) -> Map:
    probability = np.zeros((96, 128), np.float32)
    probability[top : top + height, left : left + width] = 0.9
    return probability


@pytest.mark.parametrize(("height", "count"), [(3, 0), (4, 1)])
def test_thin_kernels_are_noise(height: int, count: int) -> None:
    assert len(detect(rectangle_map(30, 40, 60, height)).polygons) == count


def test_kernels_that_stay_small_when_grown_are_dropped() -> None:
    # In an image of four times the size, so that the box itself is not too small.
    size = (384, 512)
    assert not detect(rectangle_map(30, 40, 4, 4), size, unclip_ratio=0.5).polygons
    assert len(detect(rectangle_map(30, 40, 4, 4), size, unclip_ratio=3).polygons) == 1


def test_boxes_stay_in_the_image() -> None:
    (polygon,) = detect(rectangle_map(0, 0, 128, 96)).polygons
    assert polygon.tolist() == [[0, 0], [127, 0], [127, 95], [0, 95]]


def test_contours_beyond_the_limit_are_not_looked_at() -> None:
    probability = np.zeros((96, 128), np.float32)
    for top in range(4, 90, 20):
        probability[top : top + 6, 20:100] = 0.9
    assert len(detect(probability).polygons) == 5
    assert len(detect(probability, max_candidates=3).polygons) == 3


def test_dilation_joins_neighbours() -> None:
    probability = rectangle_map(20, 40, 61, 12)
    probability[:, 50] = 0
    assert len(detect(probability).polygons) == 2
    assert len(detect(probability, use_dilation=True).polygons) == 1


def test_the_slow_score_follows_the_contour() -> None:
    probability = rectangle_map(20, 20, 80, 12)
    probability[20:70, 20:32] = 0.9  # an angle: most of its rectangle is empty
    assert not detect(probability).scores
    (score,) = detect(probability, score_mode="slow").scores
    assert score == pytest.approx(0.9, abs=0.02)


def test_polygons_follow_curved_text() -> None:
    probability = np.zeros((240, 320), np.float32)
    cv2.ellipse(probability, (160, 200), (120, 120), 0, 200, 340, 0.95, 16)
    found = detect(probability, box_type="poly", score_mode="slow")
    contours = cv2.findContours((probability > 0.3).astype(np.uint8), cv2.RETR_LIST, 2)[0]
    band = Polygon(contours[0][:, 0])
    expected = band.buffer(band.area * 1.5 / band.length)
    shape = Polygon(found.polygons[0])
    assert len(found.polygons[0]) > 8
    assert shape.intersection(expected).area / shape.union(expected).area > 0.95
    assert found.scores == pytest.approx([0.95], abs=0.01)


def test_boxes_of_a_large_image_are_in_its_pixels() -> None:
    found = detect(rectangle_map(32, 40, 64, 12), (960, 1280)).polygons[0]
    small = detect(rectangle_map(32, 40, 64, 12)).polygons[0]
    assert np.abs(found - 10 * small).max() <= 5  # half a pixel of the map


def test_tiny_images_are_padded_and_their_boxes_not_stretched() -> None:
    probability = np.zeros((32, 32), np.float32)
    probability[6:14, 6:20] = 0.9
    (polygon,) = detect(probability, (24, 30)).polygons
    (expected,) = detect(probability, (32, 32)).polygons
    assert polygon.tolist() == expected.tolist()


def test_the_size_that_a_model_declares_is_used() -> None:
    engine = FakeEngine(lambda tensor: np.zeros((1, 1, 64, 96), np.float32), (1, 3, 64, 96))
    assert not detector_with(engine).detect(np.zeros((500, 400, 3), np.uint8)).scores
    assert engine.tensors[0].shape == (1, 3, 64, 96)


def test_models_of_another_kind_are_refused() -> None:
    image = np.zeros((64, 64, 3), np.uint8)
    classifier = FakeEngine(lambda tensor: np.zeros((1, 2), np.float32))
    with pytest.raises(ModelError, match="not a DB detection model"):
        detector_with(classifier).detect(image)
    with pytest.raises(ModelError, match="not a model of colour images"):
        detector_with(FakeEngine(lambda tensor: tensor, (1, 1, 64, 64)))


@pytest.mark.parametrize("name", ["receipt", "notice", "poster"])
@pytest.mark.parametrize("box_type", ["quad", "poly"])
def test_every_line_of_a_page_is_found(pipeline: OcrPipeline, name: str, box_type: BoxType) -> None:
    page = f"pages/{name}.png"
    found = pipeline.detector.detect(
        fixture_image(page), DetectionSettings(box_thresh=0.5, box_type=box_type)
    )
    shapes = [Polygon(polygon) for polygon in found.polygons]
    truth = [Polygon(box["points"]) for box in fixture_boxes()[page]]
    assert len(shapes) == len(truth)
    for line in truth:
        overlaps = (line.intersection(shape).area / line.union(shape).area for shape in shapes)
        assert max(overlaps) > 0.5
    assert all(0.5 <= score <= 1 for score in found.scores)


def test_a_blank_image_holds_nothing(pipeline: OcrPipeline) -> None:
    assert pipeline.detector.detect(fixture_image("odd/blank.png")) == Detections((), ())


@examples(max_examples=20)
@given(
    height=st.integers(1, 200),
    width=st.integers(1, 200),
    seed=st.integers(0, 1000),
    box_type=st.sampled_from(["quad", "poly"]),
)
def test_any_image_gives_polygons_within_it(
    pipeline: OcrPipeline, height: int, width: int, seed: int, box_type: BoxType
) -> None:
    noise = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    # Low thresholds, so that noise gives boxes too.
    settings = DetectionSettings(thresh=0.01, box_thresh=0, box_type=box_type)
    found = pipeline.detector.detect(noise, settings)
    assert len(found.polygons) == len(found.scores)
    for polygon in found.polygons:
        assert polygon.dtype == np.int32
        assert polygon.shape[1] == 2
        assert len(polygon) == 4 or box_type == "poly"
        assert (polygon >= 0).all()
        assert (polygon < (width, height)).all()


def test_text_in_the_padding_of_a_tiny_image_is_no_text() -> None:
    # Images of less than 64 pixels in all are padded to 32 x 32; columns 20 to 31 are padding.
    probability = np.zeros((1, 1, 32, 32), np.float32)
    probability[0, 0, 6:26, 24:31] = 0.9
    detector = detector_with(FakeEngine(lambda tensor: probability))
    assert detector.detect(np.zeros((32, 20, 3), np.uint8)) == Detections((), ())


def test_a_line_at_45_degrees_is_found_whole(pipeline: OcrPipeline) -> None:
    line = fixture_image("lines/zh_plain.png")
    height, width = line.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), -45, 1)
    matrix[:, 2] += [300 - width / 2, 300 - height / 2]
    page = cv2.warpAffine(line, matrix, (600, 600), borderValue=(255, 255, 255))
    (polygon,) = pipeline.detector.detect(np.asarray(page, np.uint8)).polygons
    assert Polygon(polygon).is_valid
    assert Polygon(polygon).area > 0.8 * width * height
