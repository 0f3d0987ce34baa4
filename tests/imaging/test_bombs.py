"""Files built to keep a decoder busy: refused before decoding, or decoded without what is heavy.

How long they take is measured by benchmarks/decode_attacks.py; here the work is counted.
"""

from __future__ import annotations

import contextlib
import struct
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from benchmarks import image_bombs as bombs
from hubocr.errors import ImageError, ImageTooLargeError
from hubocr.imaging import decode_frames, decode_image, limits, probe
from tests.arrays import bgr
from tests.imaging import encode, noise


@pytest.mark.parametrize("scans", [501, 5_000])
def test_a_jpeg_of_thousands_of_scans_is_refused_at_any_size(scans: int) -> None:
    with pytest.raises(ImageError, match="more than 500 scans"):
        decode_image(bombs.progressive_jpeg(scans, 16))


def test_scans_times_pixels_are_limited() -> None:
    data = bombs.progressive_jpeg(100, 64)
    assert probe(data).cost.pixels == 100 * 64 * 64
    assert decode_image(data, max_pixels=5 * 64 * 64).shape == (64, 64, 3)
    with pytest.raises(ImageTooLargeError, match="100 scans"):
        decode_image(data, max_pixels=4 * 64 * 64)


def test_the_usual_progressive_jpeg_may_be_as_large_as_any() -> None:
    data = encode(Image.fromarray(noise(64, 64)), "JPEG", progressive=True)
    assert decode_image(data, max_pixels=64 * 64).shape == (64, 64, 3)


def test_segments_are_limited_and_large_ones_are_passed_over() -> None:
    assert decode_image(bombs.jpeg_with_segments(20, 65_000)).shape == (64, 64, 3)
    with pytest.raises(ImageError, match="segments"):
        decode_image(bombs.jpeg_with_segments(limits.MAX_JPEG_SEGMENTS + 1, 8))


@pytest.mark.parametrize("filler", [b"\xff", b"\xff\0", b"\xff\x01", b"\xff\xd8", b"\xff\xda"])
@pytest.mark.parametrize("ahead", [True, False])
def test_markers_without_number_are_no_work(filler: bytes, ahead: bool) -> None:
    plain = encode(Image.fromarray(noise(64, 64)), "JPEG")
    place = 2 if ahead else len(plain) - 2
    data = plain[:place] + filler * 2_000_000 + plain[place:]
    assert steps_of_probe(data) < 100_000


def steps_of_probe(data: bytes) -> int:
    """How many lines of Python a probe runs: work that no machine's speed changes."""
    steps = 0

    def count(frame: FrameType, event: str, argument: object) -> Callable[..., Any]:
        nonlocal steps
        steps += 1
        if steps > 200_000:
            raise AssertionError("a loop over each byte or marker")
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        with contextlib.suppress(ImageError):
            probe(data)
    finally:
        sys.settrace(before)
    return steps


@pytest.mark.parametrize("name", [b"iCCP", b"zTXt", b"iTXt", b"tEXt", b"teSt"])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_chunks_of_a_png_that_no_decoder_needs_are_cut_out(
    name: bytes, mode: str, capfd: pytest.CaptureFixture[str]
) -> None:
    data = bombs.png_with_chunks(name, bombs.packed_profile(1 << 20), 2_000, mode)
    assert decode_image(data).shape == (64, 64, 3)
    assert capfd.readouterr().err == ""  # libpng warns of each


def test_a_png_may_have_many_chunks_of_pixels_but_not_any_number() -> None:
    assert decode_image(bombs.png_with_chunks(b"teSt", b"", 90_000)).shape == (64, 64, 3)
    with pytest.raises(ImageError, match="chunks"):
        probe(bombs.png_with_chunks(b"teSt", b"", limits.MAX_PNG_CHUNKS + 1))


def test_the_comment_of_a_gif_is_cut_out() -> None:
    data = bombs.gif_with_comments(2_000_000)
    assert decode_image(data).shape == (64, 64, 3)
    assert decode_image(data, frame="last").shape == (64, 64, 3)
    with pytest.raises(ImageError, match="small blocks"):
        decode_image(bombs.gif_with_comments(2_000_000, block=1))


