"""Images that are one line of text, drawn by the test with wide margins and patterns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from hubocr.imaging import BgrImage
from hubocr.pipeline import OcrPipeline
from hubocr.pipeline.single_line import text_part, whole_image
from hubocr.settings import OcrOptions, pipeline_settings

CAPTCHA = replace(pipeline_settings(profile="captcha").options, drop_score=0.0)


def captcha(text: str, size: tuple[int, int], letters: int, pattern: bool = False) -> BgrImage:
    image = Image.new("RGB", size, (245, 240, 235))
    draw = ImageDraw.Draw(image)
    if pattern:
        for x in range(0, size[0], 9):
            draw.line([(x, 0), (x, size[1])], (225, 220, 215))
    draw.text(
        (size[0] // 2, size[1] // 2), text, (40, 60, 120), ImageFont.load_default(letters), "mm"
    )
    return np.ascontiguousarray(np.asarray(image)[:, :, ::-1])


@pytest.mark.parametrize("pattern", [False, True])
@pytest.mark.parametrize("size", [(260, 220), (400, 160), (120, 40)])
def test_text_within_wide_margins_is_found_and_read(
    pipeline: OcrPipeline, size: tuple[int, int], pattern: bool
) -> None:
    page = pipeline.run(captcha("R7KP", size, 24, pattern), CAPTCHA)
    (line,) = page.lines
    assert line.text == "R7KP"
    left, top, right, bottom = line.box.bounds
    assert left <= size[0] // 2 <= right
    assert top <= size[1] // 2 <= bottom


def test_the_whole_image_is_one_line(pipeline: OcrPipeline) -> None:
    image = captcha("4 9 5 2", (200, 60), 40)
    assert len(pipeline.run(image, OcrOptions(single_line=True)).lines) == 1
    assert pipeline.run(image, CAPTCHA).text == "4952"


def test_an_empty_image_has_a_line_without_text(pipeline: OcrPipeline) -> None:
    page = pipeline.run(np.full((60, 160, 3), 255, np.uint8), CAPTCHA)
    assert page.text == ""
    assert (
        pipeline.run(np.full((60, 160, 3), 255, np.uint8), OcrOptions(single_line=True)).text == ""
    )


def test_a_sum_is_answered(pipeline: OcrPipeline) -> None:
    recognition = replace(CAPTCHA.recognition, answer=True, charset="digits+'+-=?'")
    options = replace(CAPTCHA, recognition=recognition)
    (line,) = pipeline.run(captcha("12+18=?", (220, 60), 36), options).lines
    assert (line.text, line.reading.answer) == ("12+18=?", "30")
    assert line.to_dict()["answer"] == "30"


def test_only_text_that_leaves_most_of_the_image_empty_is_cut_out() -> None:
    image = np.zeros((100, 300, 3), np.uint8)
    small = np.array([[100, 40], [200, 40], [200, 60], [100, 60]], np.int32)
    large = np.array([[10, 10], [290, 10], [290, 80], [10, 80]], np.int32)
    assert text_part(image, []) is None
    assert text_part(image, [large]) is None
    part = text_part(image, [small, small + np.array([20, 0], np.int32)])
    assert part is not None
    assert part.tolist() == [[96, 38], [225, 38], [225, 63], [96, 63]]
    assert whole_image(image).tolist() == [[0, 0], [300, 0], [300, 100], [0, 100]]
