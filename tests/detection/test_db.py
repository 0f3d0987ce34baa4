"""DB post-processing, against the rule written out plainly for one map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import pyclipper
import pytest
from hypothesis import assume, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from numpy.typing import NDArray
from shapely.geometry import Polygon

from hubocr.detection.db import find_polygons, mean_inside
from hubocr.settings import DetectionSettings, ScoreMode

Map = NDArray[np.float32]


@dataclass(frozen=True)
class Expected:
    """A box before it is rounded to whole pixels, clockwise from the top left corner."""

    corners: NDArray[np.float64]
    score: float


def clockwise(corners: NDArray[Any]) -> NDArray[np.float64]:
    rows = sorted(corners.astype(np.float64).tolist(), key=sum)
    right, left = sorted(rows[1:3], key=lambda point: point[1] - point[0])
    return np.asarray([rows[0], right, rows[3], left])


def expected_boxes(
    probability: Map, size: tuple[int, int], chosen: DetectionSettings
) -> list[Expected]:
    """The boxes by the rule, with areas and lengths by Shapely and scores in float64."""
    binary = np.where(probability > chosen.thresh, 255, 0).astype(np.uint8)
    if chosen.use_dilation:
        binary = cv2.dilate(binary, np.ones((2, 2), np.uint8)).astype(np.uint8)
    contours = cv2.findContours(binary, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)[0]
    boxes = []
    for contour in contours[: chosen.max_candidates]:
        rectangle = cv2.minAreaRect(contour)
        if min(rectangle[1]) < 3:
            continue
        kernel = clockwise(np.asarray(cv2.boxPoints(rectangle)))
        outline = kernel if chosen.score_mode == "fast" else contour
        mask = np.zeros(probability.shape, np.uint8)
        cv2.fillPoly(mask, [outline.astype(np.int32)], 1)
        score = float(probability.astype(np.float64)[mask == 1].mean())
        if score < chosen.box_thresh:
            continue
        shape = Polygon(kernel)
        offset = pyclipper.PyclipperOffset()
        offset.AddPath(kernel.tolist(), pyclipper.JT_ROUND, pyclipper.ET_CLOSEDPOLYGON)
        grown = offset.Execute(shape.area * chosen.unclip_ratio / shape.length)
        if len(grown) != 1:
            continue
        rectangle = cv2.minAreaRect(np.asarray(grown[0], np.int32))
        if min(rectangle[1]) < 5:
            continue
        corners = clockwise(np.asarray(cv2.boxPoints(rectangle)))
        corners *= [size[0] / probability.shape[1], size[1] / probability.shape[0]]
        corners = np.clip(corners, 0, np.asarray(size) - 1)
        whole = np.round(corners)
        if min(int(np.linalg.norm(whole[0] - whole[side])) for side in (1, 3)) > 3:
            boxes.append(Expected(corners, score))
    return boxes


@st.composite
def maps(draw: st.DrawFn) -> Map:
    """A map with up to twelve turned blobs that lie apart, some with a hole."""
    probability = np.full((240, 320), draw(st.floats(0, 0.2)), np.float32)
    for row in range(3):
        for column in range(4):
            if draw(st.integers(0, 3)) == 0:
                continue
            centre = (column * 80 + 40, row * 80 + 40)
            width, height = draw(st.floats(14, 60)), draw(st.floats(10, 24))
            angle = draw(st.floats(-25, 25))
            value = draw(st.floats(0.35, 1))
            blob = cv2.boxPoints((centre, (width, height), angle))
            cv2.fillPoly(probability, [np.round(blob).astype(np.int32)], value)
            if draw(st.booleans()) and min(width, height) > 20:
                hole = cv2.boxPoints((centre, (width / 2, height / 2), angle))
                cv2.fillPoly(probability, [np.round(hole).astype(np.int32)], 0.1)
    # A slope, so that a mean over the wrong pixels shows.
    slope = np.linspace(0.9, 1, probability.shape[1], dtype=np.float32)
    return np.ascontiguousarray(probability * slope)


def has_one_first_corner(corners: NDArray[np.float64]) -> bool:
    """Whether the rule says clearly which corner is the first; at 45 degrees it doesn't."""
    sums = np.sort(corners.sum(axis=1))
    return bool(min(sums[1] - sums[0], sums[3] - sums[2]) > 3)


