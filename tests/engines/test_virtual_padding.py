"""Narrow lines read as if padded, on released models."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

import numpy as np
import pytest

from hubocr.imaging.lines import line_tensor, resized_width
from hubocr.models import find_model
from hubocr.recognition import TextRecognizer
from hubocr.runtime import Network, Runtime
from hubocr.settings import EngineSettings
from tests.conftest import fixture_image, fixture_labels

pytest.importorskip("openvino", reason="a rewrite of OpenVINO networks")

MODELS = ("PP-OCRv4_mobile_rec", "PP-OCRv6_small_rec")
VIRTUAL = EngineSettings(engine="openvino", virtual_padding=True)
PLAIN = EngineSettings(engine="openvino")
NAMES = sorted([*fixture_labels("lines"), *fixture_labels("captchas")])


@pytest.fixture(scope="module")
def runtime() -> Iterator[Runtime]:
    with Runtime(1) as made:
        yield made


def _networks(runtime: Runtime, model: str) -> tuple[Network, Network]:
    return runtime.load(model, PLAIN), runtime.load(model, VIRTUAL)


@pytest.mark.parametrize("model", MODELS)
def test_a_margin_stands_for_all_the_padding(runtime: Runtime, model: str) -> None:
    plain, virtual = _networks(runtime, model)
    differences, natural = [], []
    for name in NAMES:
        whole = fixture_image(name)
        image = whole[:, : 140 * len(whole) // 48]
        own = resized_width(image, 48, 320)
        padded = plain.run(line_tensor([image], 48, 320))[0]
        wide = -(-(own + 128) // 16) * 16
        found = virtual.run(line_tensor([image], 48, wide))[0]
        differences.append(float(np.abs(found - padded[: len(found)]).max()))
        narrow = plain.run(line_tensor([image], 48, wide))[0]
        natural.append(float(np.abs(narrow - padded[: len(narrow)]).max()))
    assert statistics.median(differences) < 0.02
    # Without the rewrite the same width gives something else.
    assert statistics.mean(natural) > 2 * statistics.mean(differences)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("width", [320, 352, 640])
def test_wide_lines_are_left_as_they_are(runtime: Runtime, model: str, width: int) -> None:
    plain, virtual = _networks(runtime, model)
    tensor = line_tensor([fixture_image("lines/zh_plain.png")], 48, width)
    assert np.abs(plain.run(tensor) - virtual.run(tensor)).max() < 1e-5


def test_a_detector_has_no_attention_and_is_left_as_it_is(runtime: Runtime) -> None:
    plain, virtual = _networks(runtime, "PP-OCRv4_mobile_det")
    tensor = np.random.default_rng(0).normal(size=(1, 3, 64, 96)).astype(np.float32)
    assert virtual.metadata == plain.metadata
    assert np.array_equal(plain.run(tensor), virtual.run(tensor))


@pytest.mark.parametrize("model", MODELS)
def test_lines_and_captchas_are_read_as_padded(model: str) -> None:
    find_model(model)
    images = [fixture_image(name) for name in NAMES]
    padded = TextRecognizer.load(model, PLAIN).recognize(images)
    virtual = TextRecognizer.load(model, VIRTUAL).recognize(images)
    assert [line.text for line in virtual] == [line.text for line in padded]
