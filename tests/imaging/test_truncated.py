"""JPEG files that end early are read as far as they go, and say so."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from hubocr.imaging import decode
from tests.imaging import distance, encode, noise

SMOOTH = Image.fromarray(noise(20, 30)).resize((300, 200), Image.Resampling.BICUBIC)


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_without_its_last_two_bytes_nothing_is_lost(mode: str, progressive: bool) -> None:
    data = encode(SMOOTH.convert(mode), "JPEG", quality=90, progressive=progressive)
    whole, cut = decode(data), decode(data[:-2])
    assert whole.warnings == ()
    assert distance(cut.pixels, whole.pixels) == 0
    assert len(cut.warnings) == 1 and "ends early" in cut.warnings[0]


@pytest.mark.parametrize("share", [0.3, 0.5, 0.8])
@pytest.mark.parametrize("closed", [False, True])
def test_a_baseline_file_that_is_cut_keeps_its_upper_rows(share: float, closed: bool) -> None:
    data = encode(SMOOTH, "JPEG", quality=90)
    cut = data[: int(len(data) * share)].rstrip(b"\xff")
    found = decode(cut + b"\xff\xd9" if closed else cut)
    whole = decode(data).pixels
    assert found.pixels.shape == whole.shape
    rows = int(200 * share) - 40
    assert distance(found.pixels[: max(8, rows)], whole[: max(8, rows)]) == 0
    assert len(found.warnings) == 1 and "rows are missing" in found.warnings[0]


def test_a_progressive_file_that_is_cut_is_coarse_and_says_so() -> None:
    data = encode(SMOOTH, "JPEG", quality=90, progressive=True)
    found = decode(data[: len(data) // 2])
    assert np.abs(found.pixels.astype(int) - decode(data).pixels).mean() < 20
    assert "details may be missing" in found.warnings[0]


@pytest.mark.parametrize("closed", [False, True])
def test_zeros_over_the_second_half_are_named(closed: bool) -> None:
    data = encode(SMOOTH, "JPEG", quality=90)
    half = len(data) // 2
    zeroed = data[:half] + bytes(len(data) - half)
    assert decode(zeroed + b"\xff\xd9" if closed else zeroed).warnings


@pytest.mark.parametrize("colour", ["white", "black", (128, 128, 129), (10, 200, 90)])
@pytest.mark.parametrize("optimize", [False, True])
def test_flat_images_are_whole(colour: str | tuple[int, int, int], optimize: bool) -> None:
    image = Image.new("RGB", (2_000, 300), colour)
    for progressive in (False, True):
        data = encode(image, "JPEG", optimize=optimize, progressive=progressive)
        assert decode(data).warnings == ()


def test_bytes_after_the_end_are_no_fault() -> None:
    data = encode(SMOOTH, "JPEG")
    assert decode(data + bytes(1_000)).warnings == ()
    film = noise(200, 300).tobytes() + b"\xff\xda\0\x08"  # behind a live photo
    for progressive in (False, True):
        data = encode(SMOOTH, "JPEG", progressive=progressive)
        assert decode(data + film).warnings == ()
