"""Images put together of two: where characters are, and what comes of it."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from hubocr.evaluation.lines import Sample
from hubocr.training.recogniser.alignment import align
from hubocr.training.recogniser.recombination import Recombination, find_cuts, join
from hubocr.training.recogniser.shape import InputShape
from tests.training import draw_text

LOGITS = arrays(np.float32, (6, 3), elements=st.floats(-4, 4, width=32))
TEXTS = st.lists(st.integers(1, 2), min_size=1, max_size=3)


def collapsed(path: tuple[int, ...]) -> list[int]:
    return [key for key, _ in itertools.groupby(path) if key]


@given(LOGITS, TEXTS)
def test_the_path_is_the_most_likely_of_all(logits: np.ndarray, text: list[int]) -> None:
    found = align(logits, text)
    logs = logits - np.log(np.exp(logits.astype(np.float64)).sum(axis=1, keepdims=True))
    ways = [path for path in itertools.product(range(3), repeat=6) if collapsed(path) == text]
    best = max(sum(logs[step, c] for step, c in enumerate(path)) for path in ways)
    assert found is not None
    assert found.score * len(text) == pytest.approx(best, abs=1e-4)
    assert list(found.steps) == sorted(set(found.steps))


def test_a_text_that_takes_more_steps_than_there_are_has_no_path() -> None:
    logits = np.zeros((3, 3), np.float32)
    assert align(logits, [1, 2, 1]) is not None
    assert align(logits, [1, 1]) is not None
    assert align(logits, [1, 1, 2]) is None
    assert align(logits, []) is None


class Bars:
    """Stands for a network: a step every 8 pixels, of a character where it is dark."""

    def logits(self, images: np.ndarray) -> np.ndarray:
        dark = 1 - images.reshape(*images.shape[:3], -1, 8).mean(axis=(1, 2, 4))
        logits = np.zeros((*dark.shape, 4), np.float32)
        logits[:, :, 0] = 2
        logits[:, :, 1:] = dark[:, :, None] * 8
        return logits


def bars(text: str, places: tuple[int, ...]) -> Sample:
    """An image of 32 x 96 with a dark bar for each character; its colour is the character."""
    image = np.full((48, 96, 3), 255, np.uint8)
    for character, place in zip(text, places, strict=True):
        image[:, place : place + 8] = 20 * int(character)
    return Sample(text, text, pixels=image, size=image.shape[:2])


def test_the_left_of_one_and_the_right_of_another() -> None:
    samples = [bars("123", (8, 40, 72)), bars("321", (8, 40, 80)), bars("12", (8, 40))]
    cuts = find_cuts(Bars(), samples, {"1": 1, "2": 2, "3": 3}, InputShape(48, 96))  # type: ignore
    assert cuts[0].tolist() == pytest.approx([28 / 96, 60 / 96])
    assert cuts[2].tolist() == pytest.approx([28 / 96])
    recombination = Recombination(samples, 1.0, cuts)
    seen = set()
    for seed in range(40):
        made = recombination.apply(0, np.random.default_rng(seed))
        again = recombination.apply(0, np.random.default_rng(seed))
        assert made.text == again.text
        image = made.image()
        assert np.array_equal(image, again.image())
        assert image.shape == (48, 96, 3)
        columns = image[24, :, 0]
        starts = [n for n in range(1, 96) if columns[n] < 100 <= columns[n - 1]]
        read = "".join(str(round(columns[start + 4] / 20)) for start in starts)
        assert read == made.text
        seen.add(made.text)
    assert seen == {"123", "121"}  # 1|21 of the second one, 12|1, or itself


def test_nothing_is_made_without_a_share_or_of_images_that_do_not_fit() -> None:
    samples = [bars("123", (8, 40, 72)), bars("12", (8, 40))]
    cuts = {0: np.array([0.3, 0.6]), 1: np.array([0.3])}
    for share in (0.0, 1.0):
        recombination = Recombination(samples[1:], share, {0: cuts[1]})
        assert recombination.apply(0, np.random.default_rng(0)).text == "12"
    assert (
        Recombination(samples, 1.0, {1: cuts[1]}).apply(0, np.random.default_rng(0)).text == "123"
    )


def test_joined_images_are_those_beside_the_seam() -> None:
    left, right = draw_text("1234"), draw_text("5678")
    first, second = (
        Sample(n, n, pixels=i, size=i.shape[:2]) for n, i in (("a", left), ("b", right))
    )
    made = join(first, second, 0.5, 0.5)
    half = left.shape[1] // 2
    edge = half // 8
    assert np.array_equal(made[:, : half - edge], left[:, : half - edge])
    assert np.array_equal(made[:, half + edge :], right[:, half + edge :])
