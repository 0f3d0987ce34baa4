from __future__ import annotations

import struct
import warnings
import zlib
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, features

from hubocr.errors import ImageError, ImageTooLargeError
from hubocr.imaging import (
    DEFAULT_MAX_PIXELS,
    HIGHEST_MAX_PIXELS,
    Frame,
    decode_image,
    probe,
    read_image,
)
from hubocr.imaging.limits import MAX_PASSES
from tests.imaging import FIXTURES, bgr, distance, encode, noise, png

ODD = FIXTURES / "odd"
FUZZ_LIMIT = 4096


def samples() -> list[bytes]:
    """Small files of every format and of every way through the decoder."""
    exif = Image.Exif()
    exif[0x0112] = 6
    rgb, rgba = Image.fromarray(noise(12, 20)), Image.fromarray(noise(12, 20, channels=4))
    palette, grey = rgb.convert("P"), rgb.convert("L")
    return [
        encode(rgb, "PNG"),
        encode(rgba, "PNG", exif=exif),
        encode(palette, "PNG", transparency=3),
        encode(palette, "GIF"),
        encode(palette, "GIF", transparency=3, save_all=True, append_images=[palette.rotate(180)]),
        encode(rgb, "JPEG", exif=exif),
        encode(grey, "JPEG", progressive=True),
        encode(rgb.convert("CMYK"), "JPEG"),
        encode(rgb, "BMP"),
        encode(palette, "BMP"),
        encode(rgb, "WEBP"),
        encode(rgba, "WEBP", exif=exif),
        encode(rgba, "WEBP", save_all=True, append_images=[rgba.rotate(180)]),
        encode(rgb, "TIFF"),
        encode(rgba, "TIFF", compression="tiff_lzw", exif=exif),
        encode(grey, "TIFF", compression="tiff_adobe_deflate"),
        encode(rgb, "TIFF", save_all=True, append_images=[grey]),
        encode(rgb, "TIFF", compression="jpeg"),
        encode(rgb, "PNG", save_all=True, append_images=[rgb.rotate(180)]),
        encode(rgb, "PPM"),
        encode(grey, "PPM"),
        encode(rgb.convert("1"), "PPM"),
        b"P3 2 2 9\n" + b"1 2 3 " * 4,
        encode(rgba, "ICO", sizes=[(16, 16)]),
        encode(rgba, "ICO", sizes=[(16, 16)], bitmap_format="bmp"),
        encode(Image.fromarray(noise(12, 20)[:, :, 0].astype(np.uint16)), "PNG"),
        encode(Image.fromarray(noise(12, 20)[:, :, 0].astype(np.float32)), "TIFF"),
    ]


def decodes_or_refuses(data: bytes, frame: Frame = "first") -> None:
    try:
        image = decode_image(data, max_pixels=FUZZ_LIMIT, frame=frame)
    except ImageError as error:
        assert error.message
        return
    cost = probe(data).cost
    assert cost.pixels <= MAX_PASSES * FUZZ_LIMIT
    assert image.dtype == np.uint8
    assert (image.ndim, image.shape[2]) == (3, 3)
    assert 0 < image.shape[0] * image.shape[1] <= FUZZ_LIMIT


def isolated_samples() -> list[bytes]:
    """Small files of the formats that are decoded in a process of their own."""
    rgb = Image.fromarray(noise(40, 64))
    found = [encode(rgb, "JPEG2000"), encode(rgb.convert("L"), "JPEG2000", no_jp2=True)]
    if features.check("avif"):
        found.append(encode(rgb, "AVIF"))
    return found


FRAMES: list[Frame] = ["first", "first", "last", "merged", 1]

# Header fields lie at the start, so that half of the edits go there.
places = st.integers(0, 120) | st.integers(0, 3000)
edits = st.lists(
    st.tuples(places, st.integers(0, 4), st.binary(max_size=4)), min_size=1, max_size=4
)


@pytest.mark.filterwarnings("ignore")
@settings(derandomize=True, max_examples=2000, deadline=None)
@given(st.sampled_from(samples()), edits, st.none() | places, st.sampled_from(FRAMES))
def test_a_damaged_file_is_decoded_or_refused(
    sample: bytes, changes: list[tuple[int, int, bytes]], end: int | None, frame: Frame
) -> None:
    decodes_or_refuses(changed(sample, changes)[:end], frame)


@settings(derandomize=True, max_examples=40, deadline=None)
@given(st.sampled_from(isolated_samples()), edits, st.none() | places)
def test_a_damaged_file_of_a_format_in_its_own_process_is_decoded_or_refused(
    sample: bytes, changes: list[tuple[int, int, bytes]], end: int | None
) -> None:
    decodes_or_refuses(changed(sample, changes)[:end])


def changed(sample: bytes, changes: list[tuple[int, int, bytes]]) -> bytes:
    data = bytearray(sample)
    for start, removed, added in changes:
        data[start : start + removed] = added
    return bytes(data)


@settings(derandomize=True, max_examples=200, deadline=None)
@given(
    st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"BM", b"II*\0"]),
    st.binary(max_size=300),
)
@pytest.mark.filterwarnings("ignore")
def test_random_bytes_are_refused(magic: bytes, tail: bytes) -> None:
    decodes_or_refuses(magic + tail)


