"""The direction classifier: what a fake engine sees of its crops, and the real model."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from hubocr.classification import AngleClassifier, Classification, turn
from hubocr.errors import ModelError
from hubocr.pipeline import OcrPipeline
from hubocr.runtime import Workload
from hubocr.settings import Batching, ClassificationSettings
from tests.conftest import FakeEngine, fake_network, fixture_image, fixture_labels

LINES = sorted(fixture_labels("lines"))


def classifier_with(engine: FakeEngine, threads: int = 1) -> AngleClassifier:
    return AngleClassifier(fake_network(engine, threads, Workload.CROPS))


def brightness_engine() -> FakeEngine:
    """Calls a crop turned with the probability that its brightness says."""

    def answer(tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        turned = (tensor[:, 0, 0, 0] + 1) / 2
        return np.stack([1 - turned, turned], axis=1)

    return FakeEngine(answer)


def crops_of(sizes: list[tuple[int, int, int]]) -> list[NDArray[np.uint8]]:
    return [np.full((height, width, 3), level, np.uint8) for height, width, level in sizes]


CROPS = st.lists(
    st.tuples(st.integers(1, 80), st.integers(1, 400), st.integers(0, 255)), min_size=1, max_size=40
)


@given(sizes=CROPS, batch=st.integers(1, 30), batching=st.sampled_from(["single", "padded"]))
def test_results_are_in_the_order_of_the_crops(
    sizes: list[tuple[int, int, int]], batch: int, batching: Batching
) -> None:
    engine = brightness_engine()
    settings = ClassificationSettings(batch_num=batch, batching=batching)
    found = classifier_with(engine, 2).classify(crops_of(sizes), settings)
    for (_, _, level), result in zip(sizes, found, strict=True):
        turned = level / 255
        assert result.label == ("180" if turned > 0.5 else "0")
        assert result.score == pytest.approx(max(turned, 1 - turned), abs=1e-6)
    together = batch if batching == "padded" else 1
    assert max(len(tensor) for tensor in engine.tensors) == min(together, len(sizes))
    assert len(engine.tensors) == math.ceil(len(sizes) / together)


@given(height=st.integers(1, 200), width=st.integers(1, 900), seed=st.integers(0, 1000))
def test_a_crop_keeps_its_ratio_and_is_padded_with_zeros(
    height: int, width: int, seed: int
) -> None:
    crop = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    engine = brightness_engine()
    classifier_with(engine).classify([crop])
    (tensor,) = engine.tensors
    assert tensor.shape == (1, 3, 48, 192)
    filled = min(math.ceil(48 * (width / height)), 192)
    resized = cv2.resize(crop, (filled, 48), interpolation=cv2.INTER_LINEAR)
    expected = (resized.astype(np.float64) / 255 - 0.5) / 0.5
    assert np.abs(tensor[0, :, :, :filled] - expected.transpose(2, 0, 1)).max() < 1e-6
    assert not tensor[0, :, :, filled:].any()


def test_other_input_sizes() -> None:
    crop = np.zeros((20, 60, 3), np.uint8)
    engine = brightness_engine()
    settings = ClassificationSettings(image_shape=(3, 32, 100))
    classifier_with(engine).classify([crop], settings)
    assert engine.tensors[0].shape == (1, 3, 32, 100)
    engine = brightness_engine()
    engine.input_dimensions = (None, 3, 80, 160)
    classifier_with(engine).classify([crop], settings)
    assert engine.tensors[0].shape == (1, 3, 80, 160)


def test_the_threshold_is_strict() -> None:
    assert Classification("180", 0.91).is_upside_down(0.9)
    assert not Classification("180", 0.9).is_upside_down(0.9)
    assert not Classification("0", 0.99).is_upside_down(0.9)


def test_no_crops() -> None:
    assert classifier_with(brightness_engine()).classify([]) == []


def test_models_of_another_kind_are_refused() -> None:
    engine = FakeEngine(lambda tensor: np.zeros((1, 4), np.float32))
    with pytest.raises(ModelError, match="not a direction classifier"):
        classifier_with(engine).classify([np.zeros((48, 192, 3), np.uint8)])


@given(height=st.integers(1, 20), width=st.integers(1, 20), seed=st.integers(0, 1000))
def test_turning(height: int, width: int, seed: int) -> None:
    image = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    assert np.array_equal(turn(image), image[::-1, ::-1])
    assert np.array_equal(turn(turn(image)), image)


@pytest.mark.parametrize("name", LINES)
def test_lines_that_are_upright_and_upside_down(pipeline: OcrPipeline, name: str) -> None:
    assert pipeline.classifier is not None
    image = fixture_image(name)
    found, turned = pipeline.classifier.classify([image, turn(image)])
    label, other = ("180", "0") if "turned" in name else ("0", "180")
    assert (found.label, turned.label) == (label, other)
    assert min(found.score, turned.score) > 0.9


def test_batches_change_nothing(pipeline: OcrPipeline) -> None:
    assert pipeline.classifier is not None
    images = [fixture_image(name) for name in LINES]
    alone = pipeline.classifier.classify(images, ClassificationSettings(batching="single"))
    for batch in (3, 30):
        settings = ClassificationSettings(batching="padded", batch_num=batch)
        together = pipeline.classifier.classify(images, settings)
        assert [result.label for result in together] == [result.label for result in alone]
        assert [r.score for r in together] == pytest.approx([r.score for r in alone], abs=1e-4)
