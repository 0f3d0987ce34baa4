"""The recogniser: order and widths with a fake engine, texts with the real model."""

from __future__ import annotations

import io
import statistics
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from hubocr.errors import ModelError, SettingsError, VocabularyError
from hubocr.evaluation.sets import load_set
from hubocr.evaluation.texts import edit_similarity, is_equal, is_exact
from hubocr.imaging import decode_image, read_image
from hubocr.pipeline import OcrPipeline
from hubocr.recognition import TextRecognizer, Vocabulary
from hubocr.runtime import Runtime
from hubocr.settings import Batching, EngineSettings, RecognitionSettings, pipeline_settings
from tests.arrays import present
from tests.conftest import FakeEngine, fake_network, fixture_image, fixture_labels
from tests.waiting import hold_after

LETTERS = Vocabulary(tuple(chr(ord("A") + index) for index in range(26)))
UPRIGHT = {name: text for name, text in fixture_labels("lines").items() if "turned" not in name}
SIZES = st.lists(st.tuples(st.integers(1, 60), st.integers(1, 600)), min_size=1, max_size=26)


def level_engine() -> FakeEngine:
    """Reads a crop of brightness 10 * k as the letter k, twice with a blank between them."""

    def answer(tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        letters = np.round((tensor[:, 0, 0, 0] + 1) / 2 * 255 / 10).astype(int)
        output = np.zeros((len(tensor), 3, LETTERS.class_count), np.float32)
        output[:, 1, 0] = 1
        for row, letter in enumerate(letters):
            output[row, [0, 2], letter + 1] = (0.5, 1.0)
        return output

    return FakeEngine(answer)


@given(sizes=SIZES, batch_num=st.integers(1, 12), batching=st.sampled_from(["single", "padded"]))
def test_texts_are_in_the_order_of_the_lines(
    sizes: list[tuple[int, int]], batch_num: int, batching: Batching
) -> None:
    engine = level_engine()
    lines = [np.full((*size, 3), 10 * place, np.uint8) for place, size in enumerate(sizes)]
    settings = RecognitionSettings(batch_num=batch_num, batching=batching)
    found = TextRecognizer(fake_network(engine, 2), LETTERS).recognize(lines, settings)
    expected = [2 * letter for letter in LETTERS.characters[: len(sizes)]]
    assert [line.text for line in found] == expected
    assert all(line.score == 0.75 for line in found)
    for tensor in engine.tensors:
        assert tensor.shape[1:3] == (3, 48)
        assert tensor.shape[3] >= 320
        assert len(tensor) <= (batch_num if batching == "padded" else 1)


def test_a_line_is_resized_normalised_and_padded() -> None:
    engine = level_engine()
    line = np.random.default_rng(0).integers(0, 250, (30, 91, 3), np.uint8)
    TextRecognizer(fake_network(engine), LETTERS).recognize([line])
    (tensor,) = engine.tensors
    assert tensor.shape == (1, 3, 48, 320)
    resized = cv2.resize(line, (146, 48)).astype(np.float64)  # 48 * 91 / 30 = 145.6
    assert np.abs(tensor[0, :, :, :146] - (resized / 127.5 - 1).transpose(2, 0, 1)).max() < 1e-6
    assert not tensor[0, :, :, 146:].any()


def test_models_of_another_kind_are_refused() -> None:
    line = [np.zeros((48, 320, 3), np.uint8)]
    classifier = FakeEngine(lambda tensor: np.zeros((1, 2), np.float32))
    with pytest.raises(ModelError, match="not a CTC model"):
        TextRecognizer(fake_network(classifier), LETTERS).recognize(line)
    larger = FakeEngine(lambda tensor: np.zeros((1, 40, 97), np.float32))
    with pytest.raises(VocabularyError, match=r"27 classes .* the model has 97"):
        TextRecognizer(fake_network(larger), LETTERS).recognize(line)


def test_a_dictionary_of_another_model_is_refused_on_loading(tmp_path: Path) -> None:
    path = tmp_path / "digits.txt"
    path.write_text("\n".join("0123456789"))
    with pytest.raises(VocabularyError, match=r"digits\.txt gives 12 classes"):
        TextRecognizer.load(
            "PP-OCRv4_mobile_rec", EngineSettings(cpu_threads=1), dict_path=str(path)
        )


def test_no_lines(pipeline: OcrPipeline) -> None:
    assert pipeline.recognizer.recognize([]) == []


@pytest.mark.parametrize("batching", ["single", "padded"])
def test_texts_of_lines(pipeline: OcrPipeline, batching: Batching) -> None:
    images = [fixture_image(name) for name in UPRIGHT]
    found = pipeline.recognizer.recognize(images, RecognitionSettings(batching=batching))
    for line, (name, text) in zip(found, UPRIGHT.items(), strict=True):
        assert edit_similarity(line.text, text) > 0.9, name
        assert line.score > 0.9
    exact = [is_equal(line.text, text) for line, text in zip(found, UPRIGHT.values(), strict=True)]
    assert sum(exact) >= len(exact) - 1


@examples(max_examples=10)
@given(st.permutations(sorted(UPRIGHT)))
def test_a_text_depends_on_nothing_but_its_line(pipeline: OcrPipeline, names: list[str]) -> None:
    some = names[:3]
    together = pipeline.recognizer.recognize([fixture_image(name) for name in some])
    alone = [pipeline.recognizer.recognize([fixture_image(name)])[0] for name in some]
    assert [line.text for line in together] == [line.text for line in alone]
    # A line alone has all threads, which divide a sum otherwise.
    for one, other in zip(together, alone, strict=True):
        assert abs(one.score - other.score) < 1e-4


def test_a_line_that_is_alone_has_all_threads() -> None:
    engine, runtime = level_engine(), Runtime(2)
    begun, hold = threading.Event(), threading.Event()
    recognizer = TextRecognizer(runtime.adopt(engine), LETTERS)
    line = np.zeros((48, 320, 3), np.uint8)
    for _ in range(20):
        recognizer.recognize([line])
    recognizer.recognize([line, line])
    assert engine.alone == [True] * 20 + [False] * 2
    with ThreadPoolExecutor(1) as pool:
        pool.submit(runtime.map, lambda _: hold_after(begun, hold), [0])
        assert begun.wait(10)
        recognizer.recognize([line])
        hold.set()
    assert not engine.alone[-1]
    recognizer.recognize([line])
    assert engine.alone[-1]


@pytest.mark.parametrize("dimensions", [(None, 3, 48, None), (1, 3, 48, None), ()])
def test_narrow_lines_of_one_width_go_together(dimensions: tuple[int | None, ...]) -> None:
    engine = level_engine()
    engine.input_dimensions = dimensions
    lines = [np.full((48, 64, 3), 10 * place, np.uint8) for place in range(25)]
    settings = RecognitionSettings(image_shape=(3, 48, 64))
    found = TextRecognizer(fake_network(engine, 2), LETTERS).recognize(lines, settings)
    assert [line.text for line in found] == [2 * letter for letter in LETTERS.characters[:25]]
    takes_more = dimensions[:1] == (None,)
    sizes = sorted(len(tensor) for tensor in engine.tensors)
    assert sizes == ([1] * 5 + [10] * 2 if takes_more else [1] * 25)


@pytest.mark.parametrize("size", [(1, 1), (300, 1), (1, 40), (2, 90)])
def test_lines_of_odd_sizes(pipeline: OcrPipeline, size: tuple[int, int]) -> None:
    (found,) = pipeline.recognizer.recognize([np.zeros((*size, 3), np.uint8)])
    assert 0 <= found.score <= 1


@pytest.mark.data
@pytest.mark.parametrize(("name", "least"), [("lines_zh", 0.8), ("lines_en", 0.65)])
def test_labelled_lines(pipeline: OcrPipeline, data_folder: Path, name: str, least: float) -> None:
    samples = load_set(name, data_folder).limited(60).samples
    found = pipeline.recognizer.recognize([read_image(sample.path) for sample in samples])
    pairs = list(zip(found, samples, strict=True))
    right = [
        is_equal(line.text, sample.text, ignore_case=sample.ignore_case) for line, sample in pairs
    ]
    near = [edit_similarity(line.text, sample.text, ignore_case=True) for line, sample in pairs]
    assert statistics.mean(right) > least
    assert statistics.mean(near) > 0.9


@pytest.mark.data
def test_labelled_captchas(pipeline: OcrPipeline, data_folder: Path) -> None:
    samples = [s for s in load_set("captcha_real", data_folder).samples if s.group == "ems"]
    found = pipeline.recognizer.recognize([read_image(sample.path) for sample in samples])
    right = [is_exact(line.text, s.text) for line, s in zip(found, samples, strict=True)]
    assert statistics.mean(right) > 0.95


def test_what_a_model_can_not_read_is_said_before_it_runs() -> None:
    engine = level_engine()
    recognizer = TextRecognizer(fake_network(engine), LETTERS)
    with pytest.raises(SettingsError, match="can't read '1', '2'"):
        recognizer.recognize([np.zeros((48, 320, 3), np.uint8)], RecognitionSettings(charset="12A"))
    assert engine.tensors == []


@pytest.mark.parametrize("batching", ["single", "padded"])
def test_options_hold_for_one_call(pipeline: OcrPipeline, batching: Batching) -> None:
    images = [fixture_image(name) for name in UPRIGHT][:4]
    known = (
        RecognitionSettings(batching=batching),
        RecognitionSettings(batching=batching, charset="digits"),
        RecognitionSettings(batching=batching, charset="hanzi", length="2-5", alternatives=2),
        RecognitionSettings(batching=batching, case="upper", strip_spaces=True),
        RecognitionSettings(batching=batching, char_scores=True),
        RecognitionSettings(batching=batching, charset="digits", length="3", beam_width=4),
    )
    recognizer = pipeline.recognizer
    alone = [recognizer.recognize(images, settings) for settings in known]
    assert len({tuple(line.text for line in lines) for lines in alone}) == len(known) - 1
    assert [line.text for line in alone[4]] == [line.text for line in alone[0]]
    places = list(np.random.default_rng(0).integers(0, len(known), 60))
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda place: recognizer.recognize(images, known[place]), places))
    for place, lines in zip(places, together, strict=True):
        assert lines == alone[place]


