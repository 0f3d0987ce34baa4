"""Images in all directions, and the figures of what a classifier makes of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from hubocr.classification import LINE_DIRECTIONS, PAGE_DIRECTIONS, turn, turned
from hubocr.evaluation.directions import decide, score_decisions, view, worst_decisions
from hubocr.evaluation.readers.index import Sample, Standing
from hubocr.imaging import BgrImage
from tests.training import draw_text


def sample(text: str, direction: str) -> Sample:
    """A word that stands in a direction."""
    pixels = np.ascontiguousarray(np.rot90(draw_text(text), -int(direction) // 90))
    return Standing(text, direction, pixels=pixels)


def test_turning_is_clockwise() -> None:
    image = draw_text("A")
    marked = image.copy()
    marked[0, 0] = (1, 2, 3)  # the top left corner goes to the top right one
    assert turned(marked, 90)[0, -1].tolist() == [1, 2, 3]
    assert np.array_equal(turned(image, 180), turn(image))
    assert np.array_equal(turned(turned(image, 90), 270), image)
    assert np.array_equal(turned(image, -90), turned(image, 270))


@pytest.mark.parametrize("stands", PAGE_DIRECTIONS)
def test_views_are_those_of_the_upright_image(stands: str) -> None:
    image = draw_text("FLAT")
    for direction in PAGE_DIRECTIONS:
        expected = np.rot90(image, -int(direction) // 90)
        assert np.array_equal(view(sample("FLAT", stands), direction), expected)


def test_figures_are_those_of_serving() -> None:
    """Of three words in both directions: what is turned with too low a score stays as it is."""
    answers = iter([(0.99, 0.01), (0.05, 0.95), (0.3, 0.7), (0.4, 0.6), (0.08, 0.92), (0.9, 0.1)])

    def classify(images: Sequence[BgrImage]) -> NDArray[np.float32]:
        return np.array([next(answers) for _ in images], np.float32)

    samples = [sample("FLAT", "0"), sample("TALL", "180"), sample("JET", "0")]
    decisions = decide(classify, samples, LINE_DIRECTIONS)
    scores = score_decisions(decisions, LINE_DIRECTIONS)
    assert scores.images == 3
    assert scores.accuracy == pytest.approx(3 / 6)
    assert scores.turned_found == pytest.approx(1 / 3)
    assert scores.upright_turned == pytest.approx(1 / 3)
    assert scores.probability == pytest.approx((0.99 + 0.95 + 0.3 + 0.6 + 0.08 + 0.1) / 6)
    lower = score_decisions(decisions, LINE_DIRECTIONS, 0.5)
    assert (lower.turned_found, lower.upright_turned) == pytest.approx((2 / 3, 2 / 3))
    worst = worst_decisions(decisions)[0].reading()
    assert (worst.name, worst.expected, worst.found) == ("JET", "0", "180")
    assert np.array_equal(worst.image, draw_text("JET"))
