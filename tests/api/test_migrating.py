"""The pages on migrating name all that the others document, and what they say is so."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from hubocr.api.create import create_settings
from hubocr.api.names import OPTIONS
from hubocr.api.pipeline import DocumentPipeline
from hubocr.settings.params import PARAMS

ROOT = Path(__file__).resolve().parents[2]
PAGES = ("docs/migrating.md", "docs/migrating_zh.md")

# What PaddleX 3.7.2, its 3.0-beta, PaddleOCR 3.7.0 and ModelScope document.
DOCUMENTED = [
    "pipeline",
    "config",
    "device",
    "engine",
    "engine_config",
    "use_hpip",
    "hpi_config",
    "pp_option",
    "input",
    "use_doc_orientation_classify",
    "use_doc_unwarping",
    "use_textline_orientation",
    "text_det_limit_side_len",
    "text_det_limit_type",
    "text_det_max_side_limit",
    "text_det_thresh",
    "text_det_box_thresh",
    "text_det_unclip_ratio",
    "text_rec_score_thresh",
    "return_word_box",
    "input_path",
    "page_index",
    "model_settings",
    "doc_preprocessor_res",
    "dt_polys",
    "text_det_params",
    "text_type",
    "textline_orientation_angles",
    "rec_texts",
    "rec_scores",
    "rec_polys",
    "rec_boxes",
    "text_word",
    "text_word_region",
    "text_word_boxes",
    "vis_fonts",
    "print",
    "save_to_json",
    "save_to_img",
    "save_all",
    "json",
    "str",
    "img",
    "--pipeline",
    "--input",
    "--save_path",
    "--device",
    "--engine",
    "--use_hpip",
    "--hpi_config",
    "--get_pipeline_config",
    "--serve",
    "--host",
    "--port",
    "--paddle2onnx",
    "--install",
    "--model",
    "--output",
    "--config_save_path",
    "img_path",
    "dt_scores",
    "rec_text",
    "rec_score",
    "text_det_batch_size",
    "text_rec_batch_size",
    "det_model",
    "rec_model",
    "text_det_model",
    "text_rec_model",
    "rec_batch_size",
    "det_device",
    "rec_device",
    "doc_orientation_classify_model_name",
    "doc_orientation_classify_model_dir",
    "doc_unwarping_model_name",
    "doc_unwarping_model_dir",
    "text_detection_model_name",
    "text_detection_model_dir",
    "textline_orientation_model_name",
    "textline_orientation_model_dir",
    "textline_orientation_batch_size",
    "text_recognition_model_name",
    "text_recognition_model_dir",
    "text_recognition_batch_size",
    "text_det_input_shape",
    "text_rec_input_shape",
    "lang",
    "ocr_version",
    "paddlex_config",
    "enable_hpi",
    "use_tensorrt",
    "precision",
    "enable_mkldnn",
    "mkldnn_cache_capacity",
    "cpu_threads",
    "enable_cinn",
    "predict",
    "predict_iter",
    "ocr",
    "export_paddlex_config_to_yaml",
    "close",
    "paddlex_pipeline",
    "task",
    "preprocessor",
    "config_file",
    "model_revision",
    "batch_size",
    "images",
    "paths",
    "results",
    "text",
    "confidence",
    "text_region",
    "angle",
    "init_args",
    "predict_args",
    "use_multiprocess",
]


@pytest.mark.parametrize("page", PAGES)
def test_every_name_is_on_the_page(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    assert [name for name in DOCUMENTED if name not in text] == []


@pytest.mark.parametrize("page", PAGES)
def test_the_table_of_options_is_so(page: str) -> None:
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in (ROOT / page).read_text(encoding="utf-8").splitlines()
        if line.startswith(("| `use_", "| `text_", "| `return_"))
    ]
    table = {row[0].strip("`"): row for row in rows if len(row) == 3}
    order = list(inspect.signature(DocumentPipeline.predict).parameters)[2:-1]
    assert list(table) == order
    settings = create_settings("OCR")
    for theirs, ours in OPTIONS.items():
        row = table[theirs]
        assert f"`{ours}`" in row[1]
        default = PARAMS[ours].of(settings)
        if theirs not in ("use_doc_orientation_classify", "use_textline_orientation"):
            shown = {False: ("off", "关")}.get(default, (str(default),))
            assert row[2].strip("`").startswith(shown) or f"`{default}`" in row[2]
    assert settings.options.use_angle_cls
    assert settings.options.page_direction == "auto"
