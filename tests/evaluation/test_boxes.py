"""Counts of found boxes, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from hubocr.evaluation.boxes import BoxCounts, count_boxes
from hubocr.evaluation.pages import Page, Region


def box(x: float, y: float, width: float = 20, height: float = 10) -> NDArray[np.float64]:
    return np.array([(x, y), (x + width, y), (x + width, y + height), (x, y + height)], np.float64)


def page(*regions: tuple[NDArray[np.float64], bool]) -> Page:
    return Page("a.png", tuple(Region(points, "a", ignored) for points, ignored in regions))


def test_recall_and_precision() -> None:
    labelled = page((box(0, 0), False), (box(0, 50), False), (box(0, 90), False))
    counts = count_boxes(labelled, [box(1, 0), box(0, 56), box(60, 60), box(2, 90)])
    assert counts == BoxCounts(images=1, expected=3, found=4, matched=2)  # an IoU of 4 / 16
    assert counts.recall == pytest.approx(2 / 3)
    assert counts.precision == pytest.approx(2 / 4)
    assert counts.hmean == pytest.approx(2 * (2 / 3) * (1 / 2) / (2 / 3 + 1 / 2))


def test_what_lies_in_an_ignored_region_counts_neither_way() -> None:
    labelled = page((box(0, 0), False), (box(0, 50, 100, 30), True))
    found = [box(0, 0), box(10, 55), box(60, 60), box(95, 70)]
    assert count_boxes(labelled, found) == BoxCounts(1, expected=1, found=2, matched=1)


def test_a_box_is_found_once() -> None:
    counts = count_boxes(page((box(0, 0), False)), [box(0, 0), box(1, 0)])
    assert counts == BoxCounts(1, expected=1, found=2, matched=1)


def test_counts_are_added_up() -> None:
    total = BoxCounts(1, 2, 2, 2) + BoxCounts(1, 3, 1, 0)
    assert total == BoxCounts(2, 5, 3, 2)
    assert total.hmean == pytest.approx(4 / 8)


def test_nothing_to_find() -> None:
    assert count_boxes(page(), []).hmean == 1
    assert count_boxes(page(), [box(0, 0)]).precision == 0
    assert count_boxes(page((box(0, 0), False)), []).hmean == 0
