"""Greedy CTC decoding, against a loop over the steps."""

from __future__ import annotations

from itertools import groupby

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from hubocr.recognition import Recognition, Vocabulary, decode_greedy
from hubocr.settings import DecodingSettings

CHARACTERS = tuple("ab中0 ")
CHARSET = Vocabulary(CHARACTERS)


def expected(probabilities: NDArray[np.float32]) -> tuple[str, float]:
    """Walk over the steps: the first of equal neighbours counts, class 0 never does."""
    best = [max(range(len(step)), key=step.__getitem__) for step in probabilities.tolist()]
    text, scores = "", []
    for index, group in groupby(enumerate(best), key=lambda pair: pair[1]):
        first = next(group)[0]
        if index:
            text += CHARACTERS[index - 1]
            scores.append(float(probabilities[first, index]))
    return text, sum(scores) / len(scores) if scores else 0.0


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float32]:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float32)


def check(probabilities: NDArray[np.float32]) -> None:
    text, score = expected(probabilities)
    found = decode_greedy(probabilities, CHARSET)
    assert found.text == text
    assert found.score == pytest.approx(score, abs=1e-6)
    assert type(found.score) is float


@given(
    steps=st.integers(1, 80),
    sharpness=st.floats(0, 20),
    seed=st.integers(0, 2**32 - 1),
)
def test_any_probabilities(steps: int, sharpness: float, seed: int) -> None:
    logits = np.random.default_rng(seed).normal(size=(steps, len(CHARACTERS) + 1))
    check(softmax(sharpness * logits))


@given(
    path=st.lists(st.tuples(st.integers(0, len(CHARACTERS)), st.integers(1, 4)), max_size=30),
    seed=st.integers(0, 2**32 - 1),
)
def test_paths_with_repeats(path: list[tuple[int, int]], seed: int) -> None:
    # Runs of one class, blanks between equal characters, neighbours that merge: what models say.
    classes = [index for index, length in path for _ in range(length)]
    logits = np.random.default_rng(seed).random((len(classes), len(CHARACTERS) + 1))
    logits[np.arange(len(classes)), classes] += 1
    if classes:
        check(softmax(logits))


def one_hot(classes: list[int]) -> NDArray[np.float32]:
    return np.eye(len(CHARACTERS) + 1, dtype=np.float32)[classes]


@pytest.mark.parametrize(
    ("classes", "text"),
    [
        ([1, 1, 2], "ab"),
        ([1, 0, 1], "aa"),
        ([0, 0, 3, 3, 0, 3, 0], "中中"),
        ([1, 5, 5, 2], "a b"),
        ([1, 2, 1], "aba"),
    ],
)
def test_known_paths(classes: list[int], text: str) -> None:
    assert decode_greedy(one_hot(classes), CHARSET) == Recognition(text, 1.0)


def test_only_blanks_score_zero() -> None:
    assert decode_greedy(one_hot([0, 0, 0]), CHARSET) == Recognition("", 0.0)


def test_no_steps_at_all() -> None:
    empty = np.zeros((0, len(CHARACTERS) + 1), np.float32)
    assert decode_greedy(empty, CHARSET) == Recognition("", 0.0)


def reversed_text(text: str) -> str:
    """Characters in reverse order; runs of Latin letters, digits and some signs are kept."""
    parts: list[str] = []
    run = ""
    for character in text:
        if character.isascii() and (character.isalnum() or character in " :*./%+-"):
            run += character
            continue
        parts += [run, character]
        run = ""
    return "".join(reversed([*parts, run]))


@given(st.text("سلامabC12 :*./%+-،!?"))
def test_lines_in_visual_order_are_turned_round(text: str) -> None:
    characters = tuple(dict.fromkeys(text))
    classes = [characters.index(character) + 1 for character in text]
    assert Vocabulary(characters, right_to_left=True).text(classes) == reversed_text(text)
    assert Vocabulary(characters).text(classes) == text


@given(
    path=st.lists(st.tuples(st.integers(0, len(CHARACTERS)), st.integers(1, 4)), max_size=30),
)
def test_places_of_characters(path: list[tuple[int, int]]) -> None:
    # A character that is certain is in the middle of the steps at which it is seen.
    runs = [
        (index, sum(length for _, length in group))
        for index, group in groupby(path, lambda p: p[0])
    ]
    classes = [index for index, length in runs for _ in range(length)]
    steps = np.eye(len(CHARACTERS) + 1, dtype=np.float32)[classes].reshape(-1, len(CHARACTERS) + 1)
    expected_places, start = [], 0
    for index, length in runs:
        if index:
            expected_places.append((CHARACTERS[index - 1], start + (length - 1) / 2))
        start += length
    found = decode_greedy(steps, CHARSET, DecodingSettings(word_boxes=True))
    assert [(one.text, one.position) for one in found.characters or ()] == expected_places
    assert decode_greedy(steps, CHARSET).characters is None
