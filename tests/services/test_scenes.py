"""Scenes that a request names: loaded when they are first asked for, in the service's runtime."""

from __future__ import annotations

import pytest

from hubocr.errors import SettingsError
from hubocr.pipeline import Page
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
        assert runtime.network_count == loaded + 2  # the classifier is shared
        assert service.answer(asked).results == general.results
        assert runtime.network_count == loaded + 2
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
