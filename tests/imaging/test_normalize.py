from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from hubocr.imaging import BgrImage
from hubocr.imaging.normalize import Normalizer
from tests.imaging import noise

images = arrays(np.uint8, st.tuples(st.integers(1, 8), st.integers(1, 8), st.just(3)))
three = st.tuples(*[st.floats(0.05, 0.95)] * 3)


def normalise(image: BgrImage, mean: tuple[float, ...], std: tuple[float, ...]) -> np.ndarray:
    out = np.full((3, *image.shape[:2]), np.nan, np.float32)
    Normalizer(mean, std).write(image, out)
    return out


@given(images, three, three)
def test_each_channel_follows_the_formula(
    image: BgrImage, mean: tuple[float, ...], std: tuple[float, ...]
) -> None:
    exact = (image.astype(np.float64) / 255 - mean) / std
    assert np.abs(normalise(image, mean, std) - exact.transpose(2, 0, 1)).max() < 1e-5


@given(images, three, three)
def test_the_numbers_are_the_references_to_the_last_bit(
    image: BgrImage, mean: tuple[float, ...], std: tuple[float, ...]
) -> None:
    # ppocr/data/imaug/operators.py, NormalizeImage: scale, mean and std are float32 arrays.
    scale = np.float32(1.0 / 255.0)
    shape = (1, 1, 3)
    mean32, std32 = (np.array(v).reshape(shape).astype("float32") for v in (mean, std))
    reference = (image.astype("float32") * scale - mean32) / std32
    assert np.array_equal(normalise(image, mean, std), reference.transpose(2, 0, 1))


def test_it_writes_into_a_part_of_a_larger_tensor() -> None:
    image = noise(4, 5)
    # Every other column of a wider image, so that the pixels aren't in one piece either.
    wide = np.repeat(image, 2, axis=1)[:, ::2]
    tensor = np.full((2, 3, 4, 9), 7, np.float32)
    Normalizer((0, 0, 0), (1, 1, 1)).write(wide, tensor[1, :, :, 2:7])
    assert np.allclose(tensor[1, :, :, 2:7], image.transpose(2, 0, 1) / 255)
    tensor[1, :, :, 2:7] = 7
    assert (tensor == 7).all()
