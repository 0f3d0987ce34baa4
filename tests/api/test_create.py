from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml
from PIL import Image

from hubocr import DocumentPipeline, PaddleOCR, create_pipeline
from hubocr.errors import DocumentError, ModelNotFoundError, SettingsError
from tests.api.scripts import FIXTURES, squeeze
from tests.arrays import read_bgr
from tests.documents.pdfs import PdfPage, make_pdf, text_at

NOTICE = FIXTURES / "pages" / "notice.png"
RECEIPT = FIXTURES / "pages" / "receipt.png"
GREY = FIXTURES / "odd" / "grey.png"


@pytest.fixture(scope="module")
def ocr() -> Iterator[DocumentPipeline]:
    with create_pipeline("OCR", device="cpu") as pipeline:
        yield pipeline


def texts(result: dict[str, list[str]]) -> list[str]:
    return [squeeze(text) for text in result["rec_texts"]]


def test_every_kind_of_input_gives_the_same(ocr: DocumentPipeline) -> None:
    image = cv2.imread(str(NOTICE))
    data = NOTICE.read_bytes()
    inputs = [str(NOTICE), NOTICE, image, data, io.BytesIO(data), Image.open(NOTICE)]
    results = list(ocr.predict(inputs))
    assert len(results) == len(inputs)
    assert all(texts(result) == texts(results[0]) for result in results)
    assert [result["input_path"] for result in results] == [str(NOTICE)] * 2 + [None] * 4
    assert [texts(one) for one in ocr.predict(iter(inputs[:2]))] == [texts(results[0])] * 2


def test_errors_stand_in_their_place(ocr: DocumentPipeline, tmp_path: Path) -> None:
    broken = FIXTURES / "odd" / "text.png"
    first, second, third = ocr.predict([NOTICE, broken, GREY])
    assert first.error is None
    assert third.error is None
    assert str(broken) in second["error"]
    assert second["rec_texts"] == []
    assert second["input_path"] == str(broken)
    second.save_all(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["text_res.json"]
    with pytest.raises(type(second.error), match=r"text\.png"):
        second.export("json")
    (missing,) = ocr.predict("nowhere.png")
    assert isinstance(missing.error, DocumentError)
    (url,) = ocr.predict("http://127.0.0.1:9/a.png")
    assert "allow_urls" in url["error"]


def test_nothing_runs_before_the_first_result(ocr: DocumentPipeline) -> None:
    waiting = ocr.predict(NOTICE, text_det_thresh=7)
    with pytest.raises(SettingsError, match=r"predict\.text_det_thresh must be a number from 0"):
        next(waiting)


def test_options_hold_for_one_call(ocr: DocumentPipeline) -> None:
    (all_lines,) = ocr.predict(NOTICE)
    (none,) = ocr.predict(NOTICE, text_rec_score_thresh=1.0)
    (again,) = ocr.predict(NOTICE)
    assert none["rec_texts"] == []
    assert none["text_rec_score_thresh"] == 1.0
    assert len(none["dt_polys"]) == len(all_lines["dt_polys"])
    assert again.json == all_lines.json
    (digits,) = ocr.predict(NOTICE, rec_charset="digits")
    assert set("".join(digits["rec_texts"])) <= set("0123456789")


def test_options_may_come_in_paddlex_s_order(ocr: DocumentPipeline) -> None:
    (result,) = ocr.predict(GREY, None, False, False, 640, "max", 2000, 0.2, 0.5, 1.7, 0.1)
    assert result["text_det_params"] == {
        "limit_side_len": 640,
        "limit_type": "max",
        "thresh": 0.2,
        "max_side_limit": 2000,
        "box_thresh": 0.5,
        "unclip_ratio": 1.7,
    }
    assert result["text_rec_score_thresh"] == 0.1
    assert result["model_settings"]["use_textline_orientation"] is False


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"use_doc_unwarping": True}, "no model that unwarps"),
        ({"text_det_threshold": 0.3}, "unknown option 'text_det_threshold'"),
        ({"rec_model_dir": "x"}, "rec_model_dir is set when the pipeline is made"),
        ({"text_det_limit_type": "longest"}, r"predict\.text_det_limit_type must be one of"),
        ({"det_limit_type": "longest"}, r"predict\.det_limit_type must be one of"),
        ({"use_textline_orientation": "yes"}, r"use_textline_orientation must be true or false"),
        ({"page_range": "three"}, "page"),
    ],
)
def test_wrong_options_are_named(
    ocr: DocumentPipeline, options: dict[str, object], message: str
) -> None:
    with pytest.raises(Exception, match=message) as caught:
        list(ocr.predict(GREY, **options))  # type: ignore[arg-type]
    assert hasattr(caught.value, "hub_status")


def test_a_page_with_text_is_answered_from_it_or_read(
    ocr: DocumentPipeline, tmp_path: Path
) -> None:
    path = tmp_path / "letter.pdf"
    content = text_at(72, 700, "Dear Sir or Madam", 24)
    path.write_bytes(make_pdf(PdfPage(content), PdfPage(text_at(72, 600, "Yours faithfully", 24))))
    layer = list(ocr.predict(path))
    read = list(ocr.predict(path, text_layer="ignore"))
    assert [one.is_text_layer for one in layer + read] == [True, True, False, False]
    assert [one["rec_texts"] for one in layer] == [["Dear Sir or Madam"], ["Yours faithfully"]]
    assert [texts(one) for one in layer] == [texts(one) for one in read]
    assert [one["page_index"] for one in layer] == [0, 1]
    assert np.abs(np.subtract(layer[0]["rec_boxes"], read[0]["rec_boxes"])).max() < 20
    assert [one["page_index"] for one in ocr.predict(path, page_range="2")] == [1]
    layer[1].save_to_json(tmp_path)
    layer[1].save_to_img(tmp_path)
    assert (tmp_path / "letter_1_res.json").is_file()
    assert (tmp_path / "letter_1_ocr_res_img.png").is_file()


