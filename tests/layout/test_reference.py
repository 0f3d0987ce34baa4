"""Reading order, against the reference's rule as it is described."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from hubocr.layout.reference import reference_order

Corner = tuple[int, int]


def boxes_at(corners: list[Corner]) -> list[NDArray[np.int32]]:
    size = np.asarray([[0, 0], [40, 0], [40, 12], [0, 12]])
    return [(np.asarray(corner) + size).astype(np.int32) for corner in corners]


def expected_corners(corners: list[Corner]) -> list[Corner]:
    """Sort by y, then x; then each moves on past those on its line that begin further right."""
    done: list[Corner] = []
    for x, y in sorted(corners, key=lambda corner: (corner[1], corner[0])):
        place = len(done)
        while place and abs(done[place - 1][1] - y) < 10 and done[place - 1][0] > x:
            place -= 1
        done.insert(place, (x, y))
    return done


# Many within ten pixels of each other, and columns that are hit several times.
CORNERS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 60)), max_size=25)


@given(CORNERS)
def test_order_follows_the_rule(corners: list[Corner]) -> None:
    order = reference_order(boxes_at(corners))
    assert sorted(order) == list(range(len(corners)))
    assert [corners[index] for index in order] == expected_corners(corners)


@given(CORNERS, st.randoms())
def test_order_does_not_depend_on_the_order_of_the_contours(
    corners: list[Corner], random: object
) -> None:
    shuffled = sorted(corners, key=lambda _: random.random())  # type: ignore[attr-defined]
    found = [shuffled[index] for index in reference_order(boxes_at(shuffled))]
    assert found == [corners[index] for index in reference_order(boxes_at(corners))]


@pytest.mark.parametrize(
    ("corners", "expected"),
    [
        ([], []),
        ([(5, 5)], [0]),
        # The right one is higher by less than ten pixels: still one line.
        ([(200, 0), (0, 9)], [1, 0]),
        ([(200, 0), (0, 10)], [0, 1]),
        # Three columns, each a little lower than the one to its right.
        ([(400, 0), (200, 4), (0, 8)], [2, 1, 0]),
        # Two lines of two columns.
        ([(300, 52), (300, 3), (0, 50), (0, 0)], [3, 1, 2, 0]),
    ],
)
def test_known_layouts(corners: list[Corner], expected: list[int]) -> None:
    assert reference_order(boxes_at(corners)) == expected
