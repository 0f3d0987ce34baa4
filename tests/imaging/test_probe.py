"""What a file's structure says, against what other programs read from it."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, features

from hubocr.errors import ImageError
from hubocr.imaging import decode_image, probe
from tests.imaging import encode, noise

RGB = Image.fromarray(noise(13, 21))
FORMATS: list[Any] = [
    ("JPEG", "JPEG", {}),
    ("JPEG", "JPEG", {"progressive": True}),
    ("PNG", "PNG", {}),
    ("BMP", "BMP", {}),
    ("GIF", "GIF", {}),
    ("TIFF", "TIFF", {}),
    ("TIFF", "TIFF", {"compression": "tiff_lzw"}),
    ("TIFF", "TIFF", {"big_tiff": True}),
    ("WEBP", "WEBP", {}),
    ("WEBP", "WEBP", {"lossless": True}),
    ("PNM", "PPM", {}),
    ("JPEG2000", "JPEG2000", {}),
    ("JPEG2000", "JPEG2000", {"no_jp2": True}),
    pytest.param(
        "AVIF", "AVIF", {}, marks=pytest.mark.skipif(not features.check("avif"), reason="no AVIF")
    ),
]


@pytest.mark.parametrize(("name", "file_format", "options"), FORMATS)
def test_the_size_and_format_are_those_of_the_file(
    name: str, file_format: str, options: dict[str, Any]
) -> None:
    info = probe(encode(RGB, file_format, **options))
    assert (info.format, info.width, info.height, info.frames) == (name, 21, 13, 1)
    assert info.cost.pixels >= 21 * 13
    assert info.cost.bytes >= 3 * 21 * 13


@given(
    st.integers(1, 90), st.integers(1, 90), st.sampled_from(["JPEG", "PNG", "BMP", "GIF", "WEBP"])
)
def test_any_size(width: int, height: int, file_format: str) -> None:
    info = probe(encode(Image.new("RGB", (width, height)), file_format))
    assert (info.width, info.height) == (width, height)


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_the_size_is_that_of_the_upright_image(file_format: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encode(RGB, file_format, exif=exif)
    info = probe(data)
    assert (info.height, info.width) == decode_image(data).shape[:2]


@pytest.mark.parametrize("file_format", ["GIF", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("count", [1, 2, 5])
def test_frames_are_counted(file_format: str, count: int) -> None:
    first, *others = (Image.fromarray(noise(9, 9, seed=seed)) for seed in range(count))
    data = encode(first, file_format, save_all=True, append_images=others)
    assert probe(data).frames == count == getattr(Image.open(io.BytesIO(data)), "n_frames", 1)


def test_each_scan_of_a_progressive_jpeg_is_paid_for() -> None:
    baseline, progressive = (encode(RGB, "JPEG", progressive=p) for p in (False, True))
    assert probe(baseline).cost.pixels == 21 * 13
    assert probe(progressive).cost.pixels == 10 * 21 * 13  # libjpeg's own script


def test_a_scan_marker_behind_the_end_of_the_image_costs_nothing() -> None:
    data = encode(RGB, "JPEG") + b"\xff\xda\0\x08" * 5_000  # as in the film behind a live photo
    assert probe(data).cost.pixels == 21 * 13
    assert np.array_equal(decode_image(data), decode_image(encode(RGB, "JPEG")))


@pytest.mark.parametrize(
    ("data", "named"),
    [
        (b"%PDF-1.7\n", "PDF document"),
        (b"\n\n%PDF-1.4\n", "PDF document"),
        (b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", "SVG drawing"),
        (b"<svg/>", "SVG drawing"),
        (b"<!DOCTYPE html><html></html>", "HTML page"),
        (b"8BPS\0\1", "Photoshop"),
        (b"PK\x03\x04....", "ZIP archive"),
        (b"\xff\x0a..", "JPEG XL"),
        (b"hello", "not an image that can be decoded"),
        (b"", "empty"),
    ],
)
def test_what_is_no_image_is_called_by_its_name(data: bytes, named: str) -> None:
    for function in (probe, decode_image):
        with pytest.raises(ImageError, match=named):
            function(data)