@pytest.mark.parametrize("angle", [90, 180, 270])
def test_polygons_are_those_of_the_upright_page(
    ocr: DocumentPipeline, tmp_path: Path, angle: int
) -> None:
    image = read_bgr(RECEIPT)
    turns = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}
    came = cv2.rotate(image, turns[angle])
    upright, turned = ocr.predict([image, came], return_word_box=True)
    preprocessed = turned["doc_preprocessor_res"]
    assert (preprocessed["angle"], upright["doc_preprocessor_res"]["angle"]) == (angle, 0)
    assert np.array_equal(preprocessed["output_img"], image)
    assert texts(turned) == texts(upright)
    for key in ("dt_polys", "rec_polys", "rec_boxes"):
        assert np.abs(np.subtract(turned[key], upright[key])).max() <= 1, key
    words = zip(turned["text_word_boxes"], upright["text_word_boxes"], strict=True)
    assert all(np.abs(np.subtract(*pair)).max() <= 1 for pair in words)
    assert turned.img["ocr_res_img"].size == upright.img["ocr_res_img"].size
    # Our own result keeps the places on the page as it came.
    height, width = came.shape[:2]
    assert turned.page is not None
    assert (turned.page.width, turned.page.height) == (width, height)
    assert turned.page.lines[0].box.bounds != tuple(turned["rec_boxes"][0])


def test_files_are_named_after_the_input(ocr: DocumentPipeline, tmp_path: Path) -> None:
    (result,) = ocr.predict(cv2.imread(str(GREY)))
    for _ in range(2):
        result.save_all(str(tmp_path / "a"))
    names = {path.name for path in (tmp_path / "a").iterdir()}
    endings = ("_res.json", "_ocr_res_img.png", "_preprocessed_img.png")
    assert names == {f"{result.stem}{ending}" for ending in endings}
    seconds, _, digits = result.stem.partition("_")
    assert seconds.isdecimal()
    assert len(digits) == 4
    result.save_to_json(tmp_path / "own.json")
    result.save_to_img(tmp_path / "own.jpg")
    with Image.open(tmp_path / "own.jpg") as drawn:
        assert drawn.format == "JPEG"
    assert yaml.safe_load((tmp_path / "own.json").read_text()) == result.json["res"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"pipeline": "formula"}, "'formula' doesn't exist"),
        ({"pipeline": None}, "needs a name"),
        ({"pipeline": "OCR", "device": "cpu:0"}, "device must be"),
        ({"pipeline": "OCR", "device": "gpu:0,1"}, "one card"),
        ({"pipeline": "OCR", "engine": "transformers"}, "engine must be one of"),
        ({"pipeline": "OCR", "compat": "paddle"}, "compat must be one of"),
        ({"pipeline": "OCR", "nonsense": 1}, "nonsense"),
        ({"pipeline": "nowhere.yaml"}, "nowhere.yaml"),
        ({"pipeline": 5}, "must be 'OCR' or the path of a YAML file, not int"),
        ({"pipeline": b"OCR"}, "not bytes"),
        ({"pipeline": "x" * 5000}, "doesn't exist"),
        ({"config": "OCR.yaml"}, "config must be a dict of names and values, not str; a YAML file"),
        ({"config": [1]}, "config must be a dict"),
        ({"config": {5: 1}}, "config must be a dict"),
        ({"config": {"Global": {}, "Pipeline": {"device": ["cpu"]}}}, "device must be"),
        ({"pipeline": "OCR", "engine_config": 3}, "engine_config must be a dict"),
        ({"pipeline": "OCR", "engine": ["paddle"]}, "engine must be one of"),
        ({"pipeline": "OCR", "device": 0}, "device must be"),
        ({"pipeline": "OCR", "jobs": "x"}, "jobs must be an integer from 0"),
        ({"pipeline": "OCR", "jobs": -1}, "jobs must be an integer from 0"),
    ],
)
def test_what_cannot_be_made_is_refused(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        create_pipeline(**arguments)  # type: ignore[arg-type]


def test_a_missing_model_is_named() -> None:
    with pytest.raises(ModelNotFoundError, match="inference/nothing"):
        create_pipeline("OCR", rec_model_dir="inference/nothing")


def test_arguments_without_effect_are_named(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING), create_pipeline("OCR", use_hpip=True) as pipeline:
        assert "without effect: use_hpip" in caplog.text
        assert [texts(one) for one in pipeline(GREY)]


def test_models_that_have_no_effect_are_named(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        PaddleOCR(doc_unwarping_model_name="UVDoc", enable_hpi=True).close()
    assert "doc_unwarping_model_name (there is no model that unwarps pages)" in caplog.text
    assert "enable_hpi" in caplog.text
    with pytest.raises(SettingsError, match="no model that unwarps pages"):
        PaddleOCR(use_doc_unwarping=True)
