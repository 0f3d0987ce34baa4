from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from hubocr.imaging.lines import aspect_ratio, line_tensor
from tests.imaging import noise

sizes = st.integers(1, 60)


def stretch(pixels: NDArray[np.float64], axis: int, size: int) -> NDArray[np.float64]:
    """Linear interpolation along one axis, with pixels at half-integer places."""
    length = pixels.shape[axis]
    place = np.clip((np.arange(size) + 0.5) * length / size - 0.5, 0, length - 1)
    low = np.floor(place).astype(int)
    high = np.minimum(low + 1, length - 1)
    share = (place - low).reshape([-1 if i == axis else 1 for i in range(3)])
    stretched = pixels.take(low, axis) * (1 - share) + pixels.take(high, axis) * share
    return np.asarray(stretched, np.float64)


@given(sizes, st.integers(1, 400), st.integers(8, 64), st.integers(8, 400), st.integers(0, 5))
def test_a_line_is_scaled_to_the_height_and_padded_with_zeros(
    image_height: int, image_width: int, height: int, width: int, seed: int
) -> None:
    image = noise(image_height, image_width, seed=seed)
    tensor = line_tensor([image], height, width)
    assert tensor.shape == (1, 3, height, width)
    assert tensor.dtype == np.float32
    filled = min(math.ceil(height * (image_width / image_height)), width)
    assert (tensor[..., filled:] == 0).all()
    scaled = stretch(stretch(image.astype(np.float64), 0, height), 1, filled)
    expected = (scaled / 255 - 0.5) / 0.5
    # OpenCV resizes 8-bit pixels with 11-bit weights and rounds: one or two levels of 256.
    assert np.abs(tensor[0, ..., :filled] - expected.transpose(2, 0, 1)).max() <= 2.5 * 2 / 255


# The heights of the models: with others, such as 14, the reference's own arithmetic in floats
# makes some lines one pixel wider.
@given(st.sampled_from([32, 48]), st.integers(1, 400), st.integers(0, 40))
def test_a_line_that_has_the_height_keeps_its_pixels(height: int, width: int, spare: int) -> None:
    image = noise(height, width)
    tensor = line_tensor([image], height, width + spare)
    expected = image.astype(np.float64).transpose(2, 0, 1) / 127.5 - 1
    assert np.abs(tensor[0, ..., :width] - expected).max() < 1e-6


@given(st.lists(st.tuples(sizes, sizes), max_size=4))
def test_a_line_does_not_depend_on_the_others(shapes: list[tuple[int, int]]) -> None:
    images = [noise(height, width, seed=row) for row, (height, width) in enumerate(shapes)]
    tensor = line_tensor(images, 32, 100)
    assert len(tensor) == len(images)
    for row, image in zip(tensor, images, strict=True):
        assert np.array_equal(row, line_tensor([image], 32, 100)[0])


@pytest.mark.parametrize(("shape", "ratio"), [((10, 40, 3), 4.0), ((40, 10, 3), 0.25)])
def test_the_aspect_ratio_is_width_by_height(shape: tuple[int, ...], ratio: float) -> None:
    assert aspect_ratio(np.zeros(shape, np.uint8)) == ratio
