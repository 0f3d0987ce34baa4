"""``POST /v1/ocr``, asked by the clients that speak it, and by hand."""

from __future__ import annotations

import base64
import importlib
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
import requests
from PIL import Image

from tests.conftest import fixture_boxes
from tests.server.conftest import FIXTURES, encoded
from tests.server.running import Server, running

PAGE = "pages/notice.png"
with Image.open(FIXTURES / PAGE) as _page:
    SIZE = _page.size


def image_uri(name: str = PAGE) -> str:
    return f"data:image/png;base64,{encoded(name)}"


def pdf_uri(pages: int) -> str:
    page = Image.open(FIXTURES / PAGE).convert("RGB")
    file = io.BytesIO()
    page.save(file, "PDF", save_all=True, append_images=[page] * (pages - 1))
    return f"data:application/pdf;base64,{base64.b64encode(file.getvalue()).decode()}"


def ask(server: Server, **body: Any) -> requests.Response:
    return requests.post(f"{server.url}/v1/ocr", json=body, timeout=60)


def check_texts(text: str) -> None:
    plain = text.replace("\\", "").replace(" ", "")
    expected = ["".join(box["text"].split()) for box in fixture_boxes()[PAGE]]
    assert sum(line in plain for line in expected) >= 0.8 * len(expected), text


def test_an_image(server: Server) -> None:
    document = {"type": "image_url", "image_url": image_uri()}
    reply = ask(server, model="hubocr", document=document)
    assert reply.status_code == 200, reply.text
    content = reply.json()
    assert set(content) == {"pages", "model", "usage_info"}
    assert content["model"] == "hubocr"
    (page,) = content["pages"]
    assert page["index"] == 0
    assert page["images"] == []
    assert (page["dimensions"]["width"], page["dimensions"]["height"]) == SIZE
    check_texts(page["markdown"])
    usage = {"pages_processed": 1, "doc_size_bytes": (FIXTURES / PAGE).stat().st_size}
    assert content["usage_info"] == usage


def test_blocks_lie_on_the_page_and_scores_are_asked_for(server: Server) -> None:
    document = {"image_url": {"url": image_uri()}}
    page = ask(server, document=document, confidence_scores_granularity="block").json()["pages"][0]
    for block in page["blocks"]:
        assert -5 <= block["top_left_x"] < block["bottom_right_x"] <= SIZE[0] + 5
        assert -5 <= block["top_left_y"] < block["bottom_right_y"] <= SIZE[1] + 5
        assert block["content"] in page["markdown"]
        scores = block["confidence_scores"]
        assert 0 < scores["minimum_content_confidence_score"] <= 1
    plain = ask(server, document=document, include_blocks=False).json()["pages"][0]
    assert set(plain) == {"index", "markdown", "images", "dimensions"}


@pytest.mark.parametrize(
    ("pages", "expected"), [([0, 2], [0, 2]), ("1-2", [1, 2]), (None, [0, 1, 2])]
)
def test_pages_of_a_document(server: Server, pages: Any, expected: list[int]) -> None:
    document = {"type": "document_url", "document_url": pdf_uri(3)}
    content = ask(server, model=None, document=document, pages=pages).json()
    assert [page["index"] for page in content["pages"]] == expected
    assert content["usage_info"]["pages_processed"] == len(expected)
    check_texts(content["pages"][-1]["markdown"])


@pytest.mark.parametrize(
    ("body", "status", "named"),
    [
        ({}, 400, "document"),
        ([], 422, "the body"),
        ({"document": {"type": "file", "file_id": "x"}}, 422, "document.file_id"),
        ({"document": {"type": "image_url"}}, 422, "document.image_url"),
        ({"document": {"image_url": "x"}, "pages": [-1]}, 422, "pages"),
        ({"document": {"image_url": "x"}, "pages": []}, 422, "pages"),
        ({"document": {"image_url": "x"}, "other": 1}, 422, "other"),
        ({"document": {"image_url": "x"}, "options": {"other": 1}}, 400, "other"),
        ({"document": {"image_url": "x"}, "document_annotation_format": {}}, 422, "annotation"),
        ({"document": {"image_url": "data:image/png;base64,AAAA"}}, 422, "document"),
        ({"document": {"document_url": "http://127.0.0.1/a"}}, 403, "allow_urls"),
        ({"document": {"document_url": "?"}, "pages": [9]}, 422, "document"),
    ],
)
def test_mistakes_are_named(server: Server, body: Any, status: int, named: str) -> None:
    reply = requests.post(f"{server.url}/v1/ocr", json=body, timeout=30)
    content = reply.json()
    assert reply.status_code == status, content
    assert content["object"] == "error"
    assert content["type"] == "invalid_request_error"
    assert named in content["message"]


def test_limits_and_keys_are_those_of_other_routes(tmp_path: Any) -> None:
    flags = ("--limit-body-bytes", "20000")
    environment = {"HUBOCR_API_KEYS": "key"}
    with running(tmp_path, *flags, modules=("ocr_system",), environment=environment) as guarded:
        url = f"{guarded.url}/v1/ocr"
        assert requests.post(url, json={}, timeout=30).json()["code"] == "401"
        key = {"Authorization": "Bearer key"}
        body = json.dumps({"document": {"image_url": "A" * 20_000}})
        reply = requests.post(url, data=body, headers=key, timeout=30)
        assert reply.status_code == 413
        assert reply.json()["object"] == "error"


def test_mistral_s_client(server: Server) -> None:
    reason = "mistralai is not installed"
    mistral = pytest.importorskip("mistralai.client", reason=reason)
    with mistral.Mistral(api_key="none", server_url=server.url) as client:
        answer = client.ocr.process(
            model="hubocr",
            document={"type": "document_url", "document_url": pdf_uri(2)},
            pages=[1],
            include_image_base64=True,
        )
        (page,) = answer.pages
        assert page.index == 1
        check_texts(page.markdown)
        assert {type(block).__name__ for block in page.blocks} <= {"OCRTextBlock", "OCRTitleBlock"}
        image = {"type": "image_url", "image_url": image_uri()}
        check_texts(client.ocr.process(model="hubocr", document=image).pages[0].markdown)
        errors: Any = importlib.import_module("mistralai.client.errors")
        with pytest.raises(errors.SDKError, match="allow_urls"):
            client.ocr.process(model="hubocr", document={"document_url": "http://127.0.0.1/a"})


@pytest.fixture
def litellm() -> Callable[..., Any]:
    module = pytest.importorskip("litellm", reason="litellm is not installed")
    ocr: Callable[..., Any] = module.ocr
    return ocr


@pytest.mark.filterwarnings("ignore")
def test_litellm(server: Server, litellm: Callable[..., Any]) -> None:
    document = {"type": "image_url", "image_url": image_uri()}
    answer = litellm(
        model="mistral/hubocr", document=document, api_key="none", api_base=f"{server.url}/v1"
    )
    check_texts(answer.pages[0].markdown)
    assert answer.usage_info.pages_processed == 1
