"""Curved text: rings, arcs and waves that the test draws."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from hubocr.pipeline.curved import find_ribbon, straightened

Points = NDArray[np.float64]


def arc(radius: float, begin: float, end: float, middle: tuple[float, float]) -> Points:
    """Points on a circle, by degrees clockwise from its top."""
    angles = np.radians(np.linspace(begin, end, 60))
    return np.stack([middle[0] + radius * np.sin(angles), middle[1] - radius * np.cos(angles)], -1)


def sector(radius: float, width: float, begin: float, end: float, middle: float = 600) -> Points:
    """The outline of a piece of a ring, as OpenCV gives outlines: from anywhere, either way."""
    outer, inner = (arc(size, begin, end, (middle, middle)) for size in (radius + width, radius))
    return np.concatenate([outer, inner[::-1]])


@given(
    radius=st.floats(100, 300),
    share=st.floats(0.15, 0.4),
    middle=st.floats(-25, 25),
    reach=st.floats(60, 140),
    first=st.integers(0, 100),
    backwards=st.booleans(),
)
def test_the_upper_part_of_a_ring_is_read_clockwise(
    radius: float, share: float, middle: float, reach: float, first: int, backwards: bool
) -> None:
    width = radius * share
    outline = np.roll(sector(radius, width, middle - reach, middle + reach), first, axis=0)
    ribbon = find_ribbon(outline[::-1] if backwards else outline)
    assert ribbon is not None
    for edge, size in ((ribbon.top, radius + width), (ribbon.bottom, radius)):
        away = np.linalg.norm(edge - 600, axis=1)
        assert np.abs(away - size)[3:-3].max() < 0.1 * width
    assert abs(ribbon.height - width) < 0.1 * width
    angles = np.unwrap(np.arctan2(ribbon.top[:, 0] - 600, 600 - ribbon.top[:, 1]))
    assert (np.diff(angles) > 0).all()
    ends = np.degrees(angles[[0, -1]])
    slack = np.degrees(width / radius)
    assert np.abs(ends - [middle - reach, middle + reach]).max() < slack


def test_the_lower_part_of_a_ring_is_read_from_the_left() -> None:
    ribbon = find_ribbon(sector(200, 40, 120, 240))
    assert ribbon is not None
    assert ribbon.top[0, 0] < ribbon.top[-1, 0]
    assert np.linalg.norm(ribbon.top - 600, axis=1).mean() < 210


@pytest.mark.parametrize("side", [90, 270])
def test_the_sides_of_a_ring_are_read_clockwise(side: int) -> None:
    ribbon = find_ribbon(sector(200, 40, side - 60, side + 60))
    assert ribbon is not None
    assert np.linalg.norm(ribbon.top - 600, axis=1).mean() > 230


def test_the_crop_is_straight() -> None:
    image = np.full((1200, 1200, 3), 255, np.uint8)
    for place, angle in enumerate(np.linspace(-80, 80, 9)):
        x, y = arc(300, angle, angle, (600, 600))[0]
        cv2.circle(image, (round(x), round(y)), 12, (20 * place, 0, 0), -1, cv2.LINE_AA)
    ribbon = find_ribbon(sector(275, 50, -90, 90))
    assert ribbon is not None
    crop = straightened(image, ribbon)
    columns = np.flatnonzero((crop[:, :, 1] < 128).any(axis=0))
    starts = columns[np.flatnonzero(np.diff(columns, prepend=-10) > 1)]
    rows = np.flatnonzero((crop[:, :, 1] < 128).any(axis=1))
    assert len(starts) == 9
    assert np.ptp(np.diff(starts)) <= 0.1 * np.diff(starts).mean()
    assert abs((rows[0] + rows[-1]) / 2 - crop.shape[0] / 2) <= 3
    assert len(rows) <= 29
    # What was drawn first is on the left, where the text begins.
    middle = crop[crop.shape[0] // 2]
    assert list(middle[starts + 12, 0]) == sorted(middle[starts + 12, 0])


def test_a_side_beyond_what_opencv_can_warp() -> None:
    small = np.random.default_rng(0).integers(0, 256, (1000, 1200, 3), np.uint8)
    image = np.zeros((1000, 33_600, 3), np.uint8)
    image[:, -1200:] = small
    outline = sector(275, 50, -90, 90)
    there, here = find_ribbon(outline + np.array([32_400, 0])), find_ribbon(outline)
    assert there is not None
    assert here is not None
    crop, expected = straightened(image, there), straightened(small, here)
    assert crop.shape == expected.shape
    assert np.abs(crop.astype(int) - expected).mean() < 2


def test_places_on_the_page_are_those_of_the_crop() -> None:
    ribbon = find_ribbon(sector(275, 50, -90, 90))
    assert ribbon is not None
    top, bottom = ribbon.places(np.array([[0.5, 0.0], [0.5, 1.0]]))
    assert np.abs(top - [600, 275]).max() < 4
    assert np.abs(bottom - [600, 325]).max() < 4


rectangle = np.array([[100, 100], [700, 100], [700, 150], [400, 152], [100, 150]])
gentle = np.array([[100, 100], [400, 92], [700, 100], [700, 150], [400, 142], [100, 150]])
disc = arc(150, 0, 354, (300, 300))


@pytest.mark.parametrize("polygon", [rectangle, rectangle[:4], gentle, disc])
def test_what_is_straight_or_no_line_has_no_ribbon(polygon: Points) -> None:
    assert find_ribbon(polygon) is None


@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=5, max_size=12).map(
        lambda corners: np.array(corners, np.int32)
    )
)
def test_any_polygon_has_a_ribbon_within_it_or_none(polygon: NDArray[np.int32]) -> None:
    ribbon = find_ribbon(polygon)
    if ribbon is not None:
        assert np.isfinite(ribbon.top).all()
        assert straightened(np.zeros((61, 61, 3), np.uint8), ribbon).size > 0
