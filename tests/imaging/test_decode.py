from __future__ import annotations

import contextlib
import io
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from PIL import Image

from hubocr.errors import ImageError
from hubocr.imaging import BgrImage, decode_image, read_image
from tests.imaging import FIXTURES, bgr, distance, encode, noise, png

RGB = Image.fromarray(noise(13, 21))
RGBA = Image.fromarray(noise(13, 21, channels=4))
LOSSLESS: list[tuple[str, dict[str, Any]]] = [
    ("PNG", {}),
    ("BMP", {}),
    ("TIFF", {}),
    ("TIFF", {"compression": "tiff_lzw"}),
    ("WEBP", {"lossless": True}),
]


@pytest.mark.parametrize(("file_format", "options"), LOSSLESS)
@pytest.mark.parametrize("mode", ["RGB", "L", "P", "1"])
def test_lossless_files_give_the_pixels_that_were_written(
    file_format: str, options: dict[str, Any], mode: str
) -> None:
    image = RGB.convert(mode)
    if (file_format, mode) == ("WEBP", "1"):
        image = image.convert("L")
    decoded = decode_image(encode(image, file_format, **options))
    assert decoded.dtype == np.uint8
    assert decoded.flags["C_CONTIGUOUS"]
    assert distance(decoded, bgr(image)) == 0


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("progressive", [False, True])
def test_jpeg_gives_what_pillow_reads(mode: str, progressive: bool) -> None:
    smooth = RGB.resize((64, 48), Image.Resampling.BICUBIC).convert(mode)
    data = encode(smooth, "JPEG", quality=90, progressive=progressive)
    assert distance(decode_image(data), bgr(Image.open(io.BytesIO(data)))) <= 3


@pytest.mark.parametrize("file_format", ["GIF", "WEBP", "TIFF", "PNG"])
def test_of_several_frames_or_pages_the_first_is_taken(file_format: str) -> None:
    first, second = (Image.fromarray(noise(9, 9, seed=seed)).convert("P") for seed in (1, 2))
    if file_format != "GIF":
        first, second = first.convert("RGB"), second.convert("RGB")
    options: dict[str, Any] = {"lossless": True} if file_format == "WEBP" else {}
    data = encode(first, file_format, save_all=True, append_images=[second], **options)
    assert getattr(Image.open(io.BytesIO(data)), "n_frames", 1) == 2
    assert distance(decode_image(data), bgr(first)) == 0


def over_white(image: Image.Image) -> BgrImage:
    """The formula of a viewer: colour where opaque, white where transparent."""
    rgba = np.asarray(image.convert("RGBA"), dtype=np.float64)
    alpha = rgba[:, :, 3:] / 255
    return np.rint(rgba[:, :, 2::-1] * alpha + 255 * (1 - alpha)).astype(np.uint8)


@pytest.mark.parametrize(
    ("file_format", "mode"),
    [("PNG", "RGBA"), ("PNG", "LA"), ("WEBP", "RGBA"), ("TIFF", "RGBA"), ("TIFF", "LA")],
)
def test_transparent_pixels_are_laid_over_white(file_format: str, mode: str) -> None:
    image = RGBA.convert(mode)
    # WebP forgets the colour of invisible pixels unless told otherwise.
    options: dict[str, Any] = {"lossless": True, "exact": True} if file_format == "WEBP" else {}
    assert distance(decode_image(encode(image, file_format, **options)), over_white(image)) <= 1


@pytest.mark.parametrize("file_format", ["PNG", "GIF"])
def test_a_transparent_palette_entry_is_white(file_format: str) -> None:
    image = Image.fromarray(np.array([[0, 1, 2]], np.uint8)).convert("P")
    image.putpalette([10, 20, 30, 0, 0, 0, 40, 50, 60])
    decoded = decode_image(encode(image, file_format, transparency=1))
    assert decoded.tolist() == [[[30, 20, 10], [255, 255, 255], [60, 50, 40]]]


@pytest.mark.parametrize("file_format", ["PNG", "TIFF"])
def test_sixteen_bits_are_brought_to_eight(file_format: str) -> None:
    grey = np.linspace(0, 65535, 256).astype(np.uint16).reshape(8, 32)
    decoded = decode_image(encode(Image.fromarray(grey), file_format))
    expected = np.repeat((grey / 257)[:, :, None], 3, axis=2)
    assert np.abs(decoded - expected).max() <= 1


def test_sixteen_bits_with_alpha_are_brought_to_eight() -> None:
    rows = b"\0" + struct.pack(">8H", 0xFFFF, 0x8000, 0, 0xFFFF, 0, 0, 0, 0)
    assert decode_image(png(2, 1, 16, 6, rows)).tolist() == [[[0, 128, 255], [255, 255, 255]]]


def test_sixteen_bit_grey_with_a_transparent_value() -> None:
    rows = b"\0" + struct.pack(">4H", 0, 0x4000, 0x8000, 0xFFFF)
    decoded = decode_image(png(4, 1, 16, 0, rows, b"tRNS" + struct.pack(">H", 0)))
    assert decoded[0, :, 0].tolist() == [255, 64, 128, 255]