def test_the_texts_keep_to_the_limits(pipeline: OcrPipeline) -> None:
    images = [fixture_image(name) for name in UPRIGHT]
    settings = RecognitionSettings(
        charset="hanzi", length="2-4", alternatives=3, char_scores=True, beam_width=8
    )
    for line in pipeline.recognizer.recognize(images, settings):
        assert 2 <= len(line.text) == len(present(line.char_scores)) <= 4
        assert all("\u3005" <= character <= "\U000323af" for character in line.text)
        assert line.score == pytest.approx(statistics.mean(present(line.char_scores)))
        assert present(line.alternatives)[0].text == line.text
        chances = [other.probability for other in present(line.alternatives)]
        assert chances == sorted(chances, reverse=True)
        assert sum(chances) <= 1 + 1e-9


def test_what_else_is_wanted_changes_no_text(pipeline: OcrPipeline) -> None:
    images = [fixture_image(name) for name in UPRIGHT]
    plain = pipeline.recognizer.recognize(images)
    more = pipeline.recognizer.recognize(
        images, RecognitionSettings(alternatives=3, char_scores=True)
    )
    assert [(line.text, line.score) for line in more] == [(line.text, line.score) for line in plain]
    assert all(len(present(line.char_scores)) == len(line.text) for line in more)


