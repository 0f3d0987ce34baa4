"""The wire contract of hubserving, row by row, for any server that claims to keep it.

A test class inherits `WireContract`, and its file has a fixture ``wire`` with the server. The
truths are the fixtures' labels and boxes, made when their pictures were drawn.
"""

from __future__ import annotations

import base64
import csv
import itertools
import json
from pathlib import Path
from typing import Any

import pytest
import requests
from rapidfuzz.fuzz import ratio
from shapely.geometry import Polygon

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
MODULES = ("ocr_det", "ocr_cls", "ocr_rec", "ocr_system")
PAGE_MODULES = ("ocr_det", "ocr_system")
LINE_MODULES = ("ocr_cls", "ocr_rec")
ITEM_KEYS = {
    "ocr_det": {"text_region"},
    "ocr_cls": {"angle", "confidence"},
    "ocr_rec": {"text", "confidence"},
    "ocr_system": {"text", "confidence", "text_region"},
}
UNREAD = {"text": "", "angle": "", "confidence": 0.0, "text_region": [[0, 0]] * 4}

with (FIXTURES / "labels.tsv").open(encoding="utf-8") as _file:
    LABELS = dict(csv.reader(_file, delimiter="\t", quoting=csv.QUOTE_NONE))
BOXES = json.loads((FIXTURES / "boxes.json").read_text(encoding="utf-8"))

LINES = ("lines/zh_plain.png", "lines/en_plain.png", "lines/digits.png")
PAGES = ("pages/receipt.png", "pages/notice.png")
NOT_AN_IMAGE = base64.b64encode(b"a text, not an image").decode()


def encoded(name: str) -> str:
    return base64.b64encode((FIXTURES / name).read_bytes()).decode()


class Wire:
    """A server under test."""

    def __init__(self, url: str) -> None:
        self.url = url

    def send(self, module: str, body: bytes, content_type: str | None) -> requests.Response:
        headers = {} if content_type is None else {"Content-Type": content_type}
        return requests.post(
            f"{self.url}/predict/{module}", data=body, headers=headers, timeout=120
        )

    def post(self, module: str, content: object) -> dict[str, Any]:
        """Post JSON and return the envelope, which comes with HTTP 200 whatever it says."""
        reply = self.send(module, json.dumps(content).encode(), "application/json")
        assert reply.status_code == 200, reply.text
        assert reply.headers["Content-Type"].startswith("application/json")
        envelope = reply.json()
        assert isinstance(envelope, dict)
        assert set(envelope) == {"status", "msg", "results"}
        assert isinstance(envelope["msg"], str)
        return envelope

    def results(self, module: str, images: list[str], **keys: object) -> list[Any]:
        envelope = self.post(module, {"images": images, **keys})
        assert (envelope["status"], envelope["msg"]) == ("000", "")
        results = envelope["results"]
        assert isinstance(results, list)
        for items in results:
            for item in items:
                check_item(module, item)
        return results

    def refusal(self, module: str, content: object, status: str = "101") -> str:
        """Post JSON that must be refused, and return why."""
        envelope = self.post(module, content)
        assert envelope["status"] == status
        assert envelope["results"] == ""
        assert envelope["msg"]
        assert "Traceback" not in envelope["msg"]
        return str(envelope["msg"])


def check_item(module: str, item: dict[str, Any]) -> None:
    assert set(item) - {"error"} == ITEM_KEYS[module]
    if "error" in item:
        assert isinstance(item["error"], str)
    if "confidence" in item:
        assert type(item["confidence"]) is float
        assert 0 <= item["confidence"] <= 1
    if "angle" in item:
        assert item["angle"] in ("", "0", "180")
    if "text_region" in item:
        assert len(item["text_region"]) == 4
        assert all(type(value) is int for point in item["text_region"] for value in point)


def unspaced(text: str) -> str:
    """Spaces between words are no part of this contract: the model often leaves them out."""
    return text.replace(" ", "")


def overlap(region: list[list[int]], points: list[list[float]]) -> float:
    """Intersection over union of two quadrilaterals."""
    a, b = Polygon(region), Polygon(points)
    return float(a.intersection(b).area / a.union(b).area)


def check_page(name: str, items: list[dict[str, Any]]) -> None:
    """Every labelled text is found in its place, and read where the module reads."""
    for label in BOXES[name]:
        best = max(items, key=lambda item: overlap(item["text_region"], label["points"]))
        assert overlap(best["text_region"], label["points"]) > 0.5, label["text"]
        if "text" in best:
            # The recogniser may miss a final full stop; the contract is about places and order.
            assert ratio(unspaced(best["text"]), unspaced(label["text"])) > 90


