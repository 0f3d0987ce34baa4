"""The tutorials of PaddleX, PaddleOCR and ModelScope: written from what they document.

Each script is as its users have it; `scripts.run` changes the module that is imported from.
"""

from __future__ import annotations

import ast
import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from hubocr.api.config import read_config
from hubocr.api.create import configure
from tests.api.scripts import FIXTURES, run, squeeze
from tests.arrays import read_bgr
from tests.recognition.families.test_modelscope import draw, write_model

BOXES = json.loads((FIXTURES / "boxes.json").read_text(encoding="utf-8"))
RECEIPT = [squeeze(item["text"]) for item in BOXES["pages/receipt.png"]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copy(FIXTURES / "pages" / "receipt.png", tmp_path / "general_ocr_002.png")
    return tmp_path


PADDLEX = """
from paddlex import create_pipeline

pipeline = create_pipeline(pipeline="OCR")

output = pipeline.predict(
    input="./general_ocr_002.png",
    use_doc_orientation_classify=False,
    use_doc_unwarping=False,
    use_textline_orientation=False,
)
for res in output:
    res.print()
    res.save_to_img(save_path="./output/")
    res.save_to_json(save_path="./output/")
"""


def test_paddlex_3(folder: Path) -> None:
    ran = run(PADDLEX, folder, paddlex="hubocr")
    assert ran.printed.startswith("{'res': {'input_path': './general_ocr_002.png'")
    names = {path.name for path in (folder / "output").iterdir()}
    assert names == {"general_ocr_002_ocr_res_img.png", "general_ocr_002_res.json"}
    saved = json.loads((folder / "output" / "general_ocr_002_res.json").read_text())
    assert list(saved)[:2] == ["input_path", "page_index"]
    documented = {"model_settings", "dt_polys", "text_det_params", "text_type"}
    documented |= {"text_rec_score_thresh", "rec_texts", "rec_scores", "rec_polys", "rec_boxes"}
    assert documented <= set(saved)
    assert set(RECEIPT) <= {squeeze(text) for text in saved["rec_texts"]}
    res = ran.names["res"]
    assert res["rec_boxes"].shape == (len(res["rec_texts"]), 4)
    assert all(polygon.shape == (4, 2) for polygon in res["dt_polys"])
    assert res.json["res"] == saved
    assert isinstance(res.img["ocr_res_img"], Image.Image)
    assert list(res.str) == ["res"]


BETA = """
from paddlex import create_pipeline

pipeline = create_pipeline(pipeline="ocr")

output = pipeline.predict("general_ocr_002.png")
for res in output:
    res.print()
    res.save_to_img("./output/")
    res.save_to_json("./output/")
"""


def test_paddlex_3_beta(folder: Path) -> None:
    ran = run(BETA, folder, paddlex="hubocr")
    printed = json.loads(ran.printed)
    assert set(RECEIPT) <= {squeeze(text) for text in printed["rec_text"]}
    saved = json.loads((folder / "output" / "general_ocr_002.json").read_text())
    assert saved == printed
    lengths = {len(saved[key]) for key in ("dt_polys", "dt_scores", "rec_text", "rec_score")}
    assert len(lengths) == 1
    assert saved["img_path"] == "general_ocr_002.png"
    page = read_bgr(folder / "general_ocr_002.png")
    drawn = read_bgr(folder / "output" / "general_ocr_002.jpg")
    assert drawn.shape[1] > page.shape[1]


DRAFT = """
from paddlex import create_pipeline

pipeline = create_pipeline(pipeline="ocr")

output = pipeline.predict([{"img": "general_ocr_002.png"}], det_batch_size=1, rec_batch_size=1)
texts = []
for batch in output:
    for item in batch:
        res = item["result"]
        res.print(format_json=False)
        texts.extend(res["rec_text"])
"""


def test_the_first_draft_s_loop(folder: Path) -> None:
    ran = run(DRAFT, folder, paddlex="hubocr.api.paddlex_draft")
    assert set(RECEIPT) <= {squeeze(text) for text in ran.names["texts"]}
    assert ast.literal_eval(ran.printed)["rec_text"] == ran.names["texts"]


PADDLEOCR = """
from paddleocr import PaddleOCR

ocr = PaddleOCR(
    use_doc_orientation_classify=False,
    use_doc_unwarping=False,
    use_textline_orientation=False,
    ocr_version="PP-OCRv4",
    lang="ch",
)
result = ocr.predict("general_ocr_002.png")
for res in result:
    res.print()
    res.save_to_img("output")
    res.save_to_json("output")
ocr.export_paddlex_config_to_yaml("mine.yaml")
"""


def test_paddleocr_3(folder: Path) -> None:
    ran = run(PADDLEOCR, folder, paddleocr="hubocr")
    assert len(ran.names["result"]) == 1
    saved = json.loads((folder / "output" / "general_ocr_002_res.json").read_text())
    assert set(RECEIPT) <= {squeeze(text) for text in saved["rec_texts"]}
    settings = ran.names["ocr"].paddlex_pipeline.settings
    assert configure(read_config(folder / "mine.yaml"), {})[0].pipeline == settings


MODELSCOPE = """
from modelscope.pipelines import pipeline
from modelscope.utils.constant import Tasks
import cv2
from tests.arrays import read_bgr

ocr_recognition = pipeline(Tasks.ocr_recognition, model='./cv_convnextTiny_ocr-recognition-general')

img_path = './line.png'
img = cv2.imread(img_path)
result = ocr_recognition(img)
from_path = ocr_recognition(img_path)
many = ocr_recognition([img, img_path], batch_size=2)
print(result)
"""


def test_modelscope(tmp_path: Path) -> None:
    model = tmp_path / "cv_convnextTiny_ocr-recognition-general"
    model.mkdir()
    write_model(model)
    cv2.imwrite(str(tmp_path / "line.png"), draw("丙B", (32, 64)))
    ran = run(
        MODELSCOPE,
        tmp_path,
        modelscope__pipelines="hubocr.api.modelscope",
        modelscope__utils__constant="hubocr.api.modelscope",
    )
    expected = {"text": ["丙B"]}
    assert ran.names["result"] == ran.names["from_path"] == expected
    assert ran.names["many"] == [expected, expected]
    assert ast.literal_eval(ran.printed) == expected


def test_modelscope_on_a_model_of_pp_ocr() -> None:
    from hubocr.api.modelscope import Tasks, pipeline

    read = pipeline(Tasks.ocr_recognition, model="PP-OCRv4_mobile_rec", device="cpu")
    line = FIXTURES / "lines" / "zh_plain.png"
    expected = {"text": ["今天下午三点在二楼会议室开会"]}
    assert read(str(line)) == expected
    assert read(Image.open(line)) == expected
    grey = np.asarray(Image.open(line).convert("L"))
    assert read([grey, line.read_bytes()]) == [expected, expected]
