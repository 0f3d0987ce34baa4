"""What serving does for models that were trained on stretched or widened images."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from hubocr.errors import ModelError
from hubocr.imaging.lines import line_tensor
from hubocr.recognition import TextRecognizer, Vocabulary
from hubocr.settings import RecognitionSettings
from tests.arrays import bgr
from tests.conftest import FakeEngine, fake_network
from tests.training import draw_text


class StretchingEngine(FakeEngine):
    metadata = {"resize": "stretch"}  # noqa: RUF012 - as the class above has it


def answer(tensor: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.zeros((len(tensor), 4, 3), np.float32)


@pytest.mark.parametrize("width", [40, 300])
def test_lines_are_stretched_where_the_model_says_so(width: int) -> None:
    engine = StretchingEngine(answer, (None, 3, 48, 96))
    line = bgr(cv2.resize(draw_text("12"), (width, 30)))
    TextRecognizer(fake_network(engine), Vocabulary(("a", "b"))).recognize([line])
    (tensor,) = engine.tensors
    expected = cv2.resize(line, (96, 48)).astype(np.float64) / 127.5 - 1
    assert np.abs(tensor[0] - expected.transpose(2, 0, 1)).max() < 1e-6
    assert np.array_equal(tensor, line_tensor([line], 48, 96, stretch=True))


class WideningEngine(FakeEngine):
    metadata = {"widening": "1.5"}  # noqa: RUF012 - as the class above has it


@pytest.mark.parametrize("padded", [False, True])
def test_lines_are_widened_where_the_model_says_so(padded: bool) -> None:
    engine = WideningEngine(answer, (None, 3, 48, None))
    line = bgr(cv2.resize(draw_text("123456"), (400, 48)))
    settings = RecognitionSettings(batching="padded" if padded else "single")
    recognizer = TextRecognizer(fake_network(engine), Vocabulary(("a", "b")))
    recognizer.recognize([line], settings)
    (tensor,) = engine.tensors
    assert tensor.shape[3] >= 600
    expected = cv2.resize(line, (600, 48)).astype(np.float64) / 127.5 - 1
    assert np.abs(tensor[0, :, :, :600] - expected.transpose(2, 0, 1)).max() < 1e-6
    assert not tensor[..., 600:].any()


@pytest.mark.parametrize("factor", ["nan", "0", "-1", "1000", "wide"])
def test_a_factor_that_makes_no_sense_is_refused(factor: str) -> None:
    engine = WideningEngine(answer)
    engine.metadata = {"widening": factor}
    with pytest.raises(ModelError, match="widened by"):
        TextRecognizer(fake_network(engine), Vocabulary(("a", "b")))


def test_other_models_pad() -> None:
    engine = FakeEngine(answer, (None, 3, 48, 96))
    TextRecognizer(fake_network(engine), Vocabulary(("a", "b"))).recognize([draw_text("1")])
    assert not engine.tensors[0][..., 48:].any()


def test_stretching_needs_a_fixed_width() -> None:
    with pytest.raises(ModelError, match="no fixed width"):
        TextRecognizer(fake_network(StretchingEngine(answer)), Vocabulary(("a", "b")))
