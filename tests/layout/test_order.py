"""Reading order of pages whose order is known because the test set them."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from hubocr.layout import reading_order
from hubocr.layout.reference import reference_order

Polygon = NDArray[np.float64]


def box(x: float, y: float, width: float, height: float) -> Polygon:
    return np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height]])


def turned(polygons: list[Polygon], degrees: float) -> list[Polygon]:
    """Turn a page about its corner, as a sheet lies crooked on a scanner."""
    angle = math.radians(degrees)
    matrix = np.array([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    return [polygon @ matrix for polygon in polygons]


def check(polygons: list[Polygon], seed: int = 0) -> None:
    """Shuffle boxes that are given in their reading order, and find the order again."""
    places = list(range(len(polygons)))
    random.Random(seed).shuffle(places)
    order = reading_order([polygons[place] for place in places])
    assert [places[index] for index in order] == list(range(len(polygons)))


def column(x: float, y: float, lines: int, width: float = 400, height: float = 20) -> list[Polygon]:
    """A column of prose: its last line is short."""
    return [
        box(x, y + 1.5 * height * line, width * (0.4 if line == lines - 1 else 1), height)
        for line in range(lines)
    ]


boxes = st.lists(
    st.builds(
        box,
        st.integers(0, 2000),
        st.integers(0, 2000),
        st.integers(1, 600),
        st.integers(1, 600),
    ),
    max_size=40,
)
rules = st.sampled_from(["reference", "rows", "auto"])


@given(polygons=boxes, rule=rules)
def test_every_box_is_read_once(polygons: list[Polygon], rule: str) -> None:
    order = reading_order(polygons, rule)  # type: ignore[arg-type]
    assert sorted(order) == list(range(len(polygons)))


@given(
    polygons=boxes,
    shift=st.tuples(st.integers(-500, 500), st.integers(-500, 500)),
    scale=st.sampled_from([0.5, 1, 2, 4]),
    rule=st.sampled_from(["rows", "auto"]),
)
def test_place_and_size_of_the_page_do_not_matter(
    polygons: list[Polygon], shift: tuple[int, int], scale: float, rule: str
) -> None:
    moved = [(polygon + np.array(shift)) * scale for polygon in polygons]
    assert reading_order(moved, rule) == reading_order(polygons, rule)  # type: ignore[arg-type]


@given(polygons=boxes)
def test_the_references_rule_is_a_value(polygons: list[Polygon]) -> None:
    assert reading_order(polygons, "reference") == reference_order(polygons)


@pytest.mark.parametrize("degrees", [-3, -1, 0, 1, 3])
@pytest.mark.parametrize("scale", [0.5, 1, 3])
def test_receipt(degrees: float, scale: float) -> None:
    polygons = [box(140, 20, 300, 30)]
    for row in range(20):
        y = 100 + 36 * row
        polygons += [box(40, y, 180 + 17 * (row % 5), 26), box(480, y, 70, 26)]
    check(turned([polygon * scale for polygon in polygons], degrees))


def test_cells_that_are_not_quite_level() -> None:
    # 14 pixels apart at letters of 60: one row for a reader, two for a rule in pixels.
    polygons = [box(0, 14, 200, 60), box(400, 0, 220, 60), box(900, 9, 150, 60)]
    check([*polygons, *(polygon + np.array([0, 100]) for polygon in polygons)])


def test_small_label_and_large_value_on_one_base_line() -> None:
    check([box(0, 40, 100, 20), box(120, 0, 260, 64), box(0, 100, 300, 20)])


def test_two_columns_under_a_heading_and_around_a_figure() -> None:
    check(
        [
            box(250, 0, 420, 40),
            *column(0, 100, 12),
            *column(500, 107, 12),
            box(300, 520, 330, 20),
            *column(0, 600, 6),
            *column(500, 600, 6),
            box(440, 900, 40, 20),
        ]
    )


@pytest.mark.parametrize("width", [60, 140, 260])
def test_a_short_heading_between_the_columns(width: int) -> None:
    heading = box(500 - width / 2 + 8, 0, width, 30)
    footer = box(500 - width / 4, 500, width / 2, 20)
    check([heading, *column(0, 100, 7), *column(600, 100, 7), footer])


def test_numbers_of_lines_in_the_gutter_are_no_headings() -> None:
    numbers = [box(490, 30 * place, 22, 20) for place in range(4, 20, 5)]
    left, right = column(0, 0, 20), column(600, 0, 20)
    order = reading_order([*left, *right, *numbers])
    text = [index for index in order if index < 40]
    assert text == list(range(40))


@pytest.mark.parametrize("degrees", [-2, 0, 2])
def test_three_columns(degrees: float) -> None:
    polygons = [*column(0, 0, 15), *column(440, 3, 15), *column(880, 0, 12)]
    check(turned(polygons, degrees))


def test_table_of_numbers_is_read_by_rows() -> None:
    check([box(120 * x, 40 * y, 60, 20) for y in range(30) for x in range(8)])


def test_names_and_values_are_read_by_rows() -> None:
    polygons: list[Polygon] = []
    for row, width in enumerate([80, 190, 120, 60, 210, 100]):
        polygons += [box(0, 40 * row, width, 20), box(300, 40 * row, 300 - width, 20)]
    check(polygons)


def test_level_lines_far_from_each_other_are_rows() -> None:
    lengths = (280, 300, 260, 310, 290, 270)
    lines = [(60 + 900 * place, 50 * row) for row in range(6) for place in range(2)]
    check([box(x, y, lengths[(y // 50 + x) % 6], 20) for x, y in lines])
    columns = [(60 + 900 * place, 50 * row + 12 * place) for place in range(2) for row in range(6)]
    check([box(x, y, lengths[y // 50], 20) for x, y in columns])


def test_numbers_of_lines_belong_to_their_column() -> None:
    page: list[Polygon] = []
    for x in (0, 560):
        for line in column(x + 50, 0, 20):
            page += [box(x, line[0, 1], 22, 20), line]
    check(page)


@pytest.mark.parametrize("degrees", [-2, 0, 2])
def test_upright_columns_run_from_right_to_left(degrees: float) -> None:
    polygons = [box(900 - 60 * place, 100, 40, 800 - 90 * (place % 3)) for place in range(14)]
    check(turned(polygons, degrees))


def test_an_upright_column_in_two_pieces() -> None:
    check([box(200, 0, 40, 500), box(140, 0, 40, 200), box(140, 260, 40, 240), box(80, 0, 40, 500)])


def test_notes_between_upright_columns_follow_the_text() -> None:
    text = [box(900 - 60 * place, 100, 40, 800) for place in range(8)]
    note = box(900 - 60 * 3 + 43, 300, 14, 150)
    check([*text, note])


def test_notes_whose_boxes_lie_on_the_columns_follow_the_text() -> None:
    text = [box(900 - 60 * place, 100, 46, 800) for place in range(8)]
    notes = [box(900 - 60 * place - 30, 300, 44, 150) for place in (1, 4)]
    in_two_parts = [box(900 - 60 * 8, 100, 46, 330), box(900 - 60 * 8, 440, 46, 460)]
    check([*text, *in_two_parts, *notes])


def test_short_columns_between_long_ones_are_text() -> None:
    # Grown boxes of columns that stand close touch each other.
    check([box(900 - 44 * place, 100, 46, 800 if place % 2 else 400) for place in range(8)])


def test_two_small_columns_within_an_upright_one() -> None:
    text = [box(300, 0, 40, 800), box(240, 0, 40, 300)]
    notes = [box(261, 320, 18, 200), box(241, 320, 18, 200)]
    check([*text, *notes, box(240, 540, 40, 260), box(180, 0, 40, 800)])


def test_a_thin_piece_of_an_upright_column_is_no_note() -> None:
    text = [box(300, 0, 40, 800), box(242, 0, 33, 250), box(240, 260, 40, 540)]
    check([*text, box(180, 0, 40, 800), box(120, 0, 40, 800)])


def test_a_block_of_upright_columns_on_a_page_of_lines() -> None:
    upright = [box(700 - 50 * place, 200, 36, 220) for place in range(4)]
    check([box(0, 0, 800, 30), *upright, *column(0, 600, 8, width=800)])


def test_a_thousand_cells_and_more() -> None:
    check([box(90 * x, 40 * y, 60, 20) for y in range(48) for x in range(30)])


def test_more_boxes_than_are_compared_in_pairs() -> None:
    # Each overlaps the next one, so that nothing parts them.
    polygons = [box(10 * (index % 7), 12 * index, 300, 20) for index in range(2500)]
    order = reading_order(polygons)
    assert order == list(range(len(polygons)))


def test_single_high_letters_are_a_row() -> None:
    check([box(0, 0, 20, 36), box(190, 0, 24, 37), box(300, 0, 25, 39)])


def test_short_columns_beside_a_long_one() -> None:
    check([box(400, 0, 40, 230), *(box(400 - 60 * n, 60, 44, 90) for n in range(1, 7))])
