"""Two recognisers in a row: which of them reads a line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from hubocr.evaluation.sets import load_set
from hubocr.evaluation.texts import is_equal
from hubocr.imaging import read_image
from hubocr.recognition import CascadeRecognizer, Recognition, TextRecognizer, Vocabulary
from hubocr.recognition.cascade import load_recognizer
from hubocr.settings import RecognitionSettings, pipeline_settings
from tests.conftest import FakeEngine, fake_network

FIRST = Vocabulary(("a", "b"))
SECOND = Vocabulary(("A", "B", "京", "8", "O", "1"))


def reader(vocabulary: Vocabulary, classes: Sequence[int], scores: Sequence[float]) -> FakeEngine:
    """An engine that reads the same text in any line: classes with their probabilities."""

    def answer(tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        output = np.zeros((len(tensor), 2 * len(classes), vocabulary.class_count), np.float32)
        output[:, 1::2, 0] = 1
        for step, (index, score) in enumerate(zip(classes, scores, strict=True)):
            output[:, 2 * step, index] = score
        return output

    return FakeEngine(answer)


def cascade(
    first: FakeEngine, second: FakeEngine, vocabulary: Vocabulary = FIRST
) -> CascadeRecognizer:
    return CascadeRecognizer(
        TextRecognizer(fake_network(first, 1), vocabulary),
        TextRecognizer(fake_network(second, 1), SECOND),
    )


LINE = np.zeros((48, 200, 3), np.uint8)
PAGE = [LINE] * 6


def texts(found: Sequence[Recognition]) -> list[str]:
    return [one.text for one in found]


@pytest.mark.parametrize(("least", "text"), [(0.95, "ab"), (0.5, "AB")])
def test_the_mean_of_the_letters_decides(least: float, text: str) -> None:
    both = cascade(reader(FIRST, [1, 2], [1.0, least]), reader(SECOND, [1, 2], [0.6, 0.6]))
    for char_scores in (False, True):
        settings = RecognitionSettings(char_scores=char_scores, first_score=0.9)
        found = both.recognize_page(PAGE, settings)[0]
        assert found.text == text
        assert (found.char_scores is not None) == char_scores


def test_nothing_is_never_sure() -> None:
    both = cascade(reader(FIRST, [0], [1.0]), reader(SECOND, [1], [0.6]))
    assert texts(both.recognize_page(PAGE)) == ["A"] * 6


def test_a_few_lines_and_lines_without_a_page_are_left_to_the_second() -> None:
    both = cascade(reader(FIRST, [1], [1.0]), reader(SECOND, [1], [0.6]))
    assert texts(both.recognize_page(PAGE[:4])) == ["A"] * 4
    assert texts(both.recognize_page(PAGE)) == ["a"] * 6
    assert texts(both.recognize(PAGE)) == ["A"] * 6


def test_signs_say_nothing_of_the_letters() -> None:
    signs = Vocabulary(("a", "b", "-"))
    first = reader(signs, [1, 3, 2], [1.0, 0.3, 1.0])
    both = cascade(first, reader(SECOND, [1], [0.6]), signs)
    assert texts(both.recognize_page(PAGE)) == ["a-b"] * 6


def test_a_script_that_the_first_can_not_write_is_left_to_the_second() -> None:
    def answer(tensor: NDArray[np.float32]) -> NDArray[np.float32]:
        output = np.zeros((len(tensor), 1, FIRST.class_count), np.float32)
        output[:, 0, 1] = np.where(tensor[:, 0, 0, 0] > 0, 1.0, 0.2)
        return output

    lines = [np.full((48, 200, 3), level, np.uint8) for level in (255, 0) * 3]
    foreign = cascade(FakeEngine(answer), reader(SECOND, [3], [0.6]))
    assert texts(foreign.recognize_page(lines)) == ["京"] * 6
    known = cascade(FakeEngine(answer), reader(SECOND, [], []))
    assert texts(known.recognize_page(lines)) == ["a", ""] * 3


def test_what_is_searched_for_is_left_to_the_second() -> None:
    first = reader(FIRST, [1], [1.0])
    both = cascade(first, reader(SECOND, [1], [0.6]))
    assert texts(both.recognize_page(PAGE, RecognitionSettings(charset="AB"))) == ["A"] * 6


def test_a_plate_of_the_first_is_taken_and_other_texts_are_read_again() -> None:
    plate, other = [3, 1, 4, 4, 5, 6, 4], [1, 4, 5]
    second = reader(SECOND, [1, 2], [0.9, 0.9])
    settings = RecognitionSettings(grammar="cn_plate")
    for classes, text in ((plate, "京A88018"), (other, "AB")):
        first = reader(SECOND, classes, [0.95] * len(classes))
        both = cascade(first, second, SECOND)
        assert texts(both.recognize([LINE], settings)) == [text]
        assert texts(both.recognize_page(PAGE, settings)) == [text] * 6


def test_naming_another_recogniser_leaves_out_the_first() -> None:
    general = pipeline_settings(profile="general").models
    assert general.first_rec_model is not None
    mine = pipeline_settings(profile="general", rec_model_dir="mine").models
    assert (mine.rec_model, mine.first_rec_model) == ("mine", None)
    both = pipeline_settings(rec_model_dir="mine", rec_first_model_dir="quick").models
    assert (both.rec_model, both.first_rec_model) == ("mine", "quick")


def test_what_is_known_of_a_few_lines_is_not_read_again() -> None:
    second = reader(SECOND, [1], [0.6])
    both = cascade(reader(FIRST, [1], [1.0]), second)
    known = {1: Recognition("京", 0.9), 2: Recognition("8", 0.8)}
    assert texts(both.recognize_page(PAGE[:3], None, None, known)) == ["A", "京", "8"]
    assert len(second.tensors) == 1


@pytest.mark.parametrize("name", ["lines_en", "scene_words_en"])
def test_the_profile_reads_a_page_as_right_as_its_recogniser_alone(
    name: str, data_folder: Path
) -> None:
    """With PP-OCRv4, and a part of the lines not read by it; on labelled lines taken for a page."""
    samples = load_set(name, data_folder).samples[::3]
    images = [read_image(sample.path) for sample in samples]
    settings = pipeline_settings(profile="cascade")
    reading = settings.options.recognition
    alone = load_recognizer(pipeline_settings().models, settings.engine)
    both = load_recognizer(settings.models, settings.engine)
    found = [one.recognize_page(images, reading) for one in (alone, both)]
    right = [
        sum(
            is_equal(line.text, sample.text, ignore_case=sample.ignore_case)
            for line, sample in zip(page, samples, strict=True)
        )
        for page in found
    ]
    assert right[1] >= right[0] - 1
    quick = both.quick.recognize(images, reading)
    assert quick != found[1]
    taken = sum(first.score == final.score for first, final in zip(quick, found[1], strict=True))
    assert taken > len(images) / 3
