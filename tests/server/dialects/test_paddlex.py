"""``POST /ocr`` as PaddleX's clients use it."""

from __future__ import annotations

import base64
import json
from typing import Any

import cv2
import numpy as np
import pytest
import requests

from tests.arrays import bgr, read_bgr
from tests.server.conftest import FIXTURES, encoded
from tests.server.running import Server, figures

PAGE = "pages/receipt.png"
BOXES = json.loads((FIXTURES / "boxes.json").read_text(encoding="utf-8"))


def ocr(server: Server, **body: Any) -> requests.Response:
    return requests.post(f"{server.url}/ocr", json=body, timeout=60)


def test_the_reply_has_paddlex_s_keys(server: Server) -> None:
    reply = ocr(server, file=encoded(PAGE), fileType=1, logId="job-1").json()
    assert (reply["logId"], reply["errorCode"], reply["errorMsg"]) == ("job-1", 0, "Success")
    (result,) = reply["result"]["ocrResults"]
    pruned = result["prunedResult"]
    assert set(pruned) == {
        *("model_settings", "dt_polys", "text_det_params", "text_type"),
        *("textline_orientation_angles", "text_rec_score_thresh", "return_word_box"),
        *("rec_texts", "rec_scores", "rec_polys", "rec_boxes"),
    }
    expected = {"".join(item["text"].split()) for item in BOXES[PAGE]}
    assert expected <= {"".join(text.split()) for text in pruned["rec_texts"]}
    assert len(pruned["dt_polys"]) == len(pruned["textline_orientation_angles"]) >= len(expected)
    assert reply["result"]["dataInfo"]["type"] == "image"


def test_thresholds_hold_for_one_request(server: Server) -> None:
    strict = ocr(server, file=encoded(PAGE), textRecScoreThresh=1.0).json()["result"]
    assert strict["ocrResults"][0]["prunedResult"]["rec_texts"] == []
    assert strict["ocrResults"][0]["prunedResult"]["dt_polys"] != []
    plain = ocr(server, file=encoded(PAGE), useTextlineOrientation=False).json()["result"]
    angles = plain["ocrResults"][0]["prunedResult"]["textline_orientation_angles"]
    assert set(angles) == {-1}


def test_images_come_back_only_when_asked_for(server: Server) -> None:
    plain = ocr(server, file=encoded(PAGE)).json()["result"]["ocrResults"][0]
    assert plain["ocrImage"] is None
    drawn = ocr(server, file=encoded(PAGE), visualize=True).json()["result"]["ocrResults"][0]
    data = np.frombuffer(base64.b64decode(drawn["ocrImage"]), np.uint8)
    height, width = read_bgr(FIXTURES / PAGE).shape[:2]
    assert bgr(cv2.imdecode(data, cv2.IMREAD_COLOR)).shape == (height, 2 * width, 3)


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, "file"),
        ({"file": 3}, "file"),
        ({"file": "!!"}, "file"),
        ({"file": "aGVsbG8="}, "file"),
        ({"file": "x", "fileType": 0}, "PDF"),
        ({"file": "x", "fileType": 7}, "fileType"),
        ({"file": "x", "useDocUnwarping": True}, "useDocUnwarping"),
        ({"file": "x", "textDetThresh": 7}, "det_db_thresh"),
        ({"file": "x", "unknown": 1}, "unknown"),
    ],
)
def test_a_mistake_is_named_with_422(server: Server, body: dict[str, Any], named: str) -> None:
    reply = ocr(server, **body)
    assert reply.status_code == 422
    assert reply.json()["errorCode"] == 422
    assert named in reply.json()["errorMsg"]


def test_other_methods_and_paths_are_answered_in_paddlex_s_form(server: Server) -> None:
    for method, path, status in (("GET", "/ocr", 405), ("POST", "/ocr/other", 404)):
        reply = requests.request(method, server.url + path, timeout=10)
        assert reply.status_code == status
        assert reply.json()["errorCode"] == status
        assert reply.json()["logId"] == reply.headers["X-Request-Id"]


def test_images_and_lines_are_counted_as_those_of_hubserving_are(server: Server) -> None:
    def ask(image: str) -> None:
        ocr(server, file=image)

    def ask_hubserving(image: str) -> None:
        url = f"{server.url}/predict/ocr_system"
        requests.post(url, json={"images": [image]}, timeout=60)

    for asked in (ask, ask_hubserving):
        before = figures(server)
        for image in (encoded(PAGE), "!", encoded("odd/truncated_header.jpg")):
            asked(image)
        grown = {name: value - before.get(name, 0) for name, value in figures(server).items()}
        assert grown["hubocr_images_total", "read"] == 1
        assert grown["hubocr_images_total", "unreadable"] == 2
        assert grown["hubocr_lines_total", ""] == len(BOXES[PAGE])
