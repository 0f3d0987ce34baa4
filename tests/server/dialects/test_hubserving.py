"""The ways to send images: JSON, a form with files, a bare image."""

from __future__ import annotations

import json

import pytest
import requests

from tests.server.conftest import FIXTURES, encoded
from tests.server.running import Server

CAPTCHA, LINE = "captchas/a.png", "lines/zh_plain.png"
CAPTCHA_TEXT, LINE_TEXT = "7394", "今天下午三点在二楼会议室开会"


def texts(reply: requests.Response) -> list[str]:
    assert reply.status_code == 200, reply.text
    return [item["text"] for item in reply.json()["results"][0]]


def test_json(server: Server) -> None:
    body = {"images": [encoded(CAPTCHA), encoded(LINE)]}
    reply = requests.post(f"{server.url}/predict/ocr_rec", json=body, timeout=30)
    assert texts(reply) == [CAPTCHA_TEXT, LINE_TEXT]


def test_a_form_with_files_keeps_their_order(server: Server) -> None:
    files = [("images", (FIXTURES / name).read_bytes()) for name in (LINE, CAPTCHA)]
    parts = [(key, ("x.png", data, "image/png")) for key, data in files]
    reply = requests.post(f"{server.url}/predict/ocr_rec", files=parts, timeout=30)
    assert texts(reply) == [LINE_TEXT, CAPTCHA_TEXT]


def test_a_form_may_carry_options(server: Server) -> None:
    page = ("receipt.png", (FIXTURES / "pages" / "receipt.png").read_bytes(), "image/png")
    url = f"{server.url}/predict/ocr_system"
    counts = [
        len(
            requests.post(
                url,
                files={"file": page},
                data={"options": json.dumps({"drop_score": score})},
                timeout=30,
            ).json()["results"][0]
        )
        for score in (0.0, 1.0)
    ]
    assert counts[0] >= 21
    assert counts[1] == 0


@pytest.mark.parametrize("content_type", ["image/png", "application/octet-stream"])
def test_a_bare_image(server: Server, content_type: str) -> None:
    data = (FIXTURES / CAPTCHA).read_bytes()
    reply = requests.post(
        f"{server.url}/predict/ocr_rec",
        data=data,
        headers={"Content-Type": content_type},
        timeout=30,
    )
    assert texts(reply) == [CAPTCHA_TEXT]


def test_an_unreadable_file_of_a_form_keeps_its_slot(server: Server) -> None:
    parts = [
        ("images", ("a.png", (FIXTURES / CAPTCHA).read_bytes())),
        ("images", ("b.png", b"not an image")),
        ("images", ("c.png", (FIXTURES / LINE).read_bytes())),
    ]
    reply = requests.post(f"{server.url}/predict/ocr_rec", files=parts, timeout=30)
    assert texts(reply) == [CAPTCHA_TEXT, "", LINE_TEXT]
    assert "images[1]" in reply.json()["results"][0][1]["error"]


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        (b"{", "application/json", 400, "101"),
        (b"null", "application/json", 400, "112"),
        (b"[]", "application/json", 400, "101"),
        (b'"text"', "application/json", 400, "101"),
        (b"\xff\xfe", "application/json", 400, "101"),
        (b"[" * 100_000, "application/json", 400, "101"),
        (b"", "image/png", 400, "101"),
        (b"x", "text/plain", 415, "101"),
        (b"x", "multipart/form-data; boundary=y", 400, "101"),
        (b"x", "multipart/form-data", 400, "101"),
    ],
)
def test_a_body_that_is_wrong_gets_a_clear_envelope(
    server: Server, body: bytes, content_type: str, status: int, code: str
) -> None:
    reply = requests.post(
        f"{server.url}/predict/ocr_rec",
        data=body,
        headers={"Content-Type": content_type},
        timeout=30,
    )
    assert reply.status_code == status
    answer = reply.json()
    assert set(answer) == {"status", "msg", "results"}
    assert answer["status"] == code
    assert answer["msg"]
    assert "Traceback" not in reply.text
