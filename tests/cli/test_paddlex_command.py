"""PaddleX's command lines, as its documentation has them with ``paddlex`` for ``hubocr``."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml

from hubocr.api.config import parse_config
from hubocr.api.create import configure, create_settings
from tests.cli.running import FIXTURES, hubocr

GREY = FIXTURES / "odd" / "grey.png"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copy(GREY, tmp_path / "general_ocr_002.png")
    return tmp_path


def test_predict(folder: Path) -> None:
    done = hubocr(
        *("--pipeline", "OCR", "--input", "general_ocr_002.png"),
        *("--use_doc_orientation_classify", "False", "--use_doc_unwarping", "False"),
        *("--use_textline_orientation", "False", "--save_path", "./output", "--device", "cpu"),
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("{'res': {'input_path': 'general_ocr_002.png'")
    saved = json.loads((folder / "output" / "general_ocr_002_res.json").read_text())
    assert saved["rec_texts"][-1].endswith("20480")
    assert saved["model_settings"]["use_textline_orientation"] is False
    names = {path.name for path in (folder / "output").iterdir()}
    assert names == {"general_ocr_002_res.json", "general_ocr_002_ocr_res_img.png"}


def test_the_configuration_is_written_changed_and_used(folder: Path) -> None:
    written = hubocr("--get_pipeline_config", "OCR", "--save_path", "./my_path", cwd=folder)
    assert written.returncode == 0, written.stderr
    path = folder / "my_path" / "OCR.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    effective, _ = configure(parse_config(content), {})
    assert effective.pipeline == create_settings("OCR")
    again = hubocr("--get_pipeline_config", "OCR", "--save_path", "./my_path", cwd=folder)
    assert again.returncode == 1
    content["SubModules"]["TextRecognition"]["score_thresh"] = 1.0
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    flags = ("--pipeline", path, "--input", "general_ocr_002.png")
    assert "'rec_texts': []" in hubocr(*flags, cwd=folder).stdout
    assert "20480" in hubocr(*flags, "--text_rec_score_thresh", "0.1", cwd=folder).stdout


def test_the_beta_s_configuration(folder: Path) -> None:
    written = hubocr("--get_pipeline_config", "ocr", "--config_save_path", "my_path", cwd=folder)
    assert written.stdout == "my_path/ocr.yaml\n"
    path = folder / "my_path" / "ocr.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert configure(parse_config(content), {})[0].pipeline.models == create_settings("OCR").models
    content["Global"]["input"] = "general_ocr_002.png"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    done = hubocr("--pipeline", path, "--model", "PP-OCRv4_mobile_det", "PP-OCRv4_mobile_rec",
                  "--output", "out", cwd=folder)  # fmt: skip
    assert json.loads(done.stdout)["rec_text"][-1].endswith("20480")
    names = {path.name for path in (folder / "out").iterdir()}
    assert names == {"general_ocr_002.json", "general_ocr_002.jpg"}


_READ = ("--pipeline", "OCR", "--input", "general_ocr_002.png")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--pipeline", "seal", "--input", "x.png"), "'seal' doesn't exist"),
        (("--pipeline", "OCR"), "--input is missing"),
        (("--input", "x.png"), "--pipeline is missing"),
        (("--pipeline", "OCR", "--input", "nowhere.png"), "nowhere.png"),
        (("--get_pipeline_config", "seal"), "'seal' doesn't exist"),
        (("--get_pipeline_config", "OCR", "--save_path", GREY), "can't write results to"),
        ((*_READ, "--save_path", GREY / "below"), "can't write results to"),
        ((*_READ, "--text_rec_score_thresh", "2"), "--text_rec_score_thresh must be a number"),
        ((*_READ, "--text_det_limit_type", "longest"), "--text_det_limit_type must be one of"),
        ((*_READ, "--use_doc_unwarping", "True"), "there is no model that unwarps pages"),
    ],
)
def test_mistakes_are_named(folder: Path, arguments: tuple[str, ...], message: str) -> None:
    done = hubocr(*arguments, cwd=folder)
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr
