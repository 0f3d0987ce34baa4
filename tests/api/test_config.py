from __future__ import annotations

import copy
import logging
from pathlib import Path
from typing import Any

import pytest
import yaml

from hubocr.api.config import parse_config, read_config
from hubocr.api.create import configure
from hubocr.errors import ModelNotFoundError, SettingsError

# What PaddleX 3.7.2's OCR.yaml says, value by value.
PADDLEX: dict[str, Any] = {
    "pipeline_name": "OCR",
    "text_type": "general",
    "use_doc_preprocessor": True,
    "use_textline_orientation": True,
    "SubPipelines": {
        "DocPreprocessor": {
            "pipeline_name": "doc_preprocessor",
            "use_doc_orientation_classify": True,
            "use_doc_unwarping": True,
            "SubModules": {
                "DocOrientationClassify": {
                    "module_name": "doc_text_orientation",
                    "model_name": "PP-LCNet_x1_0_doc_ori",
                    "model_dir": None,
                },
                "DocUnwarping": {
                    "module_name": "image_unwarping",
                    "model_name": "UVDoc",
                    "model_dir": None,
                },
            },
        }
    },
    "SubModules": {
        "TextDetection": {
            "module_name": "text_detection",
            "model_name": "PP-OCRv6_medium_det",
            "model_dir": None,
            "limit_side_len": 64,
            "limit_type": "min",
            "max_side_limit": 4000,
            "thresh": 0.3,
            "box_thresh": 0.6,
            "unclip_ratio": 1.5,
        },
        "TextLineOrientation": {
            "module_name": "textline_orientation",
            "model_name": "PP-LCNet_x1_0_textline_ori",
            "model_dir": None,
            "batch_size": 6,
        },
        "TextRecognition": {
            "module_name": "text_recognition",
            "model_name": "PP-OCRv6_medium_rec",
            "model_dir": None,
            "batch_size": 6,
            "score_thresh": 0.0,
        },
    },
}


def written(content: object, folder: Path) -> Path:
    path = folder / "OCR.yaml"
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return path


def changed(**leaves: object) -> dict[str, Any]:
    """Return the file with values at ``SubModules__TextDetection__thresh`` and the like."""
    content = copy.deepcopy(PADDLEX)
    for path, value in leaves.items():
        *sections, key = path.split("__")
        section = content
        for name in sections:
            section = section[name]
        section[key] = value
    return content


def test_paddlex_s_own_file_loads_as_it_is(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        config = read_config(written(PADDLEX, tmp_path))
    effective, _ = configure(config, {})
    options = effective.pipeline.options
    assert options.detection.limit_side_len == 64
    assert options.detection.limit_type == "min"
    assert (options.detection.box_thresh, options.detection.unclip_ratio) == (0.6, 1.5)
    assert options.drop_score == 0.0
    assert options.use_angle_cls
    assert effective.pipeline.models.det_model == "PP-OCRv6_small_det"
    assert effective.pipeline.models.rec_model == "PP-OCRv6_small_rec"
    assert effective.pipeline.models.cls_model == "ch_ppocr_mobile_v2.0_cls"
    for name in ("PP-OCRv6_medium_det", "PP-OCRv6_medium_rec", "PP-LCNet_x1_0_textline_ori"):
        assert f"{name} can't be fetched" in caplog.text
    assert "use_doc_unwarping" in caplog.text


def test_arguments_win_over_the_file() -> None:
    config = parse_config(PADDLEX)
    effective, documents = configure(config, {"drop_score": 0.4, "max_pages": 7})
    assert effective.pipeline.options.drop_score == 0.4
    assert documents.max_pages == 7


def test_other_models(tmp_path: Path) -> None:
    config = parse_config(
        changed(
            SubModules__TextDetection__model_name="PP-OCRv4_mobile_det",
            SubModules__TextRecognition__model_dir=str(tmp_path),
        )
    )
    assert config.values["det_model_dir"] == "PP-OCRv4_mobile_det"
    assert config.values["rec_model_dir"] == str(tmp_path)
    with pytest.raises(ModelNotFoundError, match="'PP-OCRv9_det' is neither in the registry"):
        parse_config(changed(SubModules__TextDetection__model_name="PP-OCRv9_det"))


def test_unknown_keys_are_named(caplog: pytest.LogCaptureFixture) -> None:
    content = changed(
        SubModules__TextDetection__treshold=0.2, use_hpip=False, Serving={"visualize": False}
    )
    with caplog.at_level(logging.WARNING):
        config = parse_config(content)
    assert {"SubModules.TextDetection.treshold", "use_hpip", "Serving.visualize"} <= set(
        config.unknown
    )
    assert "SubModules.TextDetection.treshold" in caplog.text


@pytest.mark.parametrize(
    ("leaves", "message"),
    [
        ({"pipeline_name": "PP-StructureV3"}, "pipeline_name must be 'OCR'"),
        ({"text_type": "seal"}, "text_type must be 'general', not 'seal': curved"),
        ({"engine": "transformers"}, "engine must be one of"),
    ],
)
def test_what_cannot_be_done_is_refused(leaves: dict[str, object], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        parse_config(changed(**leaves))


def test_a_value_out_of_range_is_refused() -> None:
    config = parse_config(changed(SubModules__TextDetection__thresh=3))
    with pytest.raises(SettingsError, match="det_db_thresh must be a number from 0 to 1"):
        configure(config, {})


BETA = """
Global:
  pipeline_name: OCR
  input: https://example.com/general_ocr_002.png

Pipeline:
  det_model: PP-OCRv4_mobile_det
  det_device: "cpu"
  rec_model: PP-OCRv4_mobile_rec
  rec_batch_size: 1
  rec_device: "cpu"
"""
LATER_BETA = """
Global:
  pipeline_name: OCR
Pipeline:
  text_det_model: PP-OCRv4_mobile_det
  text_rec_model: PP-OCRv4_mobile_rec
  text_det_batch_size: 1
  text_rec_batch_size: 8
  device: "gpu:1"
"""


def test_the_short_form_of_the_beta(tmp_path: Path) -> None:
    config = parse_config(yaml.safe_load(BETA))
    assert config.is_beta
    assert config.input == "https://example.com/general_ocr_002.png"
    assert config.unknown == ()
    effective, _ = configure(config, {})
    assert effective.pipeline.models.rec_model == "PP-OCRv4_mobile_rec"
    assert not effective.pipeline.engine.use_gpu
    later = parse_config(yaml.safe_load(LATER_BETA))
    assert (later.values["use_gpu"], later.values["gpu_id"]) == (True, 1)
    assert later.values["rec_batch_num"] == 8
    assert later.unknown == ("Pipeline.text_det_batch_size",)


def test_two_devices_are_refused() -> None:
    content = yaml.safe_load(BETA)
    content["Pipeline"]["rec_device"] = "gpu:0"
    with pytest.raises(SettingsError, match="det_device cpu, rec_device gpu:0"):
        parse_config(content)


def test_our_own_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("profile: captcha\nrec_charset: digits\nallow_urls: true\n", encoding="utf-8")
    effective, documents = configure(read_config(path), {})
    assert effective.profile == "captcha"
    assert effective.pipeline.options.recognition.charset == "digits"
    assert documents.allow_urls
    path.write_text("rec_charsets: digits\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="rec_charsets"):
        configure(read_config(path), {})
