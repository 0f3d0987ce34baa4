"""Parameters by upstream's names: layers, old files, typing errors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hubocr.errors import SettingsError
from hubocr.hub import HubModule
from hubocr.hub.configure import configure
from hubocr.hub.params import read_params
from hubocr.services import DetectionService, RecognitionService, SystemService
from hubocr.services.options import request_settings
from hubocr.settings import PROFILES, OcrOptions, PipelineSettings, apply_options, pipeline_settings
from hubocr.settings.params import PARAMS, apply_params, request_params
from hubocr.settings.rule import TASKS, Task
from tests.server.running import ROOT

REC: tuple[Task, ...] = ("rec",)

ALL = TASKS

# hubserving's params.py of PaddleOCR 2.10: name -> value, without the model folders.
UPSTREAM: dict[str, Any] = {
    "det_algorithm": "DB",
    "det_limit_side_len": 960,
    "det_limit_type": "max",
    "det_db_thresh": 0.3,
    "det_db_box_thresh": 0.5,
    "det_db_unclip_ratio": 1.6,
    "use_dilation": False,
    "det_db_score_mode": "fast",
    "det_east_score_thresh": 0.8,
    "det_east_cover_thresh": 0.1,
    "det_east_nms_thresh": 0.2,
    "rec_algorithm": "CRNN",
    "rec_image_shape": "3, 48, 320",
    "rec_batch_num": 6,
    "max_text_length": 25,
    "use_space_char": True,
    "use_angle_cls": True,
    "cls_image_shape": "3, 48, 192",
    "label_list": ["0", "180"],
    "cls_batch_num": 30,
    "cls_thresh": 0.9,
    "drop_score": 0.5,
    "use_pdserving": False,
    "use_tensorrt": False,
}


def module_with(folder: Path, body: str) -> Path:
    (folder / "params.py").write_text(f"def read_params():\n    {body}\n", encoding="utf-8")
    return folder


def test_an_old_params_file_changes_nothing() -> None:
    settings = apply_params(PipelineSettings(), UPSTREAM, ALL, "params.py")
    assert settings == PipelineSettings()


@pytest.mark.parametrize("name", ["ocr_det", "ocr_cls", "ocr_rec", "ocr_system"])
def test_our_own_files_say_what_the_reference_says(name: str) -> None:
    ours = read_params(ROOT / "deploy" / "hubserving" / name)
    expected = dict(UPSTREAM)
    if name == "ocr_det":
        expected |= {"det_db_box_thresh": 0.6, "det_db_unclip_ratio": 1.5}
    expected["rec_algorithm"] = "SVTR_LCNet"  # v4's; hubserving's files still say CRNN
    for key, value in ours.items():
        if key in expected:
            assert value == expected[key], key


def test_layers_go_over_each_other(tmp_path: Path) -> None:
    folder = module_with(tmp_path, "return {'drop_score': 0.6, 'cls_thresh': 0.8}")
    settings = configure(SystemService, folder, {"cls_thresh": 0.7, "cpu_threads": 3})
    options = settings.pipeline.options
    assert (options.drop_score, options.classification.thresh) == (0.6, 0.7)
    assert settings.pipeline.engine.threads == 3
    changed = apply_options(options, {"drop_score": 0.1}, ALL, "options")
    assert changed.drop_score == 0.1
    assert options.drop_score == 0.6


def test_a_profile_lies_under_the_layer_that_names_it(tmp_path: Path) -> None:
    def strips(in_file: str, **init_args: object) -> bool:
        settings = configure(SystemService, module_with(tmp_path, f"return {in_file}"), init_args)
        return settings.pipeline.options.recognition.strip_spaces

    captcha = "{'profile': 'captcha'}"
    assert not strips("{}")
    assert strips("{}", profile="captcha")
    assert strips(captcha)
    assert not strips("{}", profile="captcha", rec_strip_spaces=False)
    assert strips("{'rec_strip_spaces': False}", profile="captcha")
    assert not strips("{'profile': 'captcha', 'rec_strip_spaces': False}")
    assert not strips(captcha, rec_strip_spaces=False)
    assert not strips(captcha, profile="default")
    assert not strips(captcha, profile="fast")


def test_a_profile_leaves_the_services_own_defaults_alone() -> None:
    for service in (DetectionService, SystemService):
        settings = configure(service, None, {"profile": "fast"})
        assert settings.pipeline.options == service.defaults.options
        assert settings.pipeline.engine.precision == "prefer_bf16"
        assert settings.profile == "fast"
    assert configure(SystemService, None, {}).profile == "default"
    # A stage that a module doesn't have plays no part.
    settings = configure(DetectionService, None, {"profile": "captcha"})
    assert settings.pipeline.options.recognition == DetectionService.defaults.options.recognition
    assert settings.pipeline.models.rec_model == DetectionService.defaults.models.rec_model


@pytest.mark.parametrize("name", PROFILES)
def test_the_modules_own_files_leave_room_for_every_profile(name: str) -> None:
    folder = ROOT / "deploy" / "hubserving" / "ocr_system"
    settings = configure(SystemService, folder, {"profile": name}).pipeline
    expected = pipeline_settings(profile=name)
    assert (settings.engine, settings.options) == (expected.engine, expected.options)


def test_profiles_in_python() -> None:
    assert pipeline_settings() == pipeline_settings(profile="default") == PipelineSettings()
    settings = pipeline_settings(profile="captcha", rec_charset="digits", cpu_threads=1)
    assert settings.options.recognition.strip_spaces
    assert settings.options.recognition.charset == "digits"
    settings = pipeline_settings(profile="fast", precision="fp32")
    assert settings == PipelineSettings()


@pytest.mark.parametrize("name", ["Fast", "", None, 3, ["fast"]])
def test_an_unknown_profile_is_refused_with_the_names(tmp_path: Path, name: object) -> None:
    class Module(HubModule):
        service = "ocr_rec"
        directory = str(module_with(tmp_path, f"return {{'profile': {name!r}}}"))

    listed = r"\.profile must be one of 'default', 'fast', 'cascade', 'general', .*, not "
    with pytest.raises(SettingsError, match=rf"^init_args{listed}"):
        configure(RecognitionService, None, {"profile": name})
    with pytest.raises(SettingsError, match=rf"^params\.py{listed}"):
        Module()
    with pytest.raises(SettingsError, match=rf"^settings{listed}"):
        pipeline_settings(profile=name)


def test_a_request_names_no_profile() -> None:
    with pytest.raises(SettingsError, match="unknown key in options: profile"):
        apply_options(OcrOptions(), {"profile": "fast"}, ALL, "options")


def test_two_modules_with_files_of_the_same_name_keep_apart(tmp_path: Path) -> None:
    folders = []
    for number in (1, 2):
        folder = tmp_path / str(number) / "ocr_rec"
        folder.mkdir(parents=True)
        folders.append(module_with(folder, f"return {{'rec_batch_num': {number}}}"))
    assert [read_params(folder) for folder in folders] == [
        {"rec_batch_num": 1},
        {"rec_batch_num": 2},
    ]


def test_an_edit_is_taken_up(tmp_path: Path) -> None:
    assert read_params(module_with(tmp_path, "return {'drop_score': 0.1}")) == {"drop_score": 0.1}
    assert read_params(module_with(tmp_path, "return {'drop_score': 0.2}")) == {"drop_score": 0.2}


def test_a_folder_without_params(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"params\.py"):
        read_params(tmp_path)
    (tmp_path / "params.py").write_text("read_params = 1\n")
    with pytest.raises(SettingsError, match="read_params"):
        read_params(tmp_path)


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"drop_scor": 0.5}, "drop_scor"),
        ({"drop_score": "0.5"}, "drop_score"),
        ({"drop_score": 1.5}, "drop_score"),
        ({"drop_score": float("nan")}, "drop_score"),
        ({"rec_batch_num": 2.0}, "rec_batch_num"),
        ({"rec_batch_num": True}, "rec_batch_num"),
        ({"use_gpu": 1}, "use_gpu"),
        ({"engine": "tensorrt"}, "engine"),
        ({"rec_image_shape": "3, 48"}, "rec_image_shape"),
        ({"rec_image_shape": [1, 48, 320]}, "rec_image_shape"),
        ({"det_algorithm": "EAST"}, "EAST"),
        ({"use_tensorrt": True}, "use_tensorrt"),
        ({"label_list": ["0", "90"]}, "label_list"),
    ],
)
def test_a_wrong_value_is_refused_by_name(values: dict[str, Any], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        apply_params(PipelineSettings(), values, ALL, "init_args")


@pytest.mark.parametrize("shape", ["3, 32, 320", "3,32,320", [3, 32, 320], (3, 32, 320)])
def test_shapes_may_be_text_or_lists(shape: object) -> None:
    settings = apply_params(PipelineSettings(), {"rec_image_shape": shape}, ALL, "init_args")
    assert settings.options.recognition.image_shape == (3, 32, 320)


def test_a_module_has_only_its_own_parameters() -> None:
    with pytest.raises(SettingsError, match="drop_score"):
        apply_params(PipelineSettings(), {"drop_score": 0.5}, RecognitionService.tasks, "x")
    with pytest.raises(SettingsError, match="rec_batch_num"):
        apply_params(PipelineSettings(), {"rec_batch_num": 5}, DetectionService.tasks, "x")
    settings = apply_params(PipelineSettings(), {"use_gpu": True}, DetectionService.tasks, "x")
    assert settings.engine.use_gpu


def test_a_request_may_not_set_what_was_loaded_or_costs_memory() -> None:
    allowed = set(request_params(ALL))
    assert {"drop_score", "use_angle_cls", "det_db_thresh", "det_limit_side_len"} <= allowed
    assert not allowed & {"rec_model_dir", "engine", "use_gpu", "cpu_threads", "max_lines"}
    assert not allowed & {"rec_batch_num", "det_max_candidates", "det_max_side_limit"}
    for name in set(PARAMS) - allowed:
        with pytest.raises(SettingsError, match=name):
            apply_options(OcrOptions(), {name: 1}, ALL, "options")


def test_a_length_may_be_a_number() -> None:
    for values, expected in (({"rec_length": 4}, "4"), ({"rec_length": "3-6"}, "3-6")):
        options = apply_options(OcrOptions(), values, ALL, "options")
        assert options.recognition.length == expected
        settings = apply_params(PipelineSettings(), values, RecognitionService.tasks, "init_args")
        assert settings.options.recognition.length == expected
    for wrong in (0, 65, -4, True, 4.0, 10**30, None):
        with pytest.raises(SettingsError, match=r"options\.rec_length must be 'any', a number"):
            apply_options(OcrOptions(), {"rec_length": wrong}, ALL, "options")


def test_a_misspelt_charset_is_refused_before_anything_is_read() -> None:
    with pytest.raises(SettingsError, match=r"^options\.rec_charset: there is no set 'digit'"):
        apply_options(OcrOptions(), {"rec_charset": "digit"}, ALL, "options")
    with pytest.raises(SettingsError, match=r"^init_args\.rec_charset must be names of sets"):
        apply_params(PipelineSettings(), {"rec_charset": 4}, ALL, "init_args")


def test_a_request_may_say_what_is_known_of_a_text() -> None:
    values = {
        "rec_charset": "digits",
        "rec_length": "4",
        "rec_case": "lower",
        "rec_strip_spaces": True,
        "rec_char_scores": True,
        "rec_alternatives": 3,
        "rec_beam_width": 20,
    }
    module = apply_options(OcrOptions(), {"rec_charset": "a-z"}, REC, "predict_args")
    options = apply_options(module, values, REC, "options").recognition
    assert {name: getattr(options, PARAMS[name].field) for name in values} == values
    assert module.recognition.charset == "a-z"
    # And take back what the module's own settings say.
    assert apply_options(module, {"rec_charset": "any"}, REC, "options") == OcrOptions()
    with pytest.raises(SettingsError, match="rec_charset"):
        apply_options(OcrOptions(), {"rec_charset": "digits"}, DetectionService.tasks, "options")


def test_options_come_by_themselves_or_in_an_object() -> None:
    arguments = {"drop_score": 0.1, "options": {"cls_thresh": 0.2}}
    options = request_settings(PipelineSettings(), arguments, ALL).options
    assert (options.drop_score, options.classification.thresh) == (0.1, 0.2)
    assert request_settings(PipelineSettings(), {"options": None}, ALL) == PipelineSettings()
