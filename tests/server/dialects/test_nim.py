"""POST /v1/ocr, written from NVIDIA's API reference of NIM for Image OCR."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.server.conftest import encoded
from tests.server.running import Server

PAGE = "pages/receipt.png"


def image(name: str = PAGE) -> dict[str, str]:
    return {"type": "image_url", "url": f"data:image/png;base64,{encoded(name)}"}


def ask(server: Server, path: str = "/v1/ocr", **body: Any) -> requests.Response:
    return requests.post(f"{server.url}{path}", json=body, timeout=60)


def texts(item: dict[str, Any]) -> list[str]:
    return [found["text_prediction"]["text"] for found in item["text_detections"]]


def lines(server: Server) -> Any:
    url = f"{server.url}/predict/ocr_system"
    return requests.post(url, json={"images": [encoded(PAGE)]}, timeout=60).json()["results"][0]


@pytest.mark.parametrize("path", ["/v1/ocr", "/v1/infer"])
def test_sentences_are_the_lines_with_relative_corners(server: Server, path: str) -> None:
    reply = ask(server, path, input=[image()], merge_levels=["sentence"])
    assert reply.status_code == 200, reply.text
    (item,) = reply.json()["data"]
    wanted = lines(server)
    assert texts(item) == [line["text"] for line in wanted]
    for found, line in zip(item["text_detections"], wanted, strict=True):
        assert found["text_prediction"]["confidence"] == pytest.approx(line["confidence"])
        points = found["bounding_box"]["points"]
        assert all(0 <= point["x"] <= 1 and 0 <= point["y"] <= 1 for point in points)
        (x, y), (u, v) = line["text_region"][0], line["text_region"][2]
        width = (u - x) / (points[2]["x"] - points[0]["x"])
        height = (v - y) / (points[2]["y"] - points[0]["y"])
        assert (width, height) == pytest.approx(_size(), rel=1e-6)


def _size() -> tuple[int, int]:
    from PIL import Image

    from tests.server.conftest import FIXTURES

    with Image.open(FIXTURES / PAGE) as opened:
        return opened.size


def test_levels_are_of_each_image(server: Server) -> None:
    levels = ["word", "sentence", "paragraph"]
    reply = ask(server, input=[image()] * 3, merge_levels=levels).json()["data"]
    words, sentences, paragraphs = map(texts, reply)
    assert [item["index"] for item in reply] == [0, 1, 2]
    assert len(words) > len(sentences) >= len(paragraphs) > 0
    whole = ["".join("".join(found).split()) for found in (words, sentences, paragraphs)]
    assert len(set(map(lambda text: "".join(sorted(text)), whole))) == 1
    assert ask(server, input=[image()]).json()["data"][0] == {**reply[2], "index": 0}


def test_an_image_that_cannot_be_read_takes_no_other_with_it(server: Server) -> None:
    broken = {"type": "image_url", "url": "data:image/png;base64,AAAA"}
    first, second = ask(server, input=[broken, image()]).json()["data"]
    assert first["text_detections"] == []
    assert first["error"].startswith("input[0].url: ")
    assert texts(second)
    alone = ask(server, input=[broken])
    assert alone.status_code == 422
    assert "input[0].url" in alone.json()["error"]


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({}, "input"),
        ({"input": []}, "input"),
        ({"input": "x"}, "input"),
        ({"input": [1]}, "input[0]"),
        ({"input": [{"type": "text", "url": "x"}]}, "input[0]"),
        ({"input": [{"type": "image_url", "url": "http://127.0.0.1/a.png"}]}, "input[0].url"),
        ({"input": [{"type": "image_url", "url": None}]}, "input[0].url"),
        ({"merge_levels": ["word", "word"]}, "merge_levels"),
        ({"merge_levels": ["page"]}, "merge_levels[0]"),
        ({"merge_levels": [["word"]]}, "merge_levels[0]"),
    ],
)
def test_bad_input_is_named(server: Server, body: dict[str, Any], named: str) -> None:
    reply = ask(server, **{"input": [image()], **body} if "merge_levels" in body else body)
    assert reply.status_code == 400
    assert named in reply.json()["error"]


def test_a_body_of_another_type_is_refused(server: Server) -> None:
    reply = requests.post(f"{server.url}/v1/ocr", data=b"x", timeout=10)
    assert reply.status_code == 415
    assert reply.json()["error"]
    assert requests.get(f"{server.url}/v1/ocr", timeout=10).status_code == 405


def test_what_gateways_ask_beside_it(server: Server) -> None:
    assert requests.get(f"{server.url}/v1/health/live", timeout=10).json() == {"live": True}
    assert requests.get(f"{server.url}/v1/health/ready", timeout=10).status_code == 200
    listed = requests.get(f"{server.url}/v1/models", timeout=10).json()
    assert {"ocr_system", "ocr_rec"} <= {model["id"] for model in listed["data"]}
    about = requests.get(f"{server.url}/v1/metadata", timeout=10).json()
    assert "ocr_system" in [model["shortName"] for model in about["modelInfo"]]
