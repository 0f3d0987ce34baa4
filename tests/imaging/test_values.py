"""Samples of more than 8 bits, fractions and whole numbers."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from hubocr.imaging import decode_image
from tests.imaging import encode

RAMP = np.linspace(0, 1, 64 * 40).reshape(40, 64)


def stretched(data: bytes) -> None:
    """The ramp uses all of the eight bits."""
    grey = decode_image(data)[:, :, 0]
    assert grey.min() <= 1 and grey.max() >= 254
    assert np.abs(grey - RAMP * 255).max() <= 2


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
@pytest.mark.parametrize("file_format", ["PNG", "TIFF"])
@pytest.mark.parametrize("colour", [False, True])
def test_bits_in_use_of_sixteen(bits: int, file_format: str, colour: bool) -> None:
    values = np.rint(RAMP * ((1 << bits) - 1)).astype(np.uint16)
    if not colour:
        stretched(encode(Image.fromarray(values), file_format))
        return
    ending = ".png" if file_format == "PNG" else ".tiff"
    stretched(cv2.imencode(ending, np.dstack([values] * 3))[1].tobytes())


def test_sixteen_bits_with_alpha() -> None:
    values = np.rint(RAMP * 1023).astype(np.uint16)
    opaque = np.full_like(values, 65535)
    stretched(cv2.imencode(".png", np.dstack([values, values, values, opaque]))[1].tobytes())


@pytest.mark.parametrize(
    "values",
    [
        RAMP,
        RAMP * 255,
        RAMP * 65535,
        RAMP * 2 - 1,
        RAMP * 1e9,
        RAMP * 1e-3 - 5e-4,
    ],
    ids=["0..1", "0..255", "0..65535", "-1..1", "large", "around 0"],
)
def test_fractions_of_any_range(values: NDArray[np.float64]) -> None:
    stretched(encode(Image.fromarray(values.astype(np.float32)), "TIFF"))


@pytest.mark.parametrize("high", [255, 1023, 65535, 10**6])
def test_whole_numbers_of_32_bits(high: int) -> None:
    stretched(encode(Image.fromarray(np.rint(RAMP * high).astype(np.int32)), "TIFF"))


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_does_not_spoil_the_rest(odd: float) -> None:
    values = RAMP.astype(np.float32)
    values[0, 0] = odd
    decoded = decode_image(encode(Image.fromarray(values), "TIFF"))[:, :, 0]
    assert np.abs(decoded - RAMP * 255)[1:].max() <= 2


@pytest.mark.parametrize("value", [0, 7, 300, 65535])
@pytest.mark.parametrize("kind", [np.uint16, np.int32, np.float32])
def test_an_image_of_one_value_is_flat(value: int, kind: Any) -> None:
    decoded = decode_image(encode(Image.fromarray(np.full((9, 9), value, kind)), "TIFF"))
    assert decoded.shape == (9, 9, 3)
    assert decoded.min() == decoded.max()