@examples(max_examples=80)
@given(
    probability=maps(),
    scale=st.floats(0.8, 8),
    stretch=st.floats(0.9, 1.1),
    box_thresh=st.sampled_from([0.0, 0.5, 0.6, 0.8]),
    ratio=st.sampled_from([1.0, 1.5, 1.6, 2.0]),
    mode=st.sampled_from(["fast", "slow"]),
    dilation=st.booleans(),
)
def test_boxes_follow_the_rule(
    probability: Map,
    scale: float,
    stretch: float,
    box_thresh: float,
    ratio: float,
    mode: ScoreMode,
    dilation: bool,
) -> None:
    chosen = DetectionSettings(
        box_thresh=box_thresh, unclip_ratio=ratio, score_mode=mode, use_dilation=dilation
    )
    size = (round(320 * scale * stretch), round(240 * scale))
    expected = expected_boxes(probability, size, chosen)
    assume(all(has_one_first_corner(box.corners) for box in expected))
    found = list(find_polygons(probability, *size, chosen))
    assert len(found) == len(expected)
    for (polygon, score), box in zip(found, expected, strict=True):
        assert polygon.dtype == np.int32
        # Rounded to the nearest pixel; halves may go either way.
        assert np.abs(polygon - box.corners).max() <= 0.5 + 1e-3
        assert score == pytest.approx(box.score, abs=1e-5)


def rectangle_map(left: int, top: int, width: int, height: int, value: float = 0.9) -> Map:
    probability = np.zeros((96, 128), np.float32)
    probability[top : top + height, left : left + width] = value
    return probability


def boxes_of(probability: Map, **options: Any) -> list[tuple[NDArray[np.int32], float]]:
    height, width = probability.shape
    return list(find_polygons(probability, width, height, DetectionSettings(**options)))


def test_a_kernel_grows_by_area_times_ratio_over_perimeter() -> None:
    # The contour runs through the middles of the outer pixels: 60 x 12.
    ((polygon, score),) = boxes_of(rectangle_map(30, 40, 61, 13), unclip_ratio=1.5)
    distance = 60 * 12 * 1.5 / (2 * (60 + 12))
    assert distance == 7.5
    kernel = np.asarray([[30, 40], [90, 40], [90, 52], [30, 52]])
    away = np.asarray([[-1, -1], [1, -1], [1, 1], [-1, 1]])
    assert np.abs(polygon - (kernel + distance * away)).max() <= 1
    assert score == pytest.approx(0.9)


def test_the_pixel_threshold_is_strict_and_the_box_threshold_is_not() -> None:
    # One half is the same number in every float type.
    probability = rectangle_map(30, 40, 60, 12, 0.5)
    assert not boxes_of(probability, thresh=0.5, box_thresh=0)
    assert len(boxes_of(probability, thresh=0.3, box_thresh=0.5)) == 1
    assert not boxes_of(probability, thresh=0.3, box_thresh=0.51)


def test_boxes_of_at_most_three_pixels_are_dropped() -> None:
    probability = rectangle_map(30, 40, 40, 8)
    ((full, _),) = boxes_of(probability)
    top, bottom = full[0, 1], full[3, 1]
    heights = set()
    for size in range(8, 60):
        height = np.round(bottom * size / 96) - np.round(top * size / 96)
        found = list(find_polygons(probability, 128, size, DetectionSettings()))
        assert len(found) == int(height > 3)
        heights.add(height)
    assert {3, 4} <= heights


@given(seed=st.integers(0, 1000), left=st.integers(0, 50), width=st.integers(1, 13))
def test_the_mean_of_an_upright_box(seed: int, left: int, width: int) -> None:
    probability = np.random.default_rng(seed).random((40, 64), np.float32)
    box = [[left, 9], [left + width, 9], [left + width, 17], [left, 17]]
    inside = probability[9:18, left : left + width + 1].astype(np.float64)
    found = mean_inside(probability, np.asarray(box, np.float32))
    assert found == pytest.approx(float(inside.mean()), abs=1e-6)
