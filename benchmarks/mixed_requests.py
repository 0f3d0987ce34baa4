"""Ordinary requests to a server: each of its routes, sound and not, with what identifies an answer.

`benchmarks.mixed_attacks` sends them beside attacks and compares every answer with the first one.
"""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks.image_bombs import encoded

_FIXTURES = Path(__file__).resolve().parents[1] / "tests" / "fixtures"
_NAMES = (
    *("captchas/a.png", "captchas/b.png", "captchas/c.png", "captchas/d.png"),
    *("lines/digits.png", "lines/en_plain.png", "lines/zh_plain.png", "lines/zh_inverse.png"),
    *("odd/palette.gif", "odd/cmyk.jpg", "odd/grey.png", "odd/rgba_transparent.png"),
)
_BROKEN = ("odd/truncated_header.jpg", "odd/bomb_header.png", "odd/empty.png")
_MARK = "@@mark@@"
"""Stands in a body for a text of the request's own, which its answer repeats."""

_TIME = re.compile(rb'"(?:logId|log_id|request_id)":\s*"[^"]*"')


@dataclass(frozen=True)
class Ordinary:
    """A request.

    Attributes:
        name: What it is.
        path: Its path.
        body: Its body, with `_MARK` where a mark goes that the answer repeats.
        headers: Its headers.
        weight: How often it is drawn.
    """

    name: str
    path: str
    body: bytes
    headers: Mapping[str, str]
    weight: int = 1

    def ask(self, connection: HTTPConnection, mark: str) -> tuple[int, bytes]:
        """Return the status and the body of an answer, without what differs each time.

        Raises:
            ValueError: The answer is another request's.
            OSError: There is none.
        """
        body = self.body.replace(_MARK.encode(), mark.encode())
        headers = {**self.headers, "X-Request-Id": mark}
        connection.request("POST" if self.body else "GET", self.path, body or None, headers)
        reply = connection.getresponse()
        data = reply.read()
        if reply.headers.get("X-Request-Id") != mark:
            raise ValueError(f"{self.name}: X-Request-Id {reply.headers.get('X-Request-Id')}")
        if _MARK.encode() in self.body and reply.status == 200 and mark.encode() not in data:
            raise ValueError(f"{self.name}: the answer has another mark: {data[:200]!r}")
        return reply.status, _TIME.sub(b"", data.replace(mark.encode(), b""))


def ordinary_requests() -> list[Ordinary]:
    """Return some 90 requests, each with the same answer whenever it is sent."""
    return list(_requests())


def _requests() -> Iterator[Ordinary]:
    files = {name: (_FIXTURES / name).read_bytes() for name in (*_NAMES, *_BROKEN)}
    texts = {name: base64.b64encode(data).decode() for name, data in files.items()}
    for number in range(40):
        line = encoded(Image.fromarray(_line(number)), "PNG")
        yield _predict("ocr_rec", base64.b64encode(line).decode(), weight=12)
    for name in _NAMES:
        yield _predict("ocr_rec", texts[name], weight=8)
        yield _predict("ocr_system", texts[name])
        yield Ordinary(f"image {name}", "/predict/ocr_rec", files[name], _type("image/png"), 3)
        form = (
            b'--B\r\nContent-Disposition: form-data; name="images"; filename="a"\r\n\r\n'
            + files[name]
            + b"\r\n--B--\r\n"
        )
        kind = _type("multipart/form-data; boundary=B")
        yield Ordinary(f"form {name}", "/predict/ocr_rec", form, kind, 3)
    page = base64.b64encode(encoded(Image.fromarray(_page()), "PNG")).decode()
    yield _predict("ocr_det", page, weight=3)
    yield _predict("ocr_system", page, weight=3)
    content = {"file": page, "fileType": 1, "visualize": False, "logId": _MARK}
    yield _json("/ocr", "/ocr", content, 3)
    tensor = {"name": "images", "shape": [1], "datatype": "BYTES", "data": [texts[_NAMES[0]]]}
    yield _json("oip", "/v2/models/ocr_rec/infer", {"id": _MARK, "inputs": [tensor]}, 6)
    item = {"type": "image_url", "url": f"data:image/png;base64,{page}"}
    yield _json("nim", "/v1/infer", {"input": [item]}, 2)
    yield _predict("ocr_rec", texts[_NAMES[0]], 4, rec_charset="0-9", rec_length="4")
    yield _json("list", "/predict/ocr_rec", {"images": [texts[name] for name in _NAMES]}, 4)
    for name in _BROKEN:
        yield _predict("ocr_rec", texts[name], weight=2)
    wrong: tuple[object, ...] = ({"images": []}, {"images": "x"}, {"images": ["!!"]}, [], None, 5)
    for number, body in enumerate(wrong):
        yield _json(f"wrong {number}", "/predict/ocr_rec", body, 2)
    yield Ordinary("no JSON", "/predict/ocr_rec", b"{", _type("application/json"), 2)
    yield Ordinary("no text", "/predict/ocr_rec", b"{}", _type("text/plain"), 2)
    yield Ordinary("unknown", "/predict/none", b"{}", _type("application/json"), 2)
    for path in ("/v2/health/live", "/v2/health/ready", "/options", "/v2", "/v1/models"):
        yield Ordinary(path, path, b"", {}, 2)


def _type(name: str) -> dict[str, str]:
    return {"Content-Type": name}


def _json(name: str, path: str, content: object, weight: int) -> Ordinary:
    return Ordinary(name, path, json.dumps(content).encode(), _type("application/json"), weight)


def _predict(module: str, image: str, weight: int = 1, **options: object) -> Ordinary:
    content: dict[str, object] = {"images": [image], **({"options": options} if options else {})}
    return _json(f"{module} {zlib.crc32(image.encode())}", f"/predict/{module}", content, weight)


def _line(number: int) -> NDArray[np.uint8]:
    rng = np.random.default_rng(number)
    text = "".join(map(str, rng.integers(0, 10, int(rng.integers(4, 9)))))
    line = np.full((40, 24 * len(text) + 20), 255, np.uint8)
    cv2.putText(line, text, (8, 30), cv2.FONT_HERSHEY_SIMPLEX, 1, 0, 2)
    return line


def _page() -> NDArray[np.uint8]:
    page = np.full((160, 240), 255, np.uint8)
    for row in range(3):
        place = (12, 40 + 48 * row)
        cv2.putText(page, f"Total {row}7.{row}4", place, cv2.FONT_HERSHEY_SIMPLEX, 0.9, 0, 2)
    return page
