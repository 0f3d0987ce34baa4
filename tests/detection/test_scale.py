"""At which scale a page is looked at again."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from hubocr.detection.scale import DetectionPass, finer_scale, first_scale, shorter_side


def box(height: int, left: int = 0) -> tuple[NDArray[np.int32], float]:
    corners = [[left, 0], [left + 200, 0], [left + 200, height], [left, height]]
    return np.array(corners, np.int32), 0.9


@pytest.mark.parametrize(
    ("heights", "scale", "expected"),
    [
        ([40, 40], 0.5, None),  # 20 pixels in the map
        ([20, 20], 0.5, 1.0),  # 10 pixels; nothing is enlarged beyond the image's own pixels
        ([60, 60, 60], 0.2, 0.4),  # 12 pixels to 24
        ([12, 12], 1.0, None),
        ([8, 8], 1.0, 3.0),  # tiny
        ([20, 60, 60, 60, 60, 60], 0.5, None),  # one small line of many
        ([20, 20, 60, 60], 0.5, 1.0),
    ],
)
def test_small_text_is_looked_at_more_closely(
    heights: list[int], scale: float, expected: float | None
) -> None:
    done = DetectionPass(scale, [box(height) for height in heights])
    found = finer_scale(done, 1500, 1500)
    assert found == (expected if expected is None else pytest.approx(expected))


def test_many_specks_are_less_than_a_few_lines() -> None:
    specks = [(np.array([[0, 0], [8, 0], [8, 8], [0, 8]], np.int32), 0.6)] * 12
    assert (
        finer_scale(DetectionPass(0.5, [*(box(60) for _ in range(4)), *specks]), 5000, 3000) is None
    )


def test_small_text_of_small_images_is_enlarged() -> None:
    assert finer_scale(DetectionPass(1.0, [box(12)]), 200, 400) == 2.0


def test_what_shows_no_text_is_looked_at_twice_as_closely() -> None:
    assert finer_scale(DetectionPass(0.25, []), 4000, 4000) == 0.5
    assert finer_scale(DetectionPass(0.75, []), 1000, 1200) == 1.0
    assert finer_scale(DetectionPass(1.0, []), 1000, 900) is None
    assert finer_scale(DetectionPass(1.0, []), 100, 200) == 2.0


@given(st.integers(1, 20_000), st.integers(1, 20_000))
def test_the_first_look_is_no_larger_than_the_image_and_bounded(height: int, width: int) -> None:
    scale = first_scale(height, width, 960)
    assert 0 < scale <= 1
    assert scale == 1 or height * width * scale**2 <= 960 * 960 * 1.001


@given(st.floats(0.01, 3), st.integers(1, 50), st.integers(100, 20_000), st.integers(100, 20_000))
def test_a_finer_scale_is_finer_and_bounded(
    scale: float, height: int, rows: int, columns: int
) -> None:
    found = finer_scale(DetectionPass(scale, [box(height)]), rows, columns)
    assert found is None or (found > scale and rows * columns * found**2 <= 64.1e6)


def test_the_shorter_side_of_polygons() -> None:
    assert shorter_side(box(30)[0]) == 30
    angles = np.linspace(0, np.pi, 20)
    outer = np.stack([500 + 400 * np.cos(angles), 500 - 400 * np.sin(angles)], axis=1)
    inner = np.stack([500 + 360 * np.cos(angles), 500 - 360 * np.sin(angles)], axis=1)
    band = np.concatenate([outer[::-1], inner]).astype(np.int32)
    assert shorter_side(band) == pytest.approx(40, rel=0.1)
