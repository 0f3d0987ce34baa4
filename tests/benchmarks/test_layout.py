"""The rules of others and the measures that the benchmark of layout uses."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.layout import _iou, skewed
from benchmarks.peers.orders import rapidocr_order


def test_rapidocr_joins_rows_whose_corners_follow_each_other_closely() -> None:
    # 9 and 9 pixels apart is one row, 18 from the first to the last; 10 begins another.
    corners = [(50, 0), (30, 9), (10, 18), (0, 28)]
    polygons = [np.array([corner] * 4) for corner in corners]
    assert rapidocr_order(polygons, (100, 100)) == [2, 1, 0, 3]
    assert rapidocr_order([], (100, 100)) == []


def test_nothing_is_cut_off_where_a_page_is_turned() -> None:
    page = np.full((40, 100, 3), 255, np.uint8)
    page[5:10, 5:95] = 0
    turned = skewed(page, 3)
    assert turned.shape[0] > page.shape[0]
    assert turned.shape[1] > page.shape[1]
    assert (255 - turned.astype(int)).sum() == pytest.approx(255 * 3 * 5 * 90, rel=0.02)


def test_overlap_of_boxes() -> None:
    assert _iou((0, 0, 2, 2), (1, 0, 3, 2)) == pytest.approx(1 / 3)
    assert _iou((0, 0, 1, 1), (1, 1, 2, 2)) == 0
