"""benchmarks.boxes, against areas worked out by hand."""

from __future__ import annotations

import pytest

from benchmarks.boxes import Box, Match, box_iou, corners_within, match_boxes, share_inside


def rectangle(x: float, y: float, width: float, height: float) -> Box:
    return ((x, y), (x + width, y), (x + width, y + height), (x, y + height))


def test_iou() -> None:
    square = rectangle(0, 0, 10, 10)
    assert box_iou(square, square) == 1
    assert box_iou(square, rectangle(5, 0, 10, 10)) == pytest.approx(50 / 150)
    assert box_iou(square, rectangle(20, 0, 10, 10)) == 0
    # A square standing on its corner, diagonals 10: area 50, all of it inside.
    diamond = ((5, 0), (10, 5), (5, 10), (0, 5))
    assert box_iou(square, diamond) == pytest.approx(0.5)


def test_boxes_without_area_match_nothing() -> None:
    line = rectangle(0, 0, 10, 0)
    assert box_iou(line, line) == 0
    assert share_inside(line, rectangle(0, 0, 10, 10)) == 0


def test_share_inside() -> None:
    assert share_inside(rectangle(5, 0, 10, 10), rectangle(0, 0, 10, 10)) == pytest.approx(0.5)


def test_the_best_pair_is_taken_first_and_each_box_once() -> None:
    first = [rectangle(0, 0, 10, 10), rectangle(0, 2, 10, 10)]
    second = [rectangle(0, 2, 10, 10)]
    assert match_boxes(first, second) == [Match(1, 0, 1.0)]
    assert match_boxes(second, first) == [Match(0, 1, 1.0)]


def test_pairs_below_the_limit_are_no_pairs() -> None:
    # IoU 1/3, see above.
    boxes = [rectangle(0, 0, 10, 10)], [rectangle(5, 0, 10, 10)]
    assert match_boxes(*boxes) == []
    (match,) = match_boxes(*boxes, min_iou=0.3)
    assert (match.first, match.second) == (0, 0)
    assert match.iou == pytest.approx(1 / 3)
    assert match_boxes([], boxes[0]) == []


def test_corners_within() -> None:
    first = rectangle(0, 0, 10, 10)
    second = ((0, 0), (11, 0), (11, 11), (0, 12))
    assert corners_within(first, second, 0) == 1
    assert corners_within(first, second, 1) == 3
    assert corners_within(first, second, 2) == 4
    # Another first corner is another box.
    assert corners_within(first, (*first[1:], first[0]), 1) == 0
