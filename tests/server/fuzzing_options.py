"""A fuzzer for what is right: sound images with any combination of sound options, at every route.

``python -m tests.server.fuzzing_options --inputs 3000`` asks for pages, lines and blanks and stops
at the first request that isn't answered with a result: whatever the options say, they are allowed.
The same seed gives the same requests.
"""

from __future__ import annotations

import base64
import io
import json
import random
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import cv2
import numpy as np
from PIL import Image

from hubocr.exporters import FORMATS
from hubocr.services.registry import SERVICES
from hubocr.settings.params import request_params
from hubocr.settings.rule import Rule
from tests.server.fuzzing import FIXTURES, Failure, Input, Target, fuzz_from_command_line, send_all

_MODULES = ("ocr_rec", "ocr_det", "ocr_cls", "ocr_system")
_REFUSED = frozenset({413})
"""Larger or with more lines than a limit allows; that is an answer too."""

_TEXTS: Mapping[str, Sequence[str]] = {
    "charset": ("any", "digits", "hanzi", "0-9+a-f", "'+-*/'", "kana", "letters+space"),
    "length": ("any", "4", "1-3", "0-64", "64"),
}


def image(rng: random.Random) -> bytes:
    """Return a picture: a blank one, one of digits and letters, or a fixture, of any size."""
    kind = rng.randrange(4)
    if kind == 0:
        name = rng.choice(("captchas/a.png", "lines/zh_plain.png", "lines/en_turned.png"))
        return (FIXTURES / name).read_bytes()
    height, width = rng.choice(((1, 1), (20, 60), (40, 160), (120, 200), (200, 90)))
    page = np.full((height, width, 3), rng.choice((0, 255, 120)), np.uint8)
    if kind > 1:
        for row in range(20, height, 34):
            text = "".join(rng.choices("0123456789abcXYZ .+=?", k=rng.randint(1, 12)))
            place, colour = (rng.randint(0, 8), row + 10), [rng.randrange(256)] * 3
            cv2.putText(page, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.8, colour, 2)
    file = io.BytesIO()
    Image.fromarray(page).save(file, rng.choice(("PNG", "JPEG", "BMP", "TIFF", "GIF", "WEBP")))
    return file.getvalue()


def value(rule: Rule, rng: random.Random) -> Any:
    """Return a value that a rule allows, its limits often."""
    if rule.kind == "choice":
        return rng.choice(rule.choices)
    if rule.kind == "boolean":
        return rng.random() < 0.5
    if rule.kind == "integer":
        return int(rng.choice((rule.low, rule.high, min(rule.high, rule.low + rng.randrange(900)))))
    if rule.kind == "number":
        return rng.choice((rule.low, rule.high, rng.uniform(rule.low, rule.high)))
    return rng.choice(_TEXTS[rule.kind])


class SoundRequests:
    """Draws requests that are right."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)
        self._kinds: Sequence[Callable[[], Input]] = (
            self._predict,
            self._predict,
            self._export,
            self._infer,
            self._paddlex,
            self._detections,
            self._gateway,
        )

    def draw(self) -> Input:
        """Return the next request."""
        return self._rng.choice(self._kinds)()

    def _options(self, module: str) -> dict[str, Any]:
        rules = {name: param.rule for name, param in request_params(SERVICES[module].tasks).items()}
        names = self._rng.sample(sorted(rules), self._rng.randrange(min(9, len(rules) + 1)))
        return {name: value(rules[name], self._rng) for name in names}

    def _text(self) -> str:
        return base64.b64encode(image(self._rng)).decode()

    def _json(self, path: str, content: object) -> Input:
        return Input("application/json", json.dumps(content).encode(), path)

    def _predict(self) -> Input:
        module = self._rng.choice(_MODULES)
        images = [self._text() for _ in range(self._rng.randint(1, 3))]
        content = {"images": images, "options": self._options(module)}
        return self._json(f"/predict/{module}", content)

    def _infer(self) -> Input:
        module = self._rng.choice(_MODULES)
        tensor = {"name": "images", "shape": [1], "datatype": "BYTES", "data": [self._text()]}
        content = {"inputs": [tensor], "parameters": self._options(module)}
        return self._json(f"/v2/models/{module}/infer", content)

    def _export(self) -> Input:
        options = json.dumps(self._options("ocr_system")).encode()
        body = b'--B\r\nContent-Disposition: form-data; name="options"\r\n\r\n' + options
        body += b'\r\n--B\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\n'
        body += image(self._rng) + b"\r\n--B--\r\n"
        path = f"/export/{self._rng.choice(sorted(FORMATS))}"
        return Input("multipart/form-data; boundary=B", body, path)

    def _paddlex(self) -> Input:
        rng = self._rng
        content: dict[str, Any] = {"file": self._text(), "fileType": 1}
        names = ("visualize", "returnWordBox", "useTextlineOrientation")
        content |= {name: rng.random() < 0.5 for name in names if rng.random() < 0.5}
        return self._json("/ocr", content)

    def _detections(self) -> Input:
        url = f"data:image/png;base64,{self._text()}"
        level = self._rng.choice(("word", "sentence", "paragraph"))
        item = {"type": "image_url", "url": url}
        return self._json("/v1/infer", {"input": [item], "merge_levels": [level]})

    def _gateway(self) -> Input:
        document = {"type": "image_url", "image_url": f"data:image/png;base64,{self._text()}"}
        content: dict[str, Any] = {"document": document, "options": self._options("ocr_system")}
        content["confidence_scores_granularity"] = self._rng.choice((None, "page", "block"))
        return self._json("/v1/ocr", content)


def check(_: Input, status: int, body: bytes, seconds: float) -> str | None:
    """Return what is wrong with an answer to a sound request, or None."""
    if status == 200 or status in _REFUSED or b"the limit is" in body:
        return None
    return f"{status} after {seconds:.1f} s: {body[:300]!r}"


def fuzz(inputs: int, seed: int, progress: bool = False) -> tuple[Counter[int], Failure | None]:
    """Send sound requests with options of all kinds; see `send_all`."""
    return send_all(Target(*_MODULES), SoundRequests(seed).draw, check, inputs, progress)


def main(arguments: Sequence[str] | None = None) -> int:
    """Fuzz and print what was answered."""
    failure = fuzz_from_command_line("fuzzing_options", fuzz, arguments, inputs=3_000)
    if failure is None:
        return 0
    given = failure.given
    print(given.path)
    content = json.loads(given.body) if given.content_type == "application/json" else {}
    options_sent = content.get("options", content.get("parameters"))
    print(options_sent if content else given.body[:600])
    return 1


if __name__ == "__main__":
    sys.exit(main())
