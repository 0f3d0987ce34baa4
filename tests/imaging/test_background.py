"""What transparent pixels are laid over, judged by whether the text can be told from it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from hubocr.imaging import decode_image
from tests.imaging import Pixels, bgr, distance, encode

WIDTH, HEIGHT = 240, 60


def text_layer(
    colour: tuple[int, int, int, int], hidden: tuple[int, int, int] = (0, 0, 0)
) -> Image.Image:
    """Text on a transparent ground."""
    image = Image.new("RGBA", (WIDTH, HEIGHT), (*hidden, 0))
    ImageDraw.Draw(image).text((8, 8), "Login 7531", fill=colour, font=ImageFont.load_default(36))
    return image


def strokes() -> Any:
    """Where the text has full strokes."""
    return np.asarray(text_layer((255, 255, 255, 255)).getchannel("A")) > 250


def contrast(image: Pixels, where: Pixels) -> float:
    """How far the strokes differ from the background in brightness, on average."""
    grey = image.astype(float).mean(axis=2)
    return abs(float(grey[where].mean() - grey[0, 0]))


@pytest.mark.parametrize(
    "colour",
    [
        (0, 0, 0, 255),
        (255, 255, 255, 255),
        (255, 255, 255, 100),
        (0, 0, 0, 100),
        (255, 255, 0, 255),
        (120, 120, 120, 255),
        (220, 220, 255, 160),
    ],
)
@pytest.mark.parametrize("file_format", ["PNG", "WEBP", "TIFF"])
def test_text_of_any_colour_and_opacity_stays_readable(
    colour: tuple[int, int, int, int], file_format: str
) -> None:
    decoded = decode_image(encode(text_layer(colour), file_format))
    assert contrast(decoded, strokes()) > 60


@pytest.mark.parametrize("logo", [(0, 0, 255, 255), (30, 80, 200, 255), (0, 0, 0, 255)])
def test_white_text_beside_a_dark_logo(logo: tuple[int, int, int, int]) -> None:
    image = Image.new("RGBA", (WIDTH + 80, HEIGHT), (0, 0, 0, 0))
    image.paste(text_layer((255, 255, 255, 255)), (80, 0))
    ImageDraw.Draw(image).rectangle((10, 10, 60, 50), fill=logo)
    decoded = decode_image(encode(image, "PNG"))
    assert contrast(decoded[:, 80:], strokes()) > 60
    assert contrast(decoded[:, :80], np.s_[15:45, 15:55]) > 25  # type: ignore[arg-type]


def opaque_page(dark: bool) -> Image.Image:
    colours = ("black", "white") if dark else ("white", "black")
    image = Image.new("RGB", (WIDTH, HEIGHT), colours[0])
    ImageDraw.Draw(image).text(
        (8, 8), "Invoice 20", fill=colours[1], font=ImageFont.load_default(36)
    )
    return image


@pytest.mark.parametrize("alpha", [0, 1, 90, 255])
@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("file_format", ["PNG", "WEBP", "TIFF"])
def test_an_alpha_that_is_the_same_everywhere_is_dropped(
    alpha: int, dark: bool, file_format: str
) -> None:
    image = opaque_page(dark)
    with_alpha = image.convert("RGBA")
    with_alpha.putalpha(alpha)
    options = {"lossless": True, "exact": True} if file_format == "WEBP" else {}
    assert distance(decode_image(encode(with_alpha, file_format, **options)), bgr(image)) == 0


def test_a_page_behind_a_stray_cursor_is_shown() -> None:
    image = opaque_page(dark=False)
    with_alpha = image.convert("RGBA")
    with_alpha.putalpha(0)
    with_alpha.paste((0, 0, 0, 255), (0, 0, 3, 3))
    decoded = decode_image(encode(with_alpha, "PNG"))
    assert distance(decoded[4:], bgr(image)[4:]) == 0


def test_what_is_erased_stays_erased() -> None:
    # A photograph's background cut away keeps its colours below: they are not meant to be seen.
    image = opaque_page(dark=False).convert("RGBA")
    alpha = Image.new("L", image.size, 0)
    alpha.paste(255, (0, 0, WIDTH // 3, HEIGHT))
    image.putalpha(alpha)
    assert np.ptp(decode_image(encode(image, "PNG"))[:, WIDTH // 3 + 1 :]) == 0


def test_a_picture_with_transparent_corners_keeps_white_around_it() -> None:
    image = opaque_page(dark=True).convert("RGBA")
    image.paste((0, 0, 0, 0), (0, 0, 4, 4))
    assert decode_image(encode(image, "PNG"))[0, 0].tolist() == [255, 255, 255]
