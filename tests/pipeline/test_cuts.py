"""In how many ways boxes are cut out, and which of two readings is taken."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from hubocr.pipeline.crop import cut_line
from hubocr.pipeline.cuts import Cut, cut_page, turned_crops
from hubocr.recognition import Recognition

PAGE = np.arange(300 * 400 * 3, dtype=np.int64).reshape(300, 400, 3).astype(np.uint8)


def box(x: int, y: int, width: int, height: int) -> NDArray[np.int32]:
    corners = [[x, y], [x + width, y], [x + width, y + height], [x, y + height]]
    return np.array(corners, np.int32)


def cuts(polygons: list[NDArray[np.int32]], angles: list[int | None]) -> list[Cut]:
    return cut_page(PAGE, polygons, [cut_line(PAGE, one) for one in polygons], angles)


def test_a_line_that_the_classifier_calls_upside_down_is_read_both_ways() -> None:
    polygons = [box(10, 10, 300, 20), box(10, 50, 300, 20)]
    straight, doubtful = cuts(polygons, [0, 180])
    assert (straight.angle, straight.other) == (0, None)
    assert doubtful.other is not None
    assert (doubtful.angle, doubtful.other.angle) == (0, 180)
    assert np.array_equal(doubtful.other.crop.image, doubtful.crop.image[::-1, ::-1])


@pytest.mark.parametrize(("score", "other", "turns"), [(0.4, 0.9, True), (0.9, 0.85, False)])
def test_the_better_reading_says_whether_it_is(score: float, other: float, turns: bool) -> None:
    (cut,) = cuts([box(10, 10, 300, 20)], [180])
    assert cut.loses(Recognition("a", score), Recognition("b", other)) is turns


def test_what_may_be_a_character_is_one_unless_it_reads_better_as_a_column() -> None:
    (cut,) = cuts([box(10, 10, 20, 60)], [None])
    assert cut.other is not None
    assert cut.crop.image.shape[:2] == (20, 60)
    assert cut.other.crop.image.shape[:2] == (60, 20)
    assert cut.loses(Recognition("a", 0.95), Recognition("J", 0.9))
    assert not cut.loses(Recognition("ab", 0.95), Recognition("J", 0.5))
    assert cut.loses(Recognition("一", 0.95), Recognition("1", 0.5))


def test_the_reference_reads_each_crop_once() -> None:
    crops = [cut_line(PAGE, box(10, 10, 300, 20))] * 3
    found = turned_crops(crops, [0, 180, None])
    assert [(cut.angle, cut.other) for cut in found] == [(0, None), (180, None), (None, None)]
    assert np.array_equal(found[1].crop.image, crops[0].image[::-1, ::-1])
