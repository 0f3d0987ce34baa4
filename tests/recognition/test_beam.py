"""The prefix beam search, against sums over all paths."""

from __future__ import annotations

import itertools
import math
import time
from collections import defaultdict

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from hubocr.recognition.beam import search

EVERY = 1000
"""More prefixes than the small cases have, so that nothing is pruned."""

Texts = dict[tuple[int, ...], float]


def all_texts(probabilities: NDArray[np.float64]) -> Texts:
    """Return the probability of every string: the sum over the paths that collapse to it."""
    texts: Texts = defaultdict(float)
    steps, classes = probabilities.shape
    for path in itertools.product(range(classes), repeat=steps):
        text = tuple(index for index, _ in itertools.groupby(path) if index)
        texts[text] += math.prod(probabilities[step, index] for step, index in enumerate(path))
    return texts


@st.composite
def weights(draw: st.DrawFn) -> NDArray[np.float64]:
    """Weights of at most 5 steps and 4 classes, flat or sharp, some of them zero."""
    shape = draw(st.integers(1, 5)), draw(st.integers(2, 4))
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    values = np.asarray(generator.random(shape) ** draw(st.integers(1, 12)))
    if draw(st.booleans()):
        values[generator.random(shape) < 0.2] = 0
    return values


def check(found: list[tuple[tuple[int, ...], float]], expected: Texts) -> None:
    total = sum(expected.values())
    # Those that are improbable beyond the search's limit may be missing.
    wanted = {text: value / total for text, value in expected.items() if value > 1e-7 * total}
    assert {text for text, value in found if value > 1.01e-7} <= set(wanted)
    got = dict(found)
    assert {text: got.get(text) for text in wanted} == pytest.approx(wanted, rel=1e-6, abs=1e-8)
    values = [value for _, value in found]
    assert values == sorted(values, reverse=True)


@given(weights())
def test_all_strings_have_their_probabilities(steps: NDArray[np.float64]) -> None:
    assume((steps.sum(axis=1) > 0).all())
    found = [(h.classes, h.probability) for h in search(steps, width=EVERY)]
    check(found, all_texts(steps / steps.sum(axis=1, keepdims=True)))


@given(weights(), st.integers(0, 6), st.integers(0, 6))
def test_limits_on_the_length_leave_the_others_out(
    steps: NDArray[np.float64], shortest: int, more: int
) -> None:
    assume((steps.sum(axis=1) > 0).all())
    longest = shortest + more
    expected = {
        text: value
        for text, value in all_texts(steps / steps.sum(axis=1, keepdims=True)).items()
        if shortest <= len(text) <= longest and value > 0
    }
    found = search(steps, shortest=shortest, longest=longest, width=EVERY)
    if not expected:
        assert found == []
        return
    assert all(shortest <= len(h.classes) <= longest for h in found)
    check([(h.classes, h.probability) for h in found], expected)


@given(weights(), st.integers(1, 4))
def test_a_narrow_beam_finds_a_string_of_the_length(
    steps: NDArray[np.float64], length: int
) -> None:
    assume((steps.sum(axis=1) > 0).all())
    texts = all_texts(steps)
    best = max((value for text, value in texts.items() if len(text) == length), default=0)
    found = search(steps, shortest=length, longest=length, width=1)
    assert bool(found) == (best > 0)
    assert all(len(h.classes) == length for h in found)


def test_equal_neighbours_need_a_blank() -> None:
    only = np.array([[0.5, 0.5], [0.5, 0.5]])
    assert [h.classes for h in search(only, shortest=1)] == [(1,)]
    assert search(only, shortest=2) == []
    assert [h.classes for h in search(np.vstack([only, only[:1]]), shortest=2)] == [(1, 1)]


def test_no_steps() -> None:
    none = np.zeros((0, 3), np.float32)
    assert [(h.classes, h.probability) for h in search(none)] == [((), 1.0)]
    assert search(none, shortest=1) == []


def test_the_blank_alone() -> None:
    found = search(np.ones((4, 1), np.float32))
    assert [(h.classes, h.probability) for h in found] == [((), 1.0)]
    assert search(np.ones((4, 1), np.float32), shortest=1, longest=2) == []


def test_a_step_without_any_weight_is_a_blank() -> None:
    found = search(np.array([[0.2, 0.8], [0.0, 0.0], [0.3, 0.7]]))
    assert found == search(np.array([[0.2, 0.8], [1.0, 0.0], [0.3, 0.7]]))
    assert found[0].classes == (1, 1)


def test_a_length_is_kept_however_improbable() -> None:
    # The model is sure of "1" at every step; a second character is 1e-12 as probable.
    steps = np.tile([1e-12, 1.0, 1e-12, 1e-14], (40, 1))
    (best, *_) = search(steps, shortest=3, longest=3)
    assert len(best.classes) == 3
    (best, *_) = search(steps)
    assert best.classes == (1,)


def test_long_lines_neither_underflow_nor_take_long() -> None:
    generator = np.random.default_rng(0)
    # As if nearly everything had been left out: what remains is a thousandth of each step.
    steps = (generator.random((600, 2000)) ** 8 * 1e-6).astype(np.float32)
    start = time.perf_counter()
    for shortest, longest in ((0, None), (60, 64)):
        (best, *_) = search(steps, shortest=shortest, longest=longest)
        assert best.classes
        assert 0 <= best.probability <= 1
    assert time.perf_counter() - start < 30


@given(st.integers(0, 2**32 - 1))
def test_the_beam_finds_what_the_full_search_finds(seed: int) -> None:
    generator = np.random.default_rng(seed)
    path = np.repeat(generator.integers(0, 12, 20), 2)
    logits = generator.normal(size=(40, 12))
    logits[np.arange(40), path] += 6
    steps = np.exp(logits)
    wide, narrow = (search(steps, width=width)[0] for width in (300, 16))
    assert narrow.classes == wide.classes
    # The paths of prefixes that were dropped are missing.
    assert 0.5 * wide.probability < narrow.probability <= wide.probability * (1 + 1e-9)
