"""Directions of pages that the test turns itself."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from hubocr.layout import LineVote, decide_direction, is_turned

Polygon = NDArray[np.float64]


def turned(polygon: Polygon, angle: int) -> Polygon:
    """Turn a box clockwise about the corner of the page; its first corner is the top left one."""
    for _ in range(angle // 90):
        polygon = np.stack([1000 - polygon[:, 1], polygon[:, 0]], axis=1)
        polygon = np.roll(polygon, 1, axis=0)
    return polygon


def votes_of(sizes: list[tuple[int, int]], angle: int, sure: float) -> list[LineVote]:
    """What a good classifier says: crops of pages turned by 180 and 270 are upside down."""
    chance = sure if angle in (180, 270) else 1 - sure
    return [LineVote(chance, width / height) for width, height in sizes]


lines = st.lists(st.tuples(st.integers(150, 900), st.integers(10, 40)), min_size=4, max_size=40)
angles = st.sampled_from([0, 90, 180, 270])


def page_of(sizes: list[tuple[int, int]]) -> list[Polygon]:
    return [
        np.array([[0, y], [width, y], [width, y + height], [0, y + height]], np.float64)
        for y, (width, height) in zip(range(0, 60 * len(sizes), 60), sizes, strict=True)
    ]


@given(sizes=lines, angle=angles, sure=st.floats(0.9, 1))
def test_a_turned_page_is_found(sizes: list[tuple[int, int]], angle: int, sure: float) -> None:
    polygons = [turned(polygon, angle) for polygon in page_of(sizes)]
    found = decide_direction(polygons, votes_of(sizes, angle, sure))
    assert found.angle == angle
    assert 0 < found.probability <= 1


@given(
    sizes=lines,
    angle=angles,
    page=st.lists(st.floats(0.01, 1), min_size=4, max_size=4),
    wrong=st.integers(0, 3),
)
def test_turning_a_page_turns_the_answer(
    sizes: list[tuple[int, int]], angle: int, page: list[float], wrong: int
) -> None:
    # Where the evidence is clear for the upright page, it is as clear for the turned one.
    opinion = np.asarray(np.array(page) / sum(page), np.float32)
    votes = votes_of(sizes, 0, 0.99)
    for place in range(min(wrong, len(votes) // 4)):
        votes[place] = LineVote(1 - votes[place].upside_down, votes[place].aspect)
    straight = decide_direction(page_of(sizes), votes, opinion)
    flipped = [LineVote(1 - vote.upside_down, vote.aspect) for vote in votes]
    around = decide_direction(
        [turned(polygon, angle) for polygon in page_of(sizes)],
        flipped if angle in (180, 270) else votes,
        np.roll(opinion, angle // 90),
    )
    if straight.angle == 0 and straight.probability > 0.95:
        assert around.angle == angle


def test_no_text_is_no_reason_to_turn() -> None:
    assert decide_direction([], []).angle == 0
    assert decide_direction([], [], [0.3, 0.25, 0.2, 0.25]).angle == 0


def test_one_short_line_does_not_turn_a_page() -> None:
    # "98" looks like "86" upside down, and the classifier is sure of it.
    number = [np.array([[0, 0], [30, 0], [30, 24], [0, 24]], np.float64)]
    assert decide_direction(number, [LineVote(0.999, 1.25)]).angle == 0


def test_the_model_of_pages_tells_upright_columns_from_lines_on_their_side() -> None:
    columns = [
        np.array([[x, 0], [x + 40, 0], [x + 40, 900], [x, 900]], np.float64)
        for x in range(0, 600, 60)
    ]
    votes = [LineVote(0.02, 22.5)] * len(columns)
    assert decide_direction(columns, votes, [0.92, 0.03, 0.03, 0.02]).angle == 0
    assert decide_direction(columns, votes, [0.03, 0.92, 0.03, 0.02]).angle == 90


@pytest.mark.parametrize(
    ("chance", "aspect", "turns"),
    [(0.999, 13.0, True), (0.999, 1.2, False), (0.95, 13.0, False), (0.2, 13.0, False)],
)
def test_only_sure_and_wide_lines_differ_from_their_page(
    chance: float, aspect: float, turns: bool
) -> None:
    assert is_turned(LineVote(chance, aspect), 0.9) is turns


def test_the_threshold_of_the_classifier_still_counts() -> None:
    assert not is_turned(LineVote(0.98, 8.0), 0.99)


@given(sizes=lines)
def test_lines_that_were_read_both_ways_decide_where_nothing_else_does(
    sizes: list[tuple[int, int]],
) -> None:
    polygons, opinion = page_of(sizes[:4]), [0.4, 0.05, 0.5, 0.05]
    assert not decide_direction(polygons, [], opinion).is_clear
    assert decide_direction(polygons, [], opinion, [(0.98, 0.55)] * 4).angle == 0
    assert decide_direction(polygons, [], opinion, [(0.55, 0.98)] * 4).angle == 180


def test_what_a_few_short_lines_say_counts_more_than_the_model_of_pages() -> None:
    polygons = page_of([(80, 24), (120, 30)])
    upside_down, upright = [0.03, 0.03, 0.91, 0.03], [0.91, 0.03, 0.03, 0.03]
    assert decide_direction(polygons, [], upside_down, [(1.0, 0.8)] * 2).angle == 0
    assert decide_direction(polygons, [], upright, [(0.6, 0.99)] * 2).angle == 180
    many = page_of([(400, 24)] * 12)
    assert decide_direction(many, [], upside_down, [(0.95, 0.9)] * 4).angle == 180


def test_a_few_long_lines_are_a_page() -> None:
    polygons = page_of([(600, 30)] * 3)
    assert decide_direction(polygons, [], [0.02, 0.93, 0.02, 0.03], [(0.9, 0.8)] * 2).angle == 90
