from __future__ import annotations

import numpy as np
import pytest

from hubocr.evaluation.lines import Sample
from hubocr.training.recogniser.shape import InputShape, choose_width, steps_needed


@pytest.mark.parametrize(
    ("size", "length", "width"),
    [
        ((60, 160), 6, 192),  # 128 wide at the height, 6 * 4 * 8
        ((40, 120), 3, 160),  # 144 wide at the height
        ((22, 130), 4, 288),
        ((40, 40), 1, 96),
        ((40, 400), 200, 1280),
    ],
)
def test_the_width_leaves_steps_for_the_characters(
    size: tuple[int, int], length: int, width: int
) -> None:
    samples = [Sample("", "x" * length, size=size)] * 5
    assert choose_width(samples, 48, 8) == width


def test_equal_neighbours_need_a_blank() -> None:
    assert [steps_needed(text) for text in ("", "abc", "aab", "aaa")] == [0, 3, 4, 5]


def test_lines_keep_their_shape_as_in_serving() -> None:
    image = np.zeros((24, 400, 3), np.uint8)
    assert InputShape(48, None).width_for(image) == 832
    assert InputShape(48, None).width_for(image[:, :40]) == 320
    assert InputShape(48, 192).width_for(image) == 192


def test_lines_that_keep_their_shape_want_some_steps_for_blanks() -> None:
    assert InputShape(48, None).steps_needed("a" * 5) == 11
    assert InputShape(48, 320).steps_needed("a" * 5) == 9
