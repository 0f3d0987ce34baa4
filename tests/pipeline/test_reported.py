"""Kinds of images that people report as read wrongly, drawn anew, with the scene ``general``.

``tests/reported.md`` says which test stands for which report.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageChops, ImageDraw, ImageFont

from hubocr.evaluation.texts import is_equal
from hubocr.imaging import BgrImage
from hubocr.pipeline import OcrPipeline
from hubocr.settings import pipeline_settings
from tests.arrays import bgr
from tests.fonts import find_font

WORDS = [
    "river",
    "window",
    "copper",
    "garden",
    "letter",
    "summer",
    "bridge",
    "number",
    "yellow",
    "market",
]


@pytest.fixture(scope="module")
def general() -> Iterator[OcrPipeline]:
    with OcrPipeline.load(pipeline_settings(profile="general")) as pipeline:
        yield pipeline


def drawn(size: tuple[int, int], *texts: tuple[int, int, str, int]) -> BgrImage:
    """An image of this width and height, with texts at x, y and their heights in pixels."""
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    for x, y, text, height in texts:
        draw.text((x, y), text, fill="black", font=ImageFont.truetype(str(find_font()), height))
    return bgr(np.asarray(image)[:, :, ::-1].copy())


def cut_tight(text: str, height: int, margin: int) -> BgrImage:
    """A text with so many pixels of background around it."""
    font = ImageFont.truetype(str(find_font()), height)
    left, top, right, bottom = (round(side) for side in font.getbbox(text))
    size = (right - left + 2 * margin, bottom - top + 2 * margin)
    return drawn(size, (margin - left, margin - top, text, height))


def line(index: int, count: int = 4) -> str:
    words = (WORDS[(index * 7 + place * 3) % len(WORDS)] for place in range(count))
    return f"{index} {' '.join(words)}"


def read(pipeline: OcrPipeline, image: BgrImage) -> str:
    return pipeline.run(image).text


@pytest.mark.parametrize("margin", [1, 4, 10])
def test_a_strip_of_one_line(general: OcrPipeline, margin: int) -> None:
    text = "The quick brown fox jumps over the lazy dog, and over the river"
    assert is_equal(read(general, cut_tight(text, 22, margin)), text)


@pytest.mark.parametrize("text", ["OK", "Submit", "12", "779", "43%", "Hello world"])
@pytest.mark.parametrize("height", [16, 40])
def test_words_and_numbers_that_are_cut_tight(general: OcrPipeline, text: str, height: int) -> None:
    assert is_equal(read(general, cut_tight(text, height, 1)), text)


def test_small_letters_on_a_large_screen(general: OcrPipeline) -> None:
    lines = [line(index) for index in range(12)]
    image = drawn(
        (1920, 1080), *((60 + 500 * (i % 2), 40 + 80 * i, text, 11) for i, text in enumerate(lines))
    )
    assert is_equal(read(general, image), "\n".join(lines))


def test_one_line_on_a_huge_page(general: OcrPipeline) -> None:
    assert is_equal(read(general, drawn((4000, 4000), (1500, 2500, line(8), 30))), line(8))


def test_a_long_screenshot(general: OcrPipeline) -> None:
    lines = [line(index, 2) for index in range(60)]
    image = drawn((720, 9000), *((40, 30 + 150 * i, text, 36) for i, text in enumerate(lines)))
    assert is_equal(read(general, image), "\n".join(lines))


def test_upright_numbers_that_look_alike_upside_down(general: OcrPipeline) -> None:
    numbers = ["98", "68", "86", "66", "99", "89", "96", "69"]
    image = drawn((120, 230), *((30, 10 + 27 * i, text, 12) for i, text in enumerate(numbers)))
    assert is_equal(read(general, image), "\n".join(numbers))


def test_the_rows_of_a_dense_table(general: OcrPipeline) -> None:
    cells = [f"{10 + (index * 37) % 90}" for index in range(12 * 16)]
    image = drawn(
        (800, 480),
        *((14 + 66 * (i % 12), 8 + 29 * (i // 12), text, 16) for i, text in enumerate(cells)),
    )
    found = [item.reading.text for item in general.run(image).lines]
    assert is_equal(" ".join(found), " ".join(cells))


def test_cells_of_a_row_that_are_not_level(general: OcrPipeline) -> None:
    rows = [
        ("Item 1", "invoice", "11.50"),
        ("Item 2", "receipt", "23.75"),
        ("Item 3", "order", "8.20"),
    ]
    places = [
        (200 + 800 * column, 150 + 200 * row + (0, 14, 5)[(row + column) % 3], text, 60)
        for row, cells in enumerate(rows)
        for column, text in enumerate(cells)
    ]
    expected = "\n".join(text for cells in rows for text in cells)
    assert is_equal(read(general, drawn((2480, 900), *places)), expected)


def test_an_upside_down_page_is_read_from_its_top(general: OcrPipeline) -> None:
    lines = [line(index) for index in range(8)]
    image = drawn((700, 500), *((40, 30 + 55 * i, text, 26) for i, text in enumerate(lines)))
    for quarters in (1, 2, 3):
        turned = np.ascontiguousarray(np.rot90(image, quarters))
        assert is_equal(read(general, turned), "\n".join(lines))


@pytest.fixture(scope="module")
def seal(general: OcrPipeline) -> OcrPipeline:
    return OcrPipeline.load(pipeline_settings(profile="seal"), runtime=general.runtime)


def stamped(ring: str, below: str, askew: float) -> BgrImage:
    """A round seal of 520 pixels with a text round its ring and one across, turned by degrees."""
    image = Image.new("RGB", (600, 600), "white")
    ImageDraw.Draw(image).ellipse((40, 40, 560, 560), outline="red", width=9)
    font = ImageFont.truetype(str(find_font()), 44)
    for place, letter in enumerate(ring):
        one = Image.new("RGB", (600, 600), "white")
        ImageDraw.Draw(one).text((300, 96), letter, fill="red", font=font, anchor="mm")
        angle = 125 - 250 * place / (len(ring) - 1)
        image = ImageChops.darker(
            image, one.rotate(angle, Image.Resampling.BICUBIC, fillcolor="white")
        )
    ImageDraw.Draw(image).text((300, 460), below, fill="red", font=font, anchor="mm")
    image = image.rotate(askew, Image.Resampling.BICUBIC, fillcolor="white")
    return bgr(np.asarray(image)[:, :, ::-1].copy())


@pytest.mark.parametrize("askew", [-12, 0, 8])
def test_text_round_a_seal(seal: OcrPipeline, askew: float) -> None:
    image = stamped("SILVER RIVER TRADING LIMITED", "COPY", askew)
    assert is_equal(read(seal, image), "SILVER RIVER TRADING LIMITED\nCOPY")


def test_words_on_a_seal_are_where_they_are_drawn(seal: OcrPipeline) -> None:
    recognition = replace(seal.options.recognition, word_boxes=True)
    options = replace(seal.options, recognition=recognition)
    page = seal.run(stamped("SILVER RIVER TRADING LIMITED", "COPY", 0), options)
    words = {
        word.text: np.array(word.polygon).mean(axis=0) for word in page.lines[0].reading.words or ()
    }
    assert set(words) >= {"SILVER", "LIMITED"}
    for text, middle in words.items():
        first = "SILVER RIVER TRADING LIMITED".index(text)
        # Half a letter beyond its first and its last one.
        ends = np.array([first - 0.5, first + len(text) - 0.5])
        angles = np.radians(-125 + 250 * ends / 27)
        place = 300 + 204 * np.array([np.sin(angles), -np.cos(angles)]).mean(axis=1)
        assert np.abs(middle - place).max() < 20, text


@pytest.mark.parametrize("text", ["J", "i", "1", "7", "8"])
def test_a_single_character(general: OcrPipeline, text: str) -> None:
    assert is_equal(read(general, drawn((200, 140), (80, 30, text, 56))), text)


def test_a_single_digit_in_a_cell(general: OcrPipeline) -> None:
    cells = ["6", "1", "20", "7", "11", "3"]
    image = drawn((700, 80), *((30 + 110 * i, 26, text, 24) for i, text in enumerate(cells)))
    assert is_equal(" ".join(one.reading.text for one in general.run(image).lines), " ".join(cells))


@pytest.mark.parametrize(
    "text", ["88888888", "11000000.00", "0.05", "-15%", "6222 0211 1111 1111 118", "---"]
)
def test_runs_of_one_character(general: OcrPipeline, text: str) -> None:
    assert is_equal(read(general, drawn((560, 90), (40, 25, text, 32))), text)


def test_one_line_of_a_page_is_upside_down(general: OcrPipeline) -> None:
    lines = [line(index) for index in range(6)]
    image = drawn((700, 400), *((40, 30 + 55 * i, text, 26) for i, text in enumerate(lines)))
    image[140:190] = image[140:190][::-1, ::-1].copy()
    assert is_equal(read(general, image), "\n".join(lines))
