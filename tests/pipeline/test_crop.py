"""Crops, against patches that were put into an image with a known perspective."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from numpy.typing import NDArray

from hubocr.pipeline.crop import crop_polygon

Patch = NDArray[np.uint8]
SHIFT = st.integers(-6, 6)


def smooth_patch(width: int, height: int, seed: int) -> Patch:
    """A patch without sharp edges, so that two resamplings change little."""
    coarse = np.random.default_rng(seed).integers(0, 256, (4, 6, 3), np.uint8)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def put(patch: Patch, corners: NDArray[np.float32]) -> Patch:
    """Warp a patch so that its corners lie at these of a 400 x 300 image."""
    height, width = patch.shape[:2]
    source = np.asarray([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    matrix = cv2.getPerspectiveTransform(source, corners)
    image = np.full((300, 400, 3), 128, np.uint8)
    cv2.warpPerspective(patch, matrix, (400, 300), image, borderMode=cv2.BORDER_TRANSPARENT)
    return image


def difference(found: Patch, expected: Patch) -> float:
    """Mean difference of the pixels, without the rim, which blends with the surroundings."""
    assert found.shape == expected.shape
    rim = (slice(3, -3), slice(3, -3))
    return float(np.abs(found[rim].astype(int) - expected[rim].astype(int)).mean())


@examples(max_examples=50)
@given(
    size=st.tuples(st.integers(80, 200), st.integers(30, 90)),
    shifts=st.tuples(*[st.tuples(SHIFT, SHIFT)] * 4),
    angle=st.floats(-30, 30),
    seed=st.integers(0, 1000),
)
def test_a_quad_is_straightened(
    size: tuple[int, int], shifts: tuple[tuple[int, int], ...], angle: float, seed: int
) -> None:
    width, height = size
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1)
    turn[:, 2] += np.asarray([200 - width / 2, 150 - height / 2])
    upright = np.asarray([[0, 0, 1], [width, 0, 1], [width, height, 1], [0, height, 1]])
    corners = np.round(upright @ turn.T + np.asarray(shifts)).astype(np.float32)
    patch = smooth_patch(width, height, seed)
    crop = crop_polygon(put(patch, corners), corners.astype(np.int32))

    sides = [math.dist(corners[place], corners[(place + 1) % 4]) for place in range(4)]
    expected_size = (int(max(sides[0], sides[2])), int(max(sides[1], sides[3])))
    assert crop.shape == (expected_size[1], expected_size[0], 3)
    expected = cv2.resize(patch, expected_size)
    assert difference(crop, np.asarray(expected, np.uint8)) < 6


def test_an_upright_crop_is_the_image_itself() -> None:
    image = np.random.default_rng(0).integers(0, 256, (60, 90, 3), np.uint8)
    polygon = np.asarray([[10, 20], [50, 20], [50, 45], [10, 45]])
    assert np.array_equal(crop_polygon(image, polygon), image[20:45, 10:50])


@pytest.mark.parametrize(
    ("width", "height", "turned"), [(40, 59, False), (40, 60, True), (40, 200, True)]
)
def test_high_crops_are_turned_counter_clockwise(width: int, height: int, turned: bool) -> None:
    image = np.random.default_rng(0).integers(0, 256, (300, 100, 3), np.uint8)
    polygon = np.asarray([[5, 5], [5 + width, 5], [5 + width, 5 + height], [5, 5 + height]])
    upright = image[5 : 5 + height, 5 : 5 + width]
    crop = crop_polygon(image, polygon)
    if not turned:
        assert np.array_equal(crop, upright)
        return
    assert crop.shape == (width, height, 3)
    # What was at the top right corner is at the top left one.
    assert np.array_equal(crop[0, 0], upright[0, -1])
    assert np.array_equal(crop[:, 0], upright[0, ::-1])
    assert crop.flags.c_contiguous


def test_a_polygon_is_cut_by_the_smallest_rectangle_around_it() -> None:
    image = np.random.default_rng(0).integers(0, 256, (100, 200, 3), np.uint8)
    polygon = np.asarray([[20, 30], [80, 30], [140, 30], [140, 60], [70, 60], [20, 60]])
    assert np.array_equal(crop_polygon(image, polygon), image[30:60, 20:140])


def test_beyond_the_edge_the_last_pixels_are_repeated() -> None:
    image = np.zeros((40, 100, 3), np.uint8)
    image[-1] = 200
    crop = crop_polygon(image, np.asarray([[0, 20], [80, 20], [80, 50], [0, 50]]))
    assert crop.shape == (30, 80, 3)
    assert (crop[19:] == 200).all()
    assert not crop[:18].any()


@pytest.mark.parametrize(
    "corners",
    [
        [[3, 3], [3, 3], [3, 3], [3, 3]],
        [[3, 3], [9, 3], [9, 3], [3, 3]],
        [[3, 3], [3, 3], [3, 9], [3, 9]],
        [[0, 0], [0, 0], [1, 1], [1, 1], [0, 1]],
    ],
)
def test_boxes_without_extent_give_a_crop_all_the_same(corners: list[list[int]]) -> None:
    crop = crop_polygon(np.zeros((20, 20, 3), np.uint8), np.asarray(corners))
    assert min(crop.shape[:2]) >= 1
    assert crop.dtype == np.uint8


def test_images_wider_than_a_short_integer() -> None:
    image = np.zeros((30, 40_000, 3), np.uint8)
    image[:, 35_000:] = 90
    polygon = np.asarray([[34_960, 5], [35_040, 5], [35_040, 25], [34_960, 25]])
    assert np.array_equal(crop_polygon(image, polygon), image[5:25, 34_960:35_040])


@pytest.mark.parametrize("shape", [(400, 40_000), (40_000, 400)])
def test_a_box_on_a_long_image_is_cut_as_on_a_short_one(shape: tuple[int, int]) -> None:
    """OpenCV 4 warps no image with a side of 32,767 pixels or more."""
    patch = smooth_patch(60, 30, 1)
    image = np.full((*shape, 3), 128, np.uint8)
    y, x = shape[0] - 200, shape[1] - 200
    image[y : y + 30, x : x + 60] = patch
    box = np.array([[x, y], [x + 60, y], [x + 60, y + 30], [x, y + 30]])
    assert np.array_equal(crop_polygon(image, box), patch)


def test_a_box_longer_than_can_be_warped_is_scaled_down() -> None:
    image = np.full((60, 50_000, 3), 128, np.uint8)
    image[:, 25_000:] = 255
    crop = crop_polygon(image, np.array([[0, 5], [50_000, 5], [50_000, 55], [0, 55]]))
    assert crop.shape == (50, 32_766, 3)
    assert (crop[:, :16_000].mean(), crop[:, 17_000:].mean()) == (128, 255)
