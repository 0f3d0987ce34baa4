"""Scenes that a request names: loaded when they are first asked for, in the service's runtime."""

from __future__ import annotations

import io

import pytest
from PIL import Image, ImageDraw, ImageFont

from hubocr.errors import SettingsError
from hubocr.pipeline import Page
from hubocr.recognition import Recognition
from hubocr.runtime import Runtime
from hubocr.services import Answer, ImageSource, RecognitionService, SystemService
from hubocr.settings import pipeline_settings
from hubocr.settings.layers import effective_settings
from tests.conftest import fixture_image


def text_of(answer: Answer[Page]) -> str:
    (page,) = answer.results
    assert isinstance(page, Page)
    return page.text


def test_a_system_reads_with_the_scene_of_the_request() -> None:
    layers = {"init_args": {"scenes": ["general"]}}
    settings = effective_settings(SystemService.defaults, layers)
    source = ImageSource.from_array(fixture_image("pages/receipt.png"), "images[0]")
    with Runtime(2) as runtime:
        service = SystemService.load(settings.pipeline, runtime)
        loaded = runtime.network_count
        plain = service.answer(SystemService.request([source], {}, settings))
        assert runtime.network_count == loaded
        asked = SystemService.request([source], {"options": {"profile": "general"}}, settings)
        general = service.answer(asked)
        assert runtime.network_count == loaded + 4  # the line classifier is shared
        assert service.answer(asked).results == general.results
        assert runtime.network_count == loaded + 4
        alone = SystemService.load(pipeline_settings(profile="general"), runtime)
        expected = alone.answer(SystemService.request([source], {}, settings))
    assert plain.options.detection.limit_type == "max"
    assert general.options.detection.limit_type == "auto"
    texts = [text_of(answer) for answer in (plain, general, expected)]
    assert texts[1] != texts[0]
    assert texts[1].splitlines()[0] == texts[2].splitlines()[0]


def test_a_recogniser_takes_what_it_has_of_a_scene() -> None:
    settings = effective_settings(
        RecognitionService.defaults,
        {"init_args": {"scenes": ["captcha"]}},
        RecognitionService.tasks,
    )
    asked = RecognitionService.request([], {"profile": "captcha"}, settings)
    assert asked.models is not None
    assert asked.models.rec_model.startswith("PP-OCRv6")
    assert asked.models.det_model == settings.pipeline.models.det_model
    with pytest.raises(SettingsError, match="scenes has to name general"):
        RecognitionService.request([], {"profile": "general"}, settings)


def animation(texts: list[str]) -> bytes:
    """A GIF file with a frame for each text."""
    frames = []
    for text in texts:
        frame = Image.new("RGB", (240, 80), "white")
        font = ImageFont.load_default(48)
        ImageDraw.Draw(frame).text((20, 10), text, fill="black", font=font)
        frames.append(frame)
    file = io.BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:], duration=100)
    return file.getvalue()


@pytest.mark.parametrize(
    ("texts", "choice", "expected"),
    [
        (["ABC", "DE"], "first", "ABC"),
        (["ABC", "DE"], "last", "DE"),
        (["", "EFGH", "EF"], "ink", "EFGH"),
        (["EF", "EFG", "EFGH"], "merged", "EFGH"),
    ],
)
def test_a_request_chooses_the_frame_of_an_animation(
    texts: list[str], choice: str, expected: str
) -> None:
    settings = effective_settings(RecognitionService.defaults, {}, RecognitionService.tasks)
    source = ImageSource.from_bytes(animation(texts), "images[0]")
    options = {"options": {"image_frame": choice}}
    with Runtime(1) as runtime:
        service = RecognitionService.load(settings.pipeline, runtime)
        answer = service.answer(RecognitionService.request([source], options, settings))
    (result,) = answer.results
    assert isinstance(result, Recognition)
    assert result.text.replace(" ", "") == expected
