"""Tiles: they cover a map without gaps, within their bounds, and show what the whole would."""

from __future__ import annotations

import itertools

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubocr.detection.tiles import MOST_PIXELS, OVERLAP, Tile, plan_tiles, put_core, tile_image

sides = st.integers(1, 700).map(lambda count: 32 * count)


@given(sides, sides)
def test_the_cores_of_tiles_cover_every_pixel_once(height: int, width: int) -> None:
    tiles = plan_tiles(height, width)
    assert sum(_area(tile.rows.core) * _area(tile.columns.core) for tile in tiles) == height * width
    for axis, whole in (("rows", height), ("columns", width)):
        spans = sorted({getattr(tile, axis) for tile in tiles}, key=lambda span: span.start)
        assert spans[0].core[0] == 0
        assert spans[-1].core[1] == whole
        for before, after in itertools.pairwise(spans):
            assert before.core[1] == after.core[0]


def _area(core: tuple[int, int]) -> int:
    return core[1] - core[0]


@given(sides, sides)
def test_tiles_are_bounded_and_overlap(height: int, width: int) -> None:
    tiles = plan_tiles(height, width)
    assert len({(tile.rows.size, tile.columns.size) for tile in tiles}) == 1
    for tile in tiles:
        assert tile.rows.size * tile.columns.size <= MOST_PIXELS
        for span, whole in ((tile.rows, height), (tile.columns, width)):
            assert span.size % 32 == 0
            assert 0 <= span.start <= span.start + span.size <= whole
            first, last = span.core
            assert first == 0 or first - span.start >= OVERLAP // 2
            assert last == whole or span.start + span.size - last >= OVERLAP // 2 - 1


def place_of(tile: Tile) -> tuple[slice, slice]:
    """Return where a tile is in the resized image."""
    rows, columns = (slice(one.start, one.start + one.size) for one in (tile.rows, tile.columns))
    return rows, columns


@pytest.mark.parametrize("size", [(1504, 2016), (2400, 3200), (3200, 4704)])
def test_a_tile_is_a_part_of_the_resized_image(size: tuple[int, int]) -> None:
    image = np.random.default_rng(1).integers(0, 256, (2400, 3200, 3), np.uint8)
    image = np.asarray(cv2.GaussianBlur(image, (0, 0), 3), np.uint8)
    resized = np.asarray(cv2.resize(image, size[::-1]), np.uint8)
    tiles = plan_tiles(*size)
    assert len(tiles) > 1
    for tile in tiles:
        difference = tile_image(image, size, tile).astype(int) - resized[place_of(tile)]
        # warpAffine knows places to 1/32 pixel.
        assert np.abs(difference).max() <= 2


def test_a_side_beyond_what_opencv_can_warp() -> None:
    image = np.zeros((40, 40_000, 3), np.uint8)
    image[:, 36_000:] = 200
    size = (32, 20_000 // 32 * 32)
    lit = [tile_image(image, size, tile).max() for tile in plan_tiles(*size)]
    assert lit[0] == 0
    assert lit[-1] == 200


def test_maps_are_put_together_without_a_seam() -> None:
    whole = np.random.default_rng(2).random((1504, 2016), np.float32)
    joined = np.zeros(whole.shape, np.uint8)
    for tile in plan_tiles(*whole.shape):
        put_core(joined, whole[place_of(tile)], tile)
    assert np.array_equal(joined, np.rint(whole * 255))


@pytest.mark.parametrize("shape", [(300, 70_000), (70_000, 300)])
def test_a_tile_of_a_long_image_is_a_part_of_the_resized_image(shape: tuple[int, int]) -> None:
    """OpenCV 4 warps no image with a side of 32,767 pixels or more."""
    coarse = np.random.default_rng(1).integers(0, 256, (shape[0] // 50, shape[1] // 50, 3))
    image = np.asarray(cv2.resize(coarse.astype(np.uint8), shape[::-1]), np.uint8)
    size = (max(32, shape[0] // 320 * 32), max(32, shape[1] // 320 * 32))
    resized = np.asarray(cv2.resize(image, size[::-1]), np.uint8)
    tiles = plan_tiles(*size)
    assert len(tiles) > 1
    for tile in tiles:
        difference = tile_image(image, size, tile).astype(int) - resized[place_of(tile)]
        assert np.abs(difference).max() <= 2