def announcing(file_format: str, width: int, height: int) -> bytes:
    """A file whose header alone is whole, with another size in its place."""
    data = bytearray(encode(Image.new("RGB", (16, 16)), file_format))
    if file_format == "PNG":
        return png(width, height, 8, 2, b"")
    if file_format == "JPEG":
        place = data.index(b"\xff\xc0") + 5
        data[place : place + 4] = struct.pack(">HH", height, width)
        return bytes(data[: data.index(b"\xff\xda") + 20])
    if file_format == "TIFF":
        for tag, value in ((256, width), (257, height)):
            place = data.index(struct.pack("<HHII", tag, 4, 1, 16))
            data[place + 8 : place + 12] = struct.pack("<I", value)
        return bytes(data)
    place, layout = {"BMP": (18, "<ii"), "GIF": (6, "<HH")}[file_format]
    size = struct.pack(layout, width, height)
    return bytes(data[:place]) + size + bytes(data[place + len(size) :])


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "BMP", "GIF", "TIFF"])
@pytest.mark.parametrize("side", [7100, 9500, 65500])
@pytest.mark.parametrize("action", ["error", "ignore"])
def test_a_header_that_announces_too_much_is_refused_before_decoding(
    file_format: str, side: int, action: Literal["error", "ignore"]
) -> None:
    # Beyond 89 megapixels Pillow warns, beyond 179 it raises; users run with either filter.
    with warnings.catch_warnings():
        warnings.simplefilter(action)
        with pytest.raises(ImageTooLargeError, match=f"limit is {DEFAULT_MAX_PIXELS}"):
            decode_image(announcing(file_format, side, side))


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "BMP", "GIF", "TIFF", "WEBP"])
def test_every_format_has_the_limit(file_format: str) -> None:
    data = encode(Image.new("RGB", (40, 30)), file_format)
    assert decode_image(data, max_pixels=1200).shape == (30, 40, 3)
    with pytest.raises(ImageTooLargeError, match="40x30 pixels, the limit is 1199"):
        decode_image(data, max_pixels=1199)


@given(st.integers(1, 12), st.integers(1, 12), st.integers(1, 150))
def test_the_limit_itself_is_allowed(width: int, height: int, limit: int) -> None:
    data = encode(Image.new("L", (width, height)), "PNG")
    if width * height <= limit:
        assert decode_image(data, max_pixels=limit).shape == (height, width, 3)
    else:
        with pytest.raises(ImageTooLargeError, match=f"{width}x{height} pixels.*limit is {limit}"):
            decode_image(data, max_pixels=limit)


def test_a_second_size_does_not_get_around_the_limit() -> None:
    pixels = zlib.compress(bytes(200 * 200))
    tags = [(256, 200), (256, 10), (257, 200), (257, 10), (258, 8), (259, 8), (262, 1)]
    tags += [(273, 158), (277, 1), (278, 200), (279, len(pixels)), (284, 1)]
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    head = b"II*\0" + struct.pack("<IH", 8, len(tags))
    with pytest.raises(ImageError):
        decode_image(head + entries + bytes(4) + pixels, max_pixels=1000)


@pytest.mark.filterwarnings("ignore")
def test_a_limit_may_be_raised_as_far_as_pillow_goes() -> None:
    with pytest.raises(ImageError, match="damaged"):  # it has a header only, but is let in
        decode_image(announcing("PNG", 13_000, 13_000), max_pixels=HIGHEST_MAX_PIXELS)
    with pytest.raises(ImageTooLargeError, match=f"limit is {HIGHEST_MAX_PIXELS}"):
        decode_image(announcing("PNG", 14_000, 14_000), max_pixels=300_000_000)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("empty.png", "is empty"),
        ("text.png", "not an image that can be decoded"),
        ("truncated_header.jpg", "damaged"),
        ("bomb_header.png", "limit is 50000000"),
    ],
)
def test_an_unusable_file_is_refused_by_name(name: str, message: str) -> None:
    with pytest.raises(ImageError, match=message) as refusal:
        read_image(ODD / name)
    assert refusal.value.message.startswith(f"{ODD / name}: ")


def test_what_the_file_is_counts_and_not_its_name(tmp_path: Path) -> None:
    image = Image.fromarray(noise(5, 7))
    named_png = tmp_path / "bitmap.png"
    named_png.write_bytes(encode(image, "BMP"))
    assert distance(read_image(named_png), bgr(image)) == 0
    named_png.write_bytes(encode(image, "TGA"))
    with pytest.raises(ImageError, match="JPEG, PNG, BMP, GIF, TIFF and WebP"):
        read_image(str(named_png))


@pytest.mark.parametrize("path", ["missing.png", "."])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, path: str) -> None:
    with pytest.raises(ImageError, match=f"can't read {tmp_path / path}: "):
        read_image(tmp_path / path)


def test_a_chunk_that_announces_gigabytes_is_refused_before_decoding() -> None:
    # OpenCV 5 allocates what the chunk announces.
    data = bytearray(encode(Image.fromarray(noise(20, 30)), "PNG"))
    place = data.index(b"IDAT") - 4
    data[place : place + 4] = struct.pack(">I", 0x7B0006C3)
    with pytest.raises(ImageError, match="a chunk is cut off"):
        decode_image(bytes(data))


def test_an_animated_png_is_its_first_frame() -> None:
    first, second = Image.fromarray(noise(20, 30)), Image.fromarray(noise(20, 30, seed=9))
    data = encode(first, "PNG", save_all=True, append_images=[second])
    assert b"acTL" in data
    assert distance(decode_image(data), bgr(first)) == 0
