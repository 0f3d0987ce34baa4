"""Boxes of words and characters, against lines whose letters the test or the fixtures placed."""

from __future__ import annotations

import itertools

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from shapely.geometry import Polygon

from hubocr.imaging import BgrImage
from hubocr.layout import find_words, with_words
from hubocr.pipeline import OcrPipeline
from hubocr.pipeline.crop import LineCrop, cut_line
from hubocr.recognition import Character, Recognition
from hubocr.settings import RecognitionSettings
from tests.conftest import fixture_image, fixture_labels

SETTINGS = RecognitionSettings(word_boxes=True)
IDENTITY = np.eye(3)


def read(pipeline: OcrPipeline, image: BgrImage) -> Recognition:
    return pipeline.recognizer.recognize([image], SETTINGS)[0]


def draw_words(text: str, size: int = 32) -> tuple[BgrImage, list[tuple[str, Polygon]]]:
    """A line in Pillow's own font, and the ink of every word."""
    font = ImageFont.load_default(size)
    width = int(font.getlength(text)) + 24
    image = Image.new("RGB", (width, size + 24), "white")
    pen = ImageDraw.Draw(image)
    pen.text((12, 8), text, fill="black", font=font)
    truth = []
    for place, word in _places(text):
        left = 12 + font.getlength(text[:place])
        x0, y0, x1, y1 = font.getbbox(word)
        truth.append((word, _rectangle(left + x0, 8 + y0, left + x1, 8 + y1)))
    return np.asarray(image)[:, :, ::-1].copy(), truth


def _places(text: str) -> list[tuple[int, str]]:
    places, start = [], 0
    for word in text.split(" "):
        places.append((start, word))
        start += len(word) + 1
    return places


def _rectangle(x0: float, y0: float, x1: float, y1: float) -> Polygon:
    return Polygon([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])


def iou(first: Polygon, second: Polygon) -> float:
    return float(first.intersection(second).area / first.union(second).area)


@pytest.mark.parametrize(
    "text", ["Return to sender 4713", "Please close the window", "Total 12.50"]
)
def test_words_of_a_drawn_line(pipeline: OcrPipeline, text: str) -> None:
    image, truth = draw_words(text)
    reading = with_words(read(pipeline, image), image, IDENTITY, image.shape[:2])
    assert reading.characters is None
    assert reading.words is not None
    assert [word.text for word in reading.words] == [word for word, _ in truth]
    overlaps = [
        iou(Polygon(found.polygon), box)
        for found, (_, box) in zip(reading.words, truth, strict=True)
    ]
    assert min(overlaps) > 0.65
    assert float(np.median(overlaps)) > 0.75
    assert all(0.5 < word.score <= 1 for word in reading.words)


@pytest.mark.parametrize("name", ["lines/zh_plain.png", "lines/zh_coloured.png"])
def test_characters_of_a_chinese_line(pipeline: OcrPipeline, name: str) -> None:
    # Drawn at 30 pixels a character from x = 8 on, see make_fixtures.py.
    image, text = fixture_image(name), fixture_labels("lines")[name]
    words = with_words(read(pipeline, image), image, IDENTITY, image.shape[:2]).words or ()
    assert "".join(word.text for word in words) == text
    for place, word in enumerate(words):
        left, right = (edge(x for x, _ in word.polygon) for edge in (min, max))
        assert abs(left - (8 + 30 * place)) < 15
        assert abs(right - (38 + 30 * place)) < 15


@pytest.mark.parametrize("quarters", [0, 1, 2, 3])
def test_words_on_a_page_in_perspective(pipeline: OcrPipeline, quarters: int) -> None:
    image, truth = draw_words("Return to sender 4713")
    height, width = image.shape[:2]
    source = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    corners = np.array([[60, 90], [470, 60], [480, 128], [66, 150]], np.float32)
    to_page = cv2.getPerspectiveTransform(source, corners)
    page = np.full((300, 560, 3), 255, np.uint8)
    cv2.warpPerspective(image, to_page, (560, 300), page, borderMode=cv2.BORDER_TRANSPARENT)
    crop = cut_line(page, corners)
    # A line that was turned before it was cut out, and is turned back before it is read.
    back = LineCrop(crop.image, crop.to_page).turned(quarters).turned(-quarters)
    assert back.image.shape == crop.image.shape
    words = find_words(
        back.image, read(pipeline, back.image).characters or (), back.to_page, (300, 560)
    )
    assert len(words) == len(truth)
    for word, (text, box) in zip(words, truth, strict=True):
        assert word.text == text
        ring = np.array(box.exterior.coords[:4], np.float64)[None]
        expected = Polygon(cv2.perspectiveTransform(ring, to_page)[0])
        assert iou(Polygon(word.polygon), expected) > 0.6


def test_upright_columns_have_their_words_from_top_to_bottom(pipeline: OcrPipeline) -> None:
    image = fixture_image("lines/zh_plain.png")
    height, width = image.shape[:2]
    page = np.full((width + 40, 200, 3), 255, np.uint8)
    page[20 : 20 + width, 80 : 80 + height] = np.rot90(image, -1)
    crop = cut_line(
        page, np.array([[80, 20], [80 + height, 20], [80 + height, 20 + width], [80, 20 + width]])
    )
    words = find_words(
        crop.image, read(pipeline, crop.image).characters or (), crop.to_page, page.shape[:2]
    )
    tops = [min(y for _, y in word.polygon) for word in words]
    assert len(words) == len(fixture_labels("lines")["lines/zh_plain.png"])
    assert tops == sorted(tops)
    assert all(abs(top - (28 + 30 * place)) < 15 for place, top in enumerate(tops))


def test_texts_without_places_keep_what_they_have() -> None:
    reading = Recognition("ab", 0.9)
    assert with_words(reading, np.zeros((8, 8, 3), np.uint8), IDENTITY, (8, 8)) is reading


def test_nothing_read_has_no_words() -> None:
    reading = Recognition("", 0.0, characters=())
    found = with_words(reading, np.zeros((8, 8, 3), np.uint8), IDENTITY, (8, 8))
    assert found.words == ()


letters = st.builds(Character, st.sampled_from(list("ab中,。 1")), st.floats(0, 1), st.floats(0, 1))


@given(
    seen=st.lists(letters, max_size=30).map(lambda found: sorted(found, key=lambda c: c.position)),
    size=st.tuples(st.integers(1, 40), st.integers(1, 300)),
    seed=st.integers(0, 2**32 - 1),
    noise=st.sampled_from([0, 10, 255]),
)
def test_words_lie_in_the_page_and_in_order(
    seen: list[Character], size: tuple[int, int], seed: int, noise: int
) -> None:
    pixels: NDArray[np.int64] = np.random.default_rng(seed).integers(0, noise + 1, (*size, 3))
    crop = pixels.astype(np.uint8)
    words = find_words(crop, seen, IDENTITY, size)
    assert "".join(word.text for word in words) == "".join(one.text for one in seen).replace(
        " ", ""
    )
    centres = []
    for word in words:
        xs, ys = zip(*word.polygon, strict=True)
        assert 0 <= min(xs) <= max(xs) <= size[1]
        assert 0 <= min(ys) <= max(ys) <= size[0]
        assert 0 <= word.score <= 1
        centres.append((min(xs) + max(xs)) / 2)
    assert all(a <= b + 0.1 for a, b in itertools.pairwise(centres))
