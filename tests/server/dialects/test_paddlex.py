"""``POST /ocr`` as PaddleX's clients use it."""

from __future__ import annotations

import base64
import functools
import io
import json
import os
import shutil
import subprocess
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import requests
from PIL import Image

from hubocr.imaging import BgrImage
from tests.arrays import bgr, read_bgr
from tests.server.conftest import FIXTURES, encoded
from tests.server.running import Server, figures, running

PAGE = "pages/receipt.png"
BOXES = json.loads((FIXTURES / "boxes.json").read_text(encoding="utf-8"))


def ocr(server: Server, **body: Any) -> requests.Response:
    return requests.post(f"{server.url}/ocr", json=body, timeout=60)


def file_of(image: Image.Image, kind: str, **options: Any) -> str:
    """Base64 of an image file or document."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return base64.b64encode(file.getvalue()).decode()


def picture(text: str) -> BgrImage:
    """The image of a base64 text."""
    return bgr(cv2.imdecode(np.frombuffer(base64.b64decode(text), np.uint8), cv2.IMREAD_COLOR))


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
    strict = ocr(server, file=encoded(PAGE), fileType=1, textRecScoreThresh=1.0).json()["result"]
    assert strict["ocrResults"][0]["prunedResult"]["rec_texts"] == []
    assert strict["ocrResults"][0]["prunedResult"]["dt_polys"] != []
    plain = ocr(server, file=encoded(PAGE), fileType=1, useTextlineOrientation=False).json()
    pruned = plain["result"]["ocrResults"][0]["prunedResult"]
    assert set(pruned["textline_orientation_angles"]) == {-1}


def test_images_come_back_unless_told_otherwise(server: Server) -> None:
    (shown,) = ocr(server, file=encoded(PAGE), fileType=1).json()["result"]["ocrResults"]
    assert set(shown) == {"prunedResult", "ocrImage", "inputImage"}
    height, width = read_bgr(FIXTURES / PAGE).shape[:2]
    assert picture(shown["ocrImage"]).shape == (height, 2 * width, 3)
    assert picture(shown["inputImage"]).shape == (height, width, 3)
    reply = ocr(server, file=encoded(PAGE), fileType=1, visualize=False).json()
    assert [set(one) for one in reply["result"]["ocrResults"]] == [{"prunedResult"}]


def test_large_images_come_back_within_a_square(server: Server) -> None:
    large = Image.open(FIXTURES / PAGE).convert("RGB").resize((1500, 2400))
    (shown,) = ocr(server, file=file_of(large, "JPEG"), fileType=1).json()["result"]["ocrResults"]
    assert picture(shown["inputImage"]).shape == (2000, 1250, 3)
    assert picture(shown["ocrImage"]).shape == (1600, 2000, 3)


def test_nothing_in_a_reply_is_null_and_unknown_keys_are_ignored(server: Server) -> None:
    options = {"useDocOrientationClassify": True, "returnWordBox": True, "textDetThresh": None}
    reply = ocr(server, file=encoded(PAGE), fileType=1, someNewKey=[1], **options)
    assert reply.status_code == 200
    assert "null" not in reply.text
    assert reply.json()["logId"]


def test_words_have_boxes(server: Server) -> None:
    reply = ocr(server, file=encoded(PAGE), fileType=1, returnWordBox=True, visualize=False).json()
    pruned = reply["result"]["ocrResults"][0]["prunedResult"]
    assert pruned["return_word_box"] is True
    for text, words, boxes in zip(
        pruned["rec_texts"], pruned["text_word"], pruned["text_word_boxes"], strict=True
    ):
        assert "".join(words) == "".join(text.split())
        assert len(boxes) == len(words)


def test_a_turned_page_is_answered_as_it_stands(server: Server) -> None:
    page = Image.open(FIXTURES / PAGE).convert("RGB")
    turned = file_of(page.transpose(Image.Transpose.ROTATE_270), "PNG")
    asked = {"fileType": 1, "useDocOrientationClassify": True}
    (found,) = ocr(server, file=turned, **asked).json()["result"]["ocrResults"]
    pruned = found["prunedResult"]
    assert pruned["model_settings"]["use_doc_preprocessor"] is True
    assert pruned["doc_preprocessor_res"]["angle"] == 90
    assert picture(found["inputImage"]).shape[:2] == (page.width, page.height)
    assert picture(found["docPreprocessingImage"]).shape[:2] == (page.height, page.width)
    (upright,) = ocr(server, file=encoded(PAGE), **asked).json()["result"]["ocrResults"]
    assert pruned["rec_texts"] == upright["prunedResult"]["rec_texts"]
    assert np.allclose(pruned["rec_boxes"], upright["prunedResult"]["rec_boxes"], atol=3)


@pytest.mark.parametrize(("kind", "file_type"), [("PDF", 0), ("TIFF", 1)])
def test_documents_are_answered_page_by_page(server: Server, kind: str, file_type: int) -> None:
    page = Image.open(FIXTURES / PAGE).convert("RGB")
    blank = Image.new("RGB", (300, 200), "white")
    options = {"save_all": True, "append_images": [blank, page]}
    if kind == "PDF":
        options["resolution"] = 144
    reply = ocr(server, file=file_of(page, kind, **options), fileType=file_type).json()
    sizes = [{"width": one.width, "height": one.height} for one in (page, blank, page)]
    assert reply["result"]["dataInfo"] == {"type": kind.lower(), "numPages": 3, "pages": sizes}
    found = [one["prunedResult"]["rec_texts"] for one in reply["result"]["ocrResults"]]
    assert found[1] == []
    assert found[0] == found[2] != []
    assert "合计" in found[0]


def test_more_pages_than_the_limit_are_an_error_and_none_is_dropped(server: Server) -> None:
    page = Image.new("RGB", (60, 40), "white")
    many = file_of(page, "PDF", save_all=True, append_images=[page] * 32)
    reply = ocr(server, file=many, fileType=0)
    assert reply.status_code == 422
    assert "33 of 33 pages are asked for, the limit is 32" in reply.json()["errorMsg"]


def test_the_form_of_the_beta(server: Server) -> None:
    body = {"image": encoded(PAGE), "inferenceParams": {"maxLongSide": 640}, "visualize": True}
    reply = ocr(server, **body).json()
    assert {key: reply[key] for key in ("errorCode", "errorMsg")} == {
        "errorCode": 0,
        "errorMsg": "Success",
    }
    assert set(reply["result"]) == {"texts", "image"}
    assert all(set(one) == {"poly", "text", "score"} for one in reply["result"]["texts"])
    expected = {"".join(item["text"].split()) for item in BOXES[PAGE]}
    found = {"".join(one["text"].split()) for one in reply["result"]["texts"]}
    assert expected & found
    assert picture(reply["result"]["image"]).size
    small = ocr(server, **{**body, "inferenceParams": {"maxLongSide": 64}}).json()
    assert len(small["result"]["texts"]) < len(reply["result"]["texts"])
    failure = ocr(server, image="!!").json()
    assert failure["errorCode"] == 422
    assert "image" in failure["errorMsg"]


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({}, "file"),
        ({"file": 3}, "file"),
        ({"file": "x", "fileType": 7}, "fileType"),
        ({"file": "x", "useDocUnwarping": True}, "useDocUnwarping"),
        ({"file": "x", "fileType": 1, "textDetThresh": 7}, "textDetThresh"),
        ({"file": "x", "fileType": 1, "textDetLimitType": "widest"}, "textDetLimitType"),
        ({"image": "x", "inferenceParams": {"maxLongSide": "far"}}, "inferenceParams.maxLongSide"),
        ([], ""),
    ],
)
def test_mistakes_in_a_body_are_listed_with_their_places(
    server: Server, body: Any, place: str
) -> None:
    reply = requests.post(f"{server.url}/ocr", json=body, timeout=60)
    assert reply.status_code == reply.json()["errorCode"] == 422
    (mistake,) = json.loads(reply.json()["errorMsg"])
    assert set(mistake) == {"type", "loc", "msg"}
    assert mistake["loc"] == place


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"file": encoded(PAGE)}, "File type cannot be determined"),
        ({"file": "https://example.org/a.zip"}, "Unsupported file type"),
        ({"file": "https://example.org/a.pdf"}, "file: the server fetches no URLs"),
        ({"file": "!!", "fileType": 1}, "Invalid input file: file: not valid base64"),
        ({"file": "aGVsbG8=", "fileType": 1}, "Invalid input file: file: not an image"),
        ({"file": encoded(PAGE), "fileType": 0}, "Invalid input file: file: it is an image"),
        ({"file": "JVBERi0xLjc=", "fileType": 0}, "Invalid input file: file"),
        ({"file": "JVBERi0xLjc=", "fileType": 1}, "Invalid input file: file: it is a PDF"),
    ],
)
def test_files_that_cannot_be_read_are_told_in_paddlex_s_words(
    server: Server, body: dict[str, Any], message: str
) -> None:
    reply = ocr(server, **body)
    assert reply.status_code == reply.json()["errorCode"] == 422
    assert reply.json()["errorMsg"].startswith(message)


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", ""])
def test_a_body_that_is_no_json_is_one_of_the_mistakes(server: Server, content_type: str) -> None:
    headers = {"Content-Type": content_type}
    reply = requests.post(f"{server.url}/ocr", data=b"{", headers=headers, timeout=10)
    assert reply.status_code == 422
    assert len(json.loads(reply.json()["errorMsg"])) == 1


def test_urls_are_fetched_where_the_server_is_set_so(tmp_path: Path) -> None:
    handler = functools.partial(SimpleHTTPRequestHandler, directory=str(FIXTURES))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as files:
        threading.Thread(target=files.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{files.server_address[1]}/{PAGE}"
        options = {"allow_urls": True, "url_allowed_networks": ["127.0.0.0/8"], "visualize": False}
        try:
            with running(tmp_path, modules=["ocr_system"], server=options) as server:
                reply = ocr(server, file=url).json()
                (found,) = reply["result"]["ocrResults"]
                assert set(found) == {"prunedResult"}
                assert "合计" in found["prunedResult"]["rec_texts"]
                missing = ocr(server, file=f"{url}.png")
                assert missing.status_code == 422
        finally:
            files.shutdown()


def test_the_client_of_paddlex_s_documentation(server: Server, tmp_path: Path) -> None:
    """The steps of "Development Integration" in PaddleX's page on the OCR pipeline."""
    data = (FIXTURES / PAGE).read_bytes()
    payload = {"file": base64.b64encode(data).decode("ascii"), "fileType": 1}
    response = requests.post(f"{server.url}/ocr", json=payload, timeout=60)
    assert response.status_code == 200
    for place, result in enumerate(response.json()["result"]["ocrResults"]):
        assert isinstance(result["prunedResult"], dict)
        saved = tmp_path / f"ocr_{place}.jpg"
        saved.write_bytes(base64.b64decode(result["ocrImage"]))
        with Image.open(saved) as image:
            assert image.format == "JPEG"
    assert (tmp_path / "ocr_0.jpg").is_file()


