"""Pages that the test turns: they are read as the upright ones, and found where they are."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from hubocr.imaging import BgrImage
from hubocr.pipeline import Box, Line, OcrPipeline, Page
from hubocr.pipeline.turning import as_it_came, upright
from hubocr.recognition import Recognition, Word
from hubocr.settings import OcrOptions, RecognitionSettings
from tests.arrays import bgr
from tests.conftest import fixture_image

AUTO = OcrOptions(
    page_direction="auto",
    reading_order="auto",
    recognition=RecognitionSettings(word_boxes=True),
)
TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}


def on_turned_page(point: tuple[float, float], angle: int, size: tuple[int, int]) -> list[float]:
    """Where OpenCV puts a pixel of an image of this height and width when it turns the image."""
    height, width = size
    x, y = point
    return {90: [height - 1 - y, x], 180: [width - 1 - x, height - 1 - y], 270: [y, width - 1 - x]}[
        angle
    ]


@pytest.mark.parametrize("name", ["pages/receipt.png", "pages/notice.png"])
@pytest.mark.parametrize("angle", sorted(TURNS))
def test_a_turned_page_is_read_as_the_upright_one(
    pipeline: OcrPipeline, name: str, angle: int
) -> None:
    image = fixture_image(name)
    straight = pipeline.run(image, AUTO)
    turned = np.asarray(cv2.rotate(image, TURNS[angle]), np.uint8)
    found = pipeline.run(turned, AUTO)
    assert straight.angle == 0
    assert found.angle == angle
    assert (found.width, found.height) == (turned.shape[1], turned.shape[0])
    assert found.text == straight.text
    for line, expected in zip(found.lines, straight.lines, strict=True):
        corners = [on_turned_page(point, angle, image.shape[:2]) for point in expected.polygon]
        assert np.abs(np.array(line.polygon) - np.array(corners)).max() <= 1
        words = zip(line.reading.words or (), expected.reading.words or (), strict=True)
        for word, other in words:
            corners = [on_turned_page(point, angle, image.shape[:2]) for point in other.polygon]
            assert np.abs(np.array(word.polygon) - np.array(corners)).max() <= 1.5


def test_the_default_leaves_pages_as_they_are(pipeline: OcrPipeline) -> None:
    image = np.asarray(cv2.rotate(fixture_image("pages/receipt.png"), TURNS[90]), np.uint8)
    assert pipeline.run(image).angle == 0


def letter(text: str) -> BgrImage:
    image = Image.new("RGB", (200, 140), "white")
    ImageDraw.Draw(image).text((80, 30), text, fill="black", font=ImageFont.load_default(56))
    return bgr(np.asarray(image)[:, :, ::-1].copy())


@pytest.mark.parametrize("text", ["J", "1", "7", "98", "68"])
def test_upright_characters_are_not_turned(pipeline: OcrPipeline, text: str) -> None:
    assert pipeline.run(letter(text), AUTO).text == text


def test_a_bar_is_not_a_dash(pipeline: OcrPipeline) -> None:
    # I, l and 1 look alike; on their side they would be read as the Chinese one.
    assert pipeline.run(letter("I"), AUTO).text in {"I", "l", "1", "|", "[", ""}


@pytest.mark.parametrize("angle", [90, 180, 270])
def test_points_go_where_pixels_go(angle: int) -> None:
    page = np.zeros((30, 50, 3), np.uint8)
    page[4, 7] = 255
    turned = np.asarray(cv2.rotate(page, TURNS[angle]), np.uint8)
    assert (upright(turned, angle) == page).all()
    word = Word("a", 1.0, ((7.0, 4.0), (8.0, 4.0), (8.0, 5.0), (7.0, 5.0)))
    line = Line(Box(((7, 4),) * 4, 0.9), Recognition("a", 1.0, words=(word,)))
    found = as_it_came(Page(50, 30, (line, Box(((7, 4),) * 4, 0.5))), angle)
    (y,), (x,) = np.nonzero(turned[:, :, 0])
    assert (found.width, found.height) == (turned.shape[1], turned.shape[0])
    assert [box.polygon for box in found.boxes] == [((int(x), int(y)),) * 4] * 2
    corners = np.array(found.lines[0].reading.words[0].polygon)  # type: ignore[index]
    assert corners.min(axis=0).tolist() == [x, y]
    assert corners.max(axis=0).tolist() == [x + 1, y + 1]
