"""Overlaps against areas worked out by hand, and against Shapely's."""

from __future__ import annotations

import math

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from hubocr.detection.matching import Match, match_polygons, polygon_iou, share_inside

Box = tuple[tuple[float, float], ...]


def rectangle(x: float, y: float, width: float, height: float) -> Box:
    return ((x, y), (x + width, y), (x + width, y + height), (x, y + height))


@st.composite
def polygons(draw: st.DrawFn) -> Box:
    """Star-shaped polygons of five corners or more, most of them not convex."""
    x, y = draw(st.floats(0, 200)), draw(st.floats(0, 200))
    radii = draw(st.lists(st.floats(10, 100), min_size=5, max_size=12))
    turns = [2 * math.pi * place / len(radii) for place in range(len(radii))]
    return tuple(
        (x + radius * math.cos(turn), y + radius * math.sin(turn))
        for radius, turn in zip(radii, turns, strict=True)
    )


def test_iou() -> None:
    square = rectangle(0, 0, 10, 10)
    assert polygon_iou(square, square) == 1
    assert polygon_iou(square, rectangle(5, 0, 10, 10)) == pytest.approx(50 / 150)
    assert polygon_iou(square, rectangle(20, 0, 10, 10)) == 0
    # A square standing on its corner, diagonals 10: area 50, all of it inside.
    diamond = ((5, 0), (10, 5), (5, 10), (0, 5))
    assert polygon_iou(square, diamond) == pytest.approx(0.5)


def test_boxes_without_area_match_nothing() -> None:
    line = rectangle(0, 0, 10, 0)
    assert polygon_iou(line, line) == 0
    assert share_inside(line, rectangle(0, 0, 10, 10)) == 0


def test_share_inside() -> None:
    assert share_inside(rectangle(5, 0, 10, 10), rectangle(0, 0, 10, 10)) == pytest.approx(0.5)


def test_the_best_pair_is_taken_first_and_each_box_once() -> None:
    first = [rectangle(0, 0, 10, 10), rectangle(0, 2, 10, 10)]
    second = [rectangle(0, 2, 10, 10)]
    assert match_polygons(first, second) == [Match(1, 0, 1.0)]
    assert match_polygons(second, first) == [Match(0, 1, 1.0)]


def test_pairs_below_the_limit_are_no_pairs() -> None:
    # IoU 1/3, see above.
    boxes = [rectangle(0, 0, 10, 10)], [rectangle(5, 0, 10, 10)]
    assert match_polygons(*boxes) == []
    (match,) = match_polygons(*boxes, min_iou=0.3)
    assert (match.first, match.second) == (0, 0)
    assert match.iou == pytest.approx(1 / 3)
    assert match_polygons([], boxes[0]) == []


@given(polygons(), polygons())
def test_overlaps_are_those_of_shapely(first: Box, second: Box) -> None:
    one, other = shapely.Polygon(first), shapely.Polygon(second)
    expected = one.intersection(other).area / one.union(other).area
    assert polygon_iou(first, second) == pytest.approx(expected, abs=1e-3)
    assert share_inside(first, second) == pytest.approx(
        one.intersection(other).area / one.area, abs=1e-3
    )
    assert polygon_iou(first, first) == pytest.approx(1)


def test_four_corners_may_cross() -> None:
    square = rectangle(0, 0, 10, 10)
    crossed = (square[0], square[2], square[1], square[3])
    assert polygon_iou(square, crossed) == pytest.approx(1)


@pytest.mark.parametrize("corners", [(), ((1, 1),), ((1, 1), (5, 5))])
def test_what_is_no_polygon_has_no_area(corners: Box) -> None:
    assert polygon_iou(corners, rectangle(0, 0, 10, 10)) == 0
    assert share_inside(corners, rectangle(0, 0, 10, 10)) == 0