def test_paddleocr_s_mcp_server(server: Server) -> None:
    command = os.environ.get("HUBOCR_PADDLEOCR_MCP") or shutil.which("paddleocr_mcp")
    if not command:
        pytest.skip("paddleocr_mcp is not installed and HUBOCR_PADDLEOCR_MCP names none")
    settings = {
        "PADDLEOCR_MCP_MODEL": "PP-OCRv5",
        "PADDLEOCR_MCP_PPOCR_SOURCE": "self_hosted",
        "PADDLEOCR_MCP_SELF_HOSTED_BASE_URL": server.url,
    }
    with subprocess.Popen(
        [command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **settings},
        text=True,
    ) as process:
        about = {"name": "test", "version": "1"}
        start = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": about}
        call_tool(process, 1, "initialize", start)
        given = {"input_data": str(FIXTURES / PAGE), "file_type": "image"}
        answer = call_tool(process, 2, "tools/call", {"name": "ocr", "arguments": given})
        assert process.stdin is not None
        process.stdin.close()
    assert answer["isError"] is False
    assert "合计" in answer["content"][0]["text"].split("\n")


def call_tool(
    process: subprocess.Popen[str], number: int, method: str, parameters: dict[str, Any]
) -> Any:
    """Send a message of the Model Context Protocol, a line of JSON, and return its result."""
    assert process.stdin is not None
    assert process.stdout is not None
    message = {"jsonrpc": "2.0", "id": number, "method": method, "params": parameters}
    process.stdin.write(json.dumps(message) + "\n")
    if method == "initialize":
        process.stdin.write('{"jsonrpc": "2.0", "method": "notifications/initialized"}\n')
    process.stdin.flush()
    for line in process.stdout:
        answer = json.loads(line)
        if answer.get("id") == number:
            return answer["result"]
    raise AssertionError("the MCP server ended")


def test_other_methods_and_paths_are_answered_in_paddlex_s_form(server: Server) -> None:
    for method, path, status in (("GET", "/ocr", 405), ("POST", "/ocr/other", 404)):
        reply = requests.request(method, server.url + path, timeout=10)
        assert reply.status_code == status
        assert reply.json()["errorCode"] == status
        assert reply.json()["logId"] == reply.headers["X-Request-Id"]


def test_images_and_lines_are_counted_as_those_of_hubserving_are(server: Server) -> None:
    def ask(image: str) -> None:
        ocr(server, file=image, fileType=1)

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
