"""What is in effect where several layers say something, and who said it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hubocr.errors import SettingsError
from hubocr.hub.configure import configure
from hubocr.services import DetectionService, RecognitionService, SystemService
from hubocr.settings import ModelSettings, OcrOptions, PipelineSettings, apply_options
from hubocr.settings.layers import Change, effective_settings
from hubocr.settings.params import PARAMS
from hubocr.settings.profiles import PROFILES, options_params, request_profiles
from hubocr.settings.rule import Task
from hubocr.settings.scenes import Profile

REC: tuple[Task, ...] = ("rec",)
DET: tuple[Task, ...] = ("det",)

SERVER = {"cpu_threads": 7, "performance": "throughput", "max_lines": 40, "engine": "paddle"}
NAMES = ("drop_score", "cls_thresh", "det_db_thresh")


def module_with(folder: Path, **values: object) -> Path:
    (folder / "params.py").write_text(f"def read_params():\n    return {values!r}\n")
    return folder


def test_a_modules_own_params_are_obeyed_over_the_servers_defaults(tmp_path: Path) -> None:
    own = {"cpu_threads": 2, "performance": "latency", "max_lines": 9, "engine": "onnxruntime"}
    settings = configure(SystemService, module_with(tmp_path, **own), {}, SERVER)
    assert {name: PARAMS[name].of(settings.pipeline) for name in own} == own
    assert settings.changes()["max_lines"] == Change(9, "params.py")
    # And what the module leaves open is the server's.
    settings = configure(SystemService, module_with(tmp_path), {}, SERVER)
    assert {name: PARAMS[name].of(settings.pipeline) for name in SERVER} == SERVER
    assert {change.set_by for change in settings.changes().values()} == {"server"}


def test_each_layer_goes_over_the_weaker_ones_and_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = Profile("a test", "测试", dict.fromkeys(NAMES, 0.2))
    monkeypatch.setattr("hubocr.settings.profiles.PROFILES", {**PROFILES, "fast": profile})
    given: dict[str, dict[str, Any]] = {
        "server": {"drop_score": 0.1},
        "params.py": {"profile": "fast", "drop_score": 0.3},
        "init_args": {"drop_score": 0.4},
        "predict_args": {"drop_score": 0.6},
        "options": {"drop_score": 0.7},
    }
    order = ["server", "profile fast", "params.py", "init_args", "predict_args", "options"]
    values = [0.1, 0.2, 0.3, 0.4, 0.6, 0.7]
    for count in range(1, len(order) + 1):
        known = set(order[:count])
        in_file = dict(given["params.py"])
        if "params.py" not in known:
            del in_file["drop_score"]
        if "profile fast" not in known:
            del in_file["profile"]
        settings = effective_settings(
            PipelineSettings(),
            {"params.py": in_file, "init_args": given["init_args"] if "init_args" in known else {}},
            server=given["server"],
        )
        for layer in ("predict_args", "options"):
            if layer in known:
                settings = settings.with_options(given[layer], layer)
        change = settings.changes()["drop_score"]
        assert change == Change(values[count - 1], order[count - 1])


def test_a_value_set_back_to_the_default_is_no_change() -> None:
    layers = {"params.py": {"drop_score": 0.3}, "init_args": {"drop_score": 0.5}}
    assert effective_settings(PipelineSettings(), layers).changes() == {}


def test_changes_can_be_written_as_json_and_are_the_stages_own() -> None:
    settings = effective_settings(
        RecognitionService.defaults, {"init_args": {"profile": "captcha"}}, RecognitionService.tasks
    )
    assert settings.changes() == {
        "rec_model_dir": Change("PP-OCRv6_small_rec", "profile captcha"),
        "rec_strip_spaces": Change(True, "profile captcha"),
        "rec_nfkc": Change(True, "profile captcha"),
        "image_frame": Change("merged", "profile captcha"),
    }
    assert configure(DetectionService, None, {}, SERVER).changes().keys() == {
        *("engine", "cpu_threads", "performance")
    }


@pytest.fixture
def scenes(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Profile("numbers", "数字", {"rec_charset": "digits", "drop_score": 0.2})
    monkeypatch.setattr("hubocr.settings.profiles.PROFILES", {**PROFILES, "meter": scene})


def test_a_request_may_name_a_profile_of_what_a_request_may_set(scenes: None) -> None:
    tasks = SystemService.tasks
    assert set(request_profiles(tasks, ModelSettings())) == {"meter"}
    options = apply_options(OcrOptions(drop_score=0.9), {"profile": "meter"}, tasks, "options")
    assert (options.drop_score, options.recognition.charset) == (0.2, "digits")
    # The request's own values go over it, in whatever order they come.
    options = apply_options(OcrOptions(), {"drop_score": 0.4, "profile": "meter"}, tasks, "options")
    assert (options.drop_score, options.recognition.charset) == (0.4, "digits")
    # A module takes what it has.
    options = apply_options(OcrOptions(), {"profile": "meter"}, REC, "options")
    assert (options.drop_score, options.recognition.charset) == (0.5, "digits")
    with pytest.raises(SettingsError, match=r"^options\.profile must be one of 'meter', not 'fa"):
        apply_options(OcrOptions(), {"profile": "fast"}, tasks, "options")
    with pytest.raises(SettingsError, match="unknown key in options: profile"):
        apply_options(OcrOptions(), {"profile": "meter"}, DET, "options")
    settings = effective_settings(PipelineSettings(), {"init_args": {"drop_score": 0.3}})
    assert settings.with_options({"profile": "meter"}, "predict_args").changes() == {
        "rec_charset": Change("digits", "predict_args"),
        "drop_score": Change(0.2, "predict_args"),
    }
    assert "meter: numbers" in options_params(tasks, ModelSettings())["profile"].rule.help
    assert "数字" in options_params(tasks, ModelSettings())["profile"].rule.zh
