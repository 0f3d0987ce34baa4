"""Scenes: what a request may name, and what it then gets."""

from __future__ import annotations

import pytest

from hubocr.errors import SettingsError
from hubocr.settings import ModelSettings, PipelineSettings, apply_request, pipeline_settings
from hubocr.settings.params import MODEL_PARAMS, request_params
from hubocr.settings.rule import TASKS
from hubocr.settings.scenes import SCENES

ALLOWED = PipelineSettings(models=ModelSettings(scenes=("general",)))


@pytest.mark.parametrize("name", SCENES)
def test_a_scene_sets_only_models_and_what_a_request_may_set(name: str) -> None:
    values = SCENES[name].values
    assert values.keys() <= {*MODEL_PARAMS, *request_params(TASKS)}
    assert pipeline_settings(profile=name) == pipeline_settings(**values)


def test_a_request_gets_the_models_and_options_of_a_scene_that_is_allowed() -> None:
    asked = apply_request(ALLOWED, {"profile": "general", "drop_score": 0.1}, TASKS, "options")
    expected = pipeline_settings(profile="general", drop_score=0.1, scenes=["general"])
    assert asked == expected


def test_a_scene_that_needs_other_models_has_to_be_allowed() -> None:
    for settings in (PipelineSettings(), ALLOWED):
        with pytest.raises(
            SettingsError, match=r"^options\.profile: document needs models that are"
        ):
            apply_request(settings, {"profile": "document"}, TASKS, "options")


def test_a_scene_with_the_models_of_the_module_is_always_allowed() -> None:
    settings = pipeline_settings(profile="general", drop_score=0.2)
    asked = apply_request(settings, {"profile": "general"}, TASKS, "options")
    assert asked.models == settings.models


def test_a_dictionary_of_the_modules_own_model_is_not_the_scenes() -> None:
    models = ModelSettings(rec_char_dict_path="mine.txt", scenes=("general",))
    settings = PipelineSettings(models=models)
    asked = apply_request(settings, {"profile": "general"}, TASKS, "options")
    assert asked.models.rec_char_dict_path is None


def test_unknown_scenes_are_refused_by_name() -> None:
    with pytest.raises(SettingsError, match=r"^scenes: there is no scene 'Genral'; there are gen"):
        ModelSettings(scenes=("Genral",))


def test_scene_is_another_name_of_profile() -> None:
    expected = apply_request(ALLOWED, {"profile": "general"}, TASKS, "options")
    assert apply_request(ALLOWED, {"scene": "general"}, TASKS, "options") == expected
    both = {"scene": "general", "profile": "general"}
    assert apply_request(ALLOWED, both, TASKS, "options") == expected
    assert pipeline_settings(scene="captcha") == pipeline_settings(profile="captcha")
    for values in ({"scene": "general", "profile": "captcha"}, {"scene": 5}, {"scene": "nothing"}):
        with pytest.raises(SettingsError, match=r"^options\.(scene|profile)"):
            apply_request(ALLOWED, values, TASKS, "options")
    with pytest.raises(SettingsError, match="the same setting, and differ"):
        pipeline_settings(scene="captcha", profile="general")