UPRIGHT = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.transpose(1, 0, 2),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: np.rot90(a, 2).transpose(1, 0, 2),
    8: lambda a: np.rot90(a, 1),
}


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(
    ("file_format", "mode"),
    [("JPEG", "RGB"), ("PNG", "RGB"), ("PNG", "RGBA"), ("WEBP", "RGB"), ("TIFF", "RGB")],
)
def test_the_exif_orientation_is_applied(file_format: str, mode: str, orientation: int) -> None:
    blocks = np.kron(noise(2, 3, seed=3), np.ones((16, 16, 1), np.uint8))
    exif = Image.Exif()
    exif[0x0112] = orientation
    options: dict[str, dict[str, Any]] = {
        "JPEG": {"quality": 100, "subsampling": 0},
        "WEBP": {"lossless": True},
    }
    image = Image.fromarray(blocks).convert(mode)
    data = encode(image, file_format, exif=exif, **options.get(file_format, {}))
    assert distance(decode_image(data), UPRIGHT[orientation](blocks)[:, :, ::-1]) <= 5


def test_an_exif_tag_of_a_wrong_type_is_an_image_error_at_most() -> None:
    # A width that is a fraction, which Pillow fails to write when it removes the orientation.
    tags = struct.pack("<HHHIIHHII", 2, 0x0100, 5, 1, 38, 0x0112, 3, 1, 6)
    exif = b"Exif\0\0II*\0" + struct.pack("<I", 8) + tags + struct.pack("<III", 0, 3, 2)
    with contextlib.suppress(ImageError):
        assert decode_image(encode(RGBA, "PNG", exif=exif)).shape == (21, 13, 3)


@pytest.mark.parametrize(
    "name",
    [
        "cmyk.jpg",
        "exif_orientation_6.jpg",
        "grey.png",
        "grey_16bit.png",
        "palette.gif",
        "rgba_transparent.png",
    ],
)
def test_odd_pictures_of_a_line_are_dark_on_white_and_upright(name: str) -> None:
    grey = read_image(FIXTURES / "odd" / name).mean(axis=2)
    assert grey.shape[1] > 3 * grey.shape[0]
    assert np.median(grey) > 240
    assert 0.02 < (grey < 160).mean() < 0.3


@given(arrays(np.uint8, st.tuples(st.integers(1, 6), st.integers(1, 6), st.just(4))))
def test_an_array_with_alpha_is_laid_over_one_grey_or_loses_its_alpha(image: BgrImage) -> None:
    alpha = image[:, :, 3:] / 255.0
    over_black = image[:, :, :3] * alpha
    grounds = [over_black + ground * (1 - alpha) for ground in (0, 128, 255)]
    allowed: list[NDArray[Any]] = [image[:, :, :3], *grounds]
    assert min(np.abs(read_image(image) - exact).max() for exact in allowed) <= 0.5


def drawn(colour: tuple[int, ...], mode: str = "RGBA") -> Image.Image:
    """A bar of one colour on a transparent ground, a sixth of the image."""
    image = Image.new("RGBA", (24, 12), (90, 90, 90, 0))
    image.paste(colour, (4, 4, 16, 8))
    return image.convert(mode)


@pytest.mark.parametrize(
    ("colour", "ground"),
    [
        ((0, 0, 0), 255),
        ((200, 30, 30), 255),
        ((255, 165, 0), 255),
        ((255,) * 3, 0),
        ((230,) * 3, 0),
    ],
)
@pytest.mark.parametrize("file_format", ["PNG", "WEBP", "GIF", "array"])
def test_text_on_a_transparent_ground_stays_readable(
    colour: tuple[int, int, int], ground: int, file_format: str
) -> None:
    image = drawn((*colour, 255))
    if file_format == "array":
        decoded = read_image(np.asarray(image, dtype=np.uint8)[:, :, [2, 1, 0, 3]])
    else:
        options: dict[str, Any] = {"lossless": True} if file_format == "WEBP" else {}
        decoded = decode_image(encode(image, file_format, **options))
    assert decoded[0, 0].tolist() == [ground] * 3
    assert np.abs(decoded[6, 10].astype(int) - colour[::-1]).max() <= 8  # a GIF has few colours


def test_a_light_picture_with_transparent_corners_keeps_white_around_it() -> None:
    image = Image.new("RGBA", (24, 12), "white")
    image.putpixel((0, 0), (0, 0, 0, 0))
    assert decode_image(encode(image, "PNG"))[0, 0].tolist() == [255, 255, 255]


def test_arrays_and_bytes_are_taken_as_they_are() -> None:
    image = noise(4, 6)
    assert np.array_equal(read_image(image), image)
    assert np.array_equal(read_image(image[:, :, 0]), np.stack([image[:, :, 0]] * 3, axis=2))
    assert np.array_equal(read_image(encode(Image.fromarray(image), "PNG")), image[:, :, ::-1])


def test_a_grey_array_may_have_an_axis_of_one_channel() -> None:
    grey = np.arange(12, dtype=np.uint8).reshape(3, 4)
    assert np.array_equal(read_image(grey[:, :, None]), read_image(grey))


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((4, 4, 3), np.float32),
        np.zeros((0, 4, 3), np.uint8),
        np.zeros((4, 4, 2), np.uint8),
        np.zeros((4,), np.uint8),
        np.zeros((1, 4, 4, 3), np.uint8),
    ],
)
def test_an_array_that_is_no_image_is_refused(image: BgrImage) -> None:
    with pytest.raises(ImageError, match="an image array must be"):
        read_image(image)
