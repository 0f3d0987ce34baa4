"""Options of one request that say what is known of a text, over HTTP."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from tests.server.conftest import encoded
from tests.server.running import Server

LINES = ("lines/digits.png", "lines/en_plain.png", "lines/zh_plain.png")
PAGE = "pages/receipt.png"


def post(server: Server, module: str, images: list[str], **options: Any) -> requests.Response:
    body: dict[str, Any] = {"images": images}
    if options:
        body["options"] = options
    return requests.post(f"{server.url}/predict/{module}", json=body, timeout=60)


def results(server: Server, module: str, images: list[str], **options: Any) -> list[Any]:
    reply = post(server, module, images, **options)
    assert reply.status_code == 200, reply.text
    found: list[Any] = reply.json()["results"]
    return found


def test_a_charset_and_a_length(server: Server) -> None:
    images = [encoded(name) for name in LINES]
    (items,) = results(server, "ocr_rec", images, rec_charset="digits", rec_length="4")
    for item in items:
        assert set(item) == {"text", "confidence"}
        assert len(item["text"]) == 4
        assert item["text"].isdigit()
        assert 0 <= item["confidence"] <= 1
    (items,) = results(server, "ocr_rec", images, rec_case="upper", rec_strip_spaces=True)
    for item in items:
        assert item["text"] == "".join(item["text"].upper().split())


def test_what_is_asked_for_comes_with_every_item(server: Server) -> None:
    images = [encoded(LINES[0]), "!!!", encoded(LINES[1])]
    asked = {"rec_alternatives": 3, "rec_char_scores": True}
    (items,) = results(server, "ocr_rec", images, **asked)
    for item in (items[0], items[2]):
        assert set(item) == {"text", "confidence", "alternatives", "char_scores"}
        assert len(item["char_scores"]) == len(item["text"])
        mean = sum(item["char_scores"]) / len(item["char_scores"])
        assert mean == pytest.approx(item["confidence"])
        assert 1 <= len(item["alternatives"]) <= 3
        assert all(set(other) == {"text", "probability"} for other in item["alternatives"])
        chances = [other["probability"] for other in item["alternatives"]]
        assert chances == sorted(chances, reverse=True)
    assert (items[1]["char_scores"], items[1]["alternatives"]) == ([], [])
    assert "images[1]" in items[1]["error"]


def test_the_system_module_takes_them_too(server: Server) -> None:
    (plain,) = results(server, "ocr_system", [encoded(PAGE)])
    assert all(set(item) == {"text", "confidence", "text_region"} for item in plain)
    (more,) = results(server, "ocr_system", [encoded(PAGE)], rec_alternatives=2)
    assert [item["text"] for item in more] == [item["text"] for item in plain]
    assert all(1 <= len(item["alternatives"]) <= 2 for item in more)
    (digits,) = results(server, "ocr_system", [encoded(PAGE)], rec_charset="digits+'.'")
    assert digits
    assert all(set(item["text"]) <= set("0123456789.") for item in digits)


def test_they_hold_for_one_request(server: Server) -> None:
    images = [encoded(name) for name in LINES]
    known: list[dict[str, Any]] = [
        {},
        {"rec_charset": "digits"},
        {"rec_charset": "hanzi", "rec_length": 3},
        {"rec_case": "upper", "rec_char_scores": True},
        {"rec_alternatives": 2},
    ]
    alone = [results(server, "ocr_rec", images, **options) for options in known]
    assert len({str(answer) for answer in alone}) == len(known)
    places = [place % len(known) for place in range(40)]
    with ThreadPoolExecutor(8) as pool:
        together = list(
            pool.map(lambda place: results(server, "ocr_rec", images, **known[place]), places)
        )
    for place, answer in zip(places, together, strict=True):
        assert answer == alone[place]


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"rec_charset": "digit"}, "there is no set 'digit'; 'digits' is one"),
        ({"rec_charset": "12₿"}, "the recogniser can't read '₿'"),
        ({"rec_charset": ""}, "options.rec_charset must be names of sets"),
        ({"rec_charset": "z-a"}, "the range z-a is upside down"),
        ({"rec_length": "6-4"}, "options.rec_length must be 'any', a number"),
        ({"rec_case": "title"}, "options.rec_case must be one of"),
        ({"rec_alternatives": 51}, "options.rec_alternatives must be an integer from 0 to 50"),
        ({"rec_beam_width": 0}, "options.rec_beam_width must be an integer from 1 to 100"),
    ],
)
@pytest.mark.parametrize("module", ["ocr_rec", "ocr_system"])
def test_mistakes_are_named(
    server: Server, module: str, options: dict[str, Any], named: str
) -> None:
    image = encoded(PAGE if module == "ocr_system" else LINES[0])
    reply = post(server, module, [image], **options)
    assert reply.status_code == 400
    assert reply.json()["status"] == "101"
    assert named in reply.json()["msg"]


def test_modules_that_read_nothing_refuse_them(server: Server) -> None:
    for module in ("ocr_det", "ocr_cls"):
        reply = post(server, module, [encoded(LINES[0])], rec_charset="digits")
        assert reply.status_code == 400
        assert "rec_charset" in reply.json()["msg"]


def test_the_server_describes_them(server: Server) -> None:
    document = requests.get(f"{server.url}/openapi.json", timeout=30).json()
    body = document["paths"]["/predict/{name}"]["post"]["requestBody"]["content"]
    options = body["application/json"]["schema"]["properties"]["options"]["properties"]
    assert options["rec_case"]["enum"] == ["as_is", "lower", "upper"]
    assert options["rec_alternatives"]["maximum"] == 50
    assert {options[name]["type"] for name in ("rec_charset", "rec_length")} == {"string"}
