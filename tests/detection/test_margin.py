"""The margin: where it is put, and in which colour."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from hubocr.detection.margin import MARGIN, edge_colour, margin_width, with_margin
from hubocr.imaging import BgrImage


def text_at(size: tuple[int, int], place: tuple[int, int]) -> BgrImage:
    image = Image.new("RGB", size, (240, 230, 220))
    ImageDraw.Draw(image).text(place, "Total", (20, 30, 40), ImageFont.load_default(60))
    return np.ascontiguousarray(np.asarray(image)[:, :, ::-1])


@pytest.mark.parametrize(
    ("size", "place", "width"),
    [
        ((300, 95), (60, 20), MARGIN),  # small
        ((300, 200), (60, 60), 0),
        ((300, 200), (-20, 60), MARGIN),  # cut at the left
        ((300, 200), (60, 150), MARGIN),  # cut at the bottom
        ((900, 600), (-20, 60), 0),  # a page
    ],
)
def test_small_and_tightly_cut_images_want_a_margin(
    size: tuple[int, int], place: tuple[int, int], width: int
) -> None:
    assert margin_width(text_at(size, place)) == width


def test_photographs_want_none() -> None:
    image = np.random.default_rng(0).integers(0, 256, (200, 300, 3), np.uint8)
    assert margin_width(image) == 0


def test_the_margin_has_the_colour_of_the_edge() -> None:
    image = text_at((200, 80), (20, 10))
    assert edge_colour(image).tolist() == [220, 230, 240]
    wide = with_margin(image, 16)
    assert wide.shape == (112, 232, 3)
    assert np.array_equal(wide[16:-16, 16:-16], image)
    assert (wide[:16] == (220, 230, 240)).all()
    assert (wide[:, -16:] == (220, 230, 240)).all()


def test_an_image_of_one_pixel() -> None:
    image = np.full((1, 1, 3), 7, np.uint8)
    assert (with_margin(image, margin_width(image)) == 7).all()