class WireContract:
    """The rows of the contract."""

    def test_one_line(self, wire: Wire) -> None:
        name = "lines/zh_plain.png"
        ((item,),) = wire.results("ocr_rec", [encoded(name)])
        assert item["text"] == LABELS[name]
        assert item["confidence"] > 0.9

    def test_several_lines_come_in_one_inner_list(self, wire: Wire) -> None:
        (items,) = wire.results("ocr_rec", [encoded(name) for name in LINES])
        assert [unspaced(item["text"]) for item in items] == [
            unspaced(LABELS[name]) for name in LINES
        ]

    def test_the_direction_of_lines(self, wire: Wire) -> None:
        names = ["lines/zh_plain.png", "lines/zh_turned.png", "lines/en_turned.png"]
        (items,) = wire.results("ocr_cls", [encoded(name) for name in names])
        assert [item["angle"] for item in items] == ["0", "180", "180"]
        ((item,),) = wire.results("ocr_cls", [encoded(names[1])])
        assert item["angle"] == "180"

    @pytest.mark.parametrize("module", PAGE_MODULES)
    def test_one_page(self, wire: Wire, module: str) -> None:
        (items,) = wire.results(module, [encoded(PAGES[0])])
        check_page(PAGES[0], items)

    @pytest.mark.parametrize("module", PAGE_MODULES)
    def test_several_pages_come_in_a_list_each(self, wire: Wire, module: str) -> None:
        results = wire.results(module, [encoded(name) for name in PAGES])
        assert len(results) == len(PAGES)
        for name, items in zip(PAGES, results, strict=True):
            check_page(name, items)

    def test_the_system_s_lines_come_in_reading_order(self, wire: Wire) -> None:
        (items,) = wire.results("ocr_system", [encoded(PAGES[0])])
        tops = [item["text_region"][0][1] for item in items]
        assert all(later > earlier - 10 for earlier, later in itertools.pairwise(tops))

    @pytest.mark.parametrize("module", PAGE_MODULES)
    def test_a_page_with_nothing(self, wire: Wire, module: str) -> None:
        assert wire.results(module, [encoded("odd/blank.png")]) == [[]]

    def test_a_line_with_nothing(self, wire: Wire) -> None:
        results = wire.results("ocr_rec", [encoded("odd/blank.png")])
        assert results == [[{"text": "", "confidence": 0.0}]]

    @pytest.mark.parametrize("name", ["grey.png", "rgba_transparent.png", "grey_16bit.png"])
    def test_images_of_other_kinds(self, wire: Wire, name: str) -> None:
        ((item,),) = wire.results("ocr_rec", [encoded(f"odd/{name}")])
        assert unspaced(item["text"]) == "Order20480"

    @pytest.mark.parametrize("module", PAGE_MODULES)
    @pytest.mark.parametrize("bad", ["!!!", NOT_AN_IMAGE, ""])
    def test_an_unreadable_page_keeps_its_slot(self, wire: Wire, module: str, bad: str) -> None:
        first, second, third = wire.results(module, [encoded(PAGES[0]), bad, encoded(PAGES[1])])
        check_page(PAGES[0], first)
        check_page(PAGES[1], third)
        self._check_unread(module, second, "images[1]")

    @pytest.mark.parametrize("module", LINE_MODULES)
    @pytest.mark.parametrize("bad", ["!!!", NOT_AN_IMAGE, ""])
    def test_an_unreadable_line_keeps_its_slot(self, wire: Wire, module: str, bad: str) -> None:
        images = [encoded("lines/zh_plain.png"), bad, encoded("lines/digits.png")]
        (items,) = wire.results(module, images)
        assert len(items) == 3
        self._check_unread(module, [items[1]], "images[1]")
        ((alone,),) = wire.results(module, images[2:])
        key = "text" if module == "ocr_rec" else "angle"
        assert items[2][key] == alone[key]

    @staticmethod
    def _check_unread(module: str, items: list[dict[str, Any]], place: str) -> None:
        (item,) = items
        error = item.pop("error")
        assert place in error
        assert item == {key: UNREAD[key] for key in ITEM_KEYS[module]}

    @pytest.mark.parametrize("module", MODULES)
    def test_only_unreadable_images_are_an_error(self, wire: Wire, module: str) -> None:
        assert "images[0]" in wire.refusal(module, {"images": [NOT_AN_IMAGE]})
        message = wire.refusal(module, {"images": ["!!!", encoded("odd/truncated_header.jpg")]})
        assert "images[0]" in message
        assert "images[1]" in message

    @pytest.mark.parametrize("module", MODULES)
    def test_an_image_that_announces_too_many_pixels(self, wire: Wire, module: str) -> None:
        message = wire.refusal(module, {"images": [encoded("odd/bomb_header.png")]})
        assert "too many pixels" in message

    @pytest.mark.parametrize("module", MODULES)
    def test_a_data_uri(self, wire: Wire, module: str) -> None:
        image = encoded("lines/digits.png")
        prefixed = f"data:image/png;base64,{image}"
        assert wire.results(module, [prefixed]) == wire.results(module, [image])

    @pytest.mark.parametrize("module", MODULES)
    @pytest.mark.parametrize(
        ("content", "named"),
        [
            ({}, "images"),
            ({"images": None}, "images"),
            ({"images": []}, "images"),
            ({"images": "QUJD"}, "images"),
            ({"images": {"0": "QUJD"}}, "images"),
            ({"images": ["QUJD", 1]}, "images[1]"),
            ({"images": [None]}, "images[0]"),
            ({"images": [["QUJD"]]}, "images[0]"),
        ],
    )
    def test_images_of_the_wrong_type(
        self, wire: Wire, module: str, content: object, named: str
    ) -> None:
        assert named in wire.refusal(module, content)

    @pytest.mark.parametrize("module", MODULES)
    def test_paths_are_refused_and_not_opened(
        self, wire: Wire, module: str, tmp_path: Path
    ) -> None:
        exists, missing = FIXTURES / "lines/digits.png", tmp_path / "none.png"
        for images in ([], [encoded("lines/digits.png")]):
            first, second = (
                wire.refusal(module, {"images": images, "paths": [str(path)]})
                for path in (exists, missing)
            )
            assert first == second  # it tells nothing about the file
            assert "paths" in first or not images

    @pytest.mark.parametrize("module", MODULES)
    def test_an_unknown_key_is_refused_by_name(self, wire: Wire, module: str) -> None:
        image = encoded("lines/digits.png")
        assert "colour" in wire.refusal(module, {"images": [image], "colour": 1})
        assert "colour" in wire.refusal(module, {"images": [image], "options": {"colour": 1}})
        assert "options" in wire.refusal(module, {"images": [image], "options": [1]})

    def test_options_are_checked(self, wire: Wire) -> None:
        content = {"images": [encoded(PAGES[0])], "options": {"drop_score": 2}}
        assert "drop_score" in wire.refusal("ocr_system", content)

    def test_options_hold_for_one_request(self, wire: Wire) -> None:
        image = encoded(PAGES[0])
        before = wire.results("ocr_system", [image])
        assert wire.results("ocr_system", [image], options={"drop_score": 1.0}) == [[]]
        assert wire.results("ocr_system", [image]) == before

    @pytest.mark.parametrize("module", MODULES)
    def test_json_that_is_broken(self, wire: Wire, module: str) -> None:
        assert wire.send(module, b'{"images": [', "application/json").status_code == 400

    @pytest.mark.parametrize("module", MODULES)
    @pytest.mark.parametrize("content_type", ["text/plain", None])
    def test_another_content_type(self, wire: Wire, module: str, content_type: str | None) -> None:
        assert wire.send(module, b'{"images": []}', content_type).status_code == 415

    @pytest.mark.parametrize("module", MODULES)
    def test_null(self, wire: Wire, module: str) -> None:
        wire.refusal(module, None, status="112")

    @pytest.mark.parametrize("module", MODULES)
    def test_an_empty_list(self, wire: Wire, module: str) -> None:
        assert "images" in wire.refusal(module, [])

    def test_a_module_that_is_not_served(self, wire: Wire) -> None:
        message = wire.refusal("ocr_none", {"images": [encoded("lines/digits.png")]}, status="111")
        assert message == "Module ocr_none is not available."

    def test_other_methods_and_paths(self, wire: Wire) -> None:
        assert requests.get(f"{wire.url}/predict/ocr_rec", timeout=30).status_code == 405
        assert requests.post(f"{wire.url}/nothing/here", timeout=30).status_code == 404
        assert requests.get(wire.url, timeout=30).status_code == 200

    def test_the_bytes(self, wire: Wire) -> None:
        """Keys in alphabetical order, Chinese escaped, one line: as Flask writes it."""
        body = json.dumps({"images": [encoded("lines/zh_plain.png")]}).encode()
        content = wire.send("ocr_rec", body, "application/json").content
        text = json.dumps(LABELS["lines/zh_plain.png"])
        start = b'{"msg":"","results":[[{"confidence":'
        assert content.startswith(start)
        assert content.endswith(b',"text":' + text.encode() + b'}]],"status":"000"}\n')