def test_a_flood_of_frames_costs_its_first_frame_unless_more_is_asked_for() -> None:
    data = bombs.gif_of_frames(3_000, 200)
    assert probe(data).frames == 3_000
    assert decode_image(data, max_pixels=200 * 200).shape == (200, 200, 3)
    for frame in ("last", "ink", "merged"):
        with pytest.raises(ImageTooLargeError, match="3000 frames of 200x200 pixels"):
            decode_image(data, max_pixels=4 * 200 * 200, frame=frame)
    with pytest.raises(ImageError, match="frames"):
        decode_image(bombs.gif_of_frames(limits.MAX_FRAMES + 1, 1))


@pytest.mark.parametrize("make", [bombs.webp_animation, bombs.apng])
def test_the_canvas_of_an_animation_is_limited_beyond_its_first_frame(make: object) -> None:
    assert callable(make)
    data = make(3, 100)
    assert decode_image(data, max_pixels=100 * 100).shape == (100, 100, 3)
    assert decode_image(data, max_pixels=4 * 100 * 100, frame="last").shape == (100, 100, 3)
    with pytest.raises(ImageTooLargeError, match="animation has 100x100 pixels"):
        decode_image(data, max_pixels=20_000, frame=2)
    with pytest.raises(ImageTooLargeError):
        list(decode_frames(data, max_pixels=20_000))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (bombs.tiff_of_pages(limits.MAX_FRAMES + 1), "pages"),
        (bombs.grey_tiff(8, 8, (322, 4, 1, 20_000), (323, 4, 1, 20_000), (324, 4, 1, 8)), "tile"),
        (bombs.grey_tiff(90, 90, *((40_000 + i, 7, 8_000, 8) for i in range(50))), "entries"),
        (bombs.grey_tiff(8, 8, *((40_000 + i, 3, 1, 8) for i in range(1_100))), "entries"),
        (bombs.grey_tiff(8, 8, (259, 3, 1, 34925)), "compression 34925"),
        (bombs.tiff([(256, 4, 1, 9), (257, 4, 1, 9)] * 2), "twice"),
    ],
)
def test_a_tiff_that_repeats_or_lies_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(ImageError, match=reason):
        decode_image(data)


@pytest.mark.parametrize("following", [8, 1_000_000, 4_000_000_000, 4_200])
def test_a_chain_of_pages_that_leads_nowhere_ends_there(following: int) -> None:
    data = bombs.grey_tiff(64, 64, following=following)
    assert probe(data).frames == 1
    assert decode_image(data).shape == decode_image(data, frame="last").shape == (64, 64, 3)


def test_strips_that_all_use_the_same_bytes_are_refused() -> None:
    count, size = 4_000, 60_000
    start = bombs.tiff_rest(9)
    places = struct.pack(f"<{count}I", *[start] * count)
    sizes = struct.pack(f"<{count}I", *[size] * count)
    entries = [(256, 4, 1, 4), (257, 4, 1, count), (258, 3, 1, 8), (259, 3, 1, 5), (262, 3, 1, 1)]
    entries += [(273, 4, count, start), (277, 3, 1, 1), (278, 4, 1, 1)]
    entries += [(279, 4, count, start + len(places))]
    with pytest.raises(ImageError, match="overlap"):
        decode_image(bombs.tiff(entries, places + sizes + bytes(size)))


def test_pages_up_to_the_limit_are_read_each_on_its_own() -> None:
    data = bombs.tiff_of_pages(3_000)
    assert probe(data).frames == 3_000
    pages = decode_frames(data, indices=[0, 1_500, 2_999])
    assert [getattr(page, "shape", None) for page in pages] == [(8, 8, 3)] * 3


def test_an_icon_of_many_entries_is_refused() -> None:
    assert decode_image(bombs.ico_of_entries(12)).shape == (256, 256, 3)
    with pytest.raises(ImageError, match="more than 256"):
        decode_image(bombs.ico_of_entries(65_535))


def test_an_icon_that_holds_a_huge_png_is_as_large_as_that() -> None:
    with pytest.raises(ImageTooLargeError, match="400x400"):
        decode_image(bombs.ico_of_entries(1, 400), max_pixels=90_000)


def test_tiles_of_jpeg_2000_are_limited() -> None:
    with pytest.raises(ImageError, match="tiles"):
        decode_image(bombs.jpeg2000_of_tiles(7_000, 14))
    assert probe(bombs.jpeg2000_of_tiles(7_000, 29)).width == 7_000


def test_a_tiff_of_overlapping_pages_gives_what_another_reader_gives() -> None:
    data = encode(Image.fromarray(noise(20, 30)), "TIFF")
    other = bgr(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR))
    assert np.array_equal(decode_image(data), other)