@pytest.mark.data
def test_captchas_of_a_known_kind(pipeline: OcrPipeline, data_folder: Path) -> None:
    samples = [s for s in load_set("captcha_real", data_folder).samples if s.group == "zh3"]
    images = [read_image(sample.path) for sample in samples]

    def right(settings: RecognitionSettings) -> int:
        found = pipeline.recognizer.recognize(images, settings)
        return sum(line.text == s.text for line, s in zip(found, samples, strict=True))

    plain = right(RecognitionSettings())
    assert right(RecognitionSettings(charset="hanzi")) >= plain
    assert right(RecognitionSettings(charset="hanzi", length="3")) > plain + 0.1 * len(samples)


def captcha(text: str, ink: str, ground: str | None) -> Image.Image:
    """Text with two thin lines across it; no ground: transparent."""
    image = Image.new("RGBA", (150, 48), ground or (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.text((10, 4), text, font=ImageFont.load_default(34), fill=ink)
    draw.line((0, 10, 150, 40), fill=ink)
    draw.line((0, 44, 150, 30), fill=ink)
    return image


def saved(image: Image.Image, file_format: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(("ink", "ground"), [("black", None), ("white", None), ("navy", "white")])
@pytest.mark.parametrize("file_format", ["PNG", "GIF", "WEBP"])
def test_captchas_on_transparent_ground_are_read(
    pipeline: OcrPipeline, file_format: str, ink: str, ground: str | None
) -> None:
    options: dict[str, Any] = {"lossless": True} if file_format == "WEBP" else {}
    image = decode_image(saved(captcha("7K3M9", ink, ground), file_format, **options))
    settings = pipeline_settings(profile="captcha").options.recognition
    (found,) = pipeline.recognizer.recognize([image], settings)
    assert found.text.strip() == "7K3M9"


def test_of_an_animated_captcha_the_first_frame_is_read(pipeline: OcrPipeline) -> None:
    frames = [captcha(text, "black", "white").convert("P") for text in ("7K3M9", "PQ48T")]
    data = saved(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=100)
    assert getattr(Image.open(io.BytesIO(data)), "n_frames", 1) == 2
    (found,) = pipeline.recognizer.recognize([decode_image(data)])
    assert found.text.strip() == "7K3M9"
