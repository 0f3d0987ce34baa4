"""A fuzzer for every route: paths, content types, encodings, options, files of several kinds.

``python -m tests.server.fuzzing_routes --inputs 100000`` sends mutated requests to the application
in this process, and stops at the first answer that says that the server failed, tells a stack
trace, or took too long. The same seed gives the same inputs. What is particular to ``/predict`` is
`tests.server.fuzzing`'s.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import random
import sys
import zlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PIL import Image

from hubocr.exporters import FORMATS
from hubocr.settings.params import request_params
from tests.server.fuzzing import (
    FIXTURES,
    Failure,
    Input,
    Target,
    fuzz_from_command_line,
    mutate,
    send_all,
)

_MODULES = ("ocr_rec", "ocr_det", "ocr_cls", "ocr_system")
_SLOWEST_S = 20.0
"""More than any answer takes, the machine being busy with other work."""

_NAMES = ("captchas/a.png", "lines/digits.png", "odd/palette.gif", "odd/cmyk.jpg", "odd/grey.png")
_GETS: tuple[str, ...] = (
    "/",
    "/health",
    "/v2",
    "/v2/health/live",
    "/v2/health/ready",
    "/v2/models",
    "/options",
)
_GETS += ("/v1/models", "/v1/metadata", "/v1/health/live", "/v1/health/ready", "/docs/static/x")
_GETS += ("/metrics", "/openapi.json", "/docs", "/ui", "/ui/", "/ui/x", "/v2/models/ocr_rec/ready")
_METHODS: tuple[str, ...] = (
    "GET",
    "HEAD",
    "OPTIONS",
    "POST",
    "PUT",
    "DELETE",
    "TRACE",
    "PATCH",
    "x",
)
_TYPES: tuple[str, ...] = (
    "application/json",
    "multipart/form-data",
    "multipart/form-data; boundary=",
    "image/png",
)
_TYPES += ("application/pdf", "text/plain", "application/x-www-form-urlencoded", "", "a/b;c=d;;")
_TYPES += ("application/json; charset=utf-16", "multipart/form-data; boundary=B; charset=idna")
_CODINGS: tuple[str, ...] = ("gzip", "deflate", "br", "identity", "gzip, gzip", "x-gzip", "\xff")
_TEXTS: tuple[str, ...] = (
    "",
    "x",
    "hanzi",
    "0-9",
    "min",
    "resize_long",
    "auto",
    "poly",
    "1-64",
    "\0",
    "\ud800",
)


class RequestSource:
    """Draws requests for all routes."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)
        self._files = [(FIXTURES / name).read_bytes() for name in _NAMES]
        pages = [Image.new("L", (60, 40), shade) for shade in (255, 200, 0)]
        tiff = io.BytesIO()
        pages[0].save(tiff, "TIFF", save_all=True, append_images=pages[1:])
        self._files.append(tiff.getvalue())
        self._options = sorted(request_params(("det", "cls", "rec")))
        self._kinds: Sequence[Callable[[], Input]] = (
            self._predict,
            self._paddlex,
            self._export,
            self._pages,
            self._infer,
            self._detections,
            self._gateway,
            self._other,
        )

    def draw(self) -> Input:
        """Return the next request."""
        rng = self._rng
        given = rng.choice(self._kinds)()
        if rng.random() < 0.05:
            given = Input(rng.choice(_TYPES), given.body, given.path, given.method, given.headers)
        if rng.random() < 0.05:
            given = self._packed(given)
        if rng.random() < 0.02:
            path = mutate(given.path.encode(), rng).decode("latin-1")
            path = "/" + path.lstrip("/")
            given = Input(given.content_type, given.body, path, given.method, given.headers)
        return given

    def _file(self) -> bytes:
        data = self._rng.choice(self._files)
        return mutate(data, self._rng) if self._rng.random() < 0.9 else data

    def _text(self) -> str:
        text = base64.b64encode(self._file()).decode()
        prefix = self._rng.choice(("", "", "", "data:image/png;base64,", "http://127.0.0.1/", " "))
        return prefix + text

    def _value(self) -> Any:
        rng = self._rng
        simple: tuple[Any, ...] = (
            None,
            True,
            False,
            0,
            -1,
            1,
            10**30,
            0.5,
            -0.0,
            1e308,
            float("nan"),
            [],
            {},
            [[]],
        )
        return rng.choice((rng.choice(simple), rng.choice(_TEXTS), rng.randint(-5, 5000)))

    def _some_options(self) -> Mapping[str, Any]:
        count = self._rng.randrange(4)
        return {self._rng.choice(self._options): self._value() for _ in range(count)}

    def _json(self, content: object) -> bytes:
        data = json.dumps(content).encode()
        return mutate(data, self._rng) if self._rng.random() < 0.4 else data

    def _predict(self) -> Input:
        content: dict[str, Any] = {"images": [self._text()]}
        content |= {"options": self._some_options()} if self._rng.random() < 0.5 else {}
        content |= self._some_options() if self._rng.random() < 0.3 else {}
        module = self._rng.choice(_MODULES)
        return Input("application/json", self._json(content), f"/predict/{module}")

    def _paddlex(self) -> Input:
        rng = self._rng
        names: tuple[str, ...] = (
            "fileType",
            "visualize",
            "textDetThresh",
            "textDetLimitSideLen",
            "returnWordBox",
        )
        names += ("textDetLimitType", "useDocOrientationClassify", "logId", "textRecScoreThresh")
        content: dict[str, Any] = {"fileType": rng.choice((0, 1, 1, 1))}
        content[rng.choice(("file", "file", "file", "image"))] = self._text()
        content |= {rng.choice(names): self._value() for _ in range(rng.randrange(3))}
        return Input("application/json", self._json(content), "/ocr")

    def _export(self) -> Input:
        rng = self._rng
        path = f"/export/{rng.choice((*FORMATS, 'x', ''))}"
        options = json.dumps(self._some_options())
        if rng.random() < 0.3:
            return Input("image/png", self._file(), path)
        files = [("files", self._file()) for _ in range(rng.randint(1, 2))]
        return self._form(path, [*files, ("options", options.encode())])

    def _pages(self) -> Input:
        fields = [("file", self._file())]
        for name in ("page_range", "pdf_dpi", "frames", "password", "x"):
            if self._rng.random() < 0.2:
                fields.append((name, str(self._value()).encode("utf-8", "replace")))
        return self._form("/pages", fields)

    def _form(self, path: str, fields: Sequence[tuple[str, bytes]]) -> Input:
        body = b""
        for name, data in fields:
            file = '; filename="a"' if name.startswith("file") else ""
            head = f'--B\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n'
            body += head.encode() + data + b"\r\n"
        body += b"--B--\r\n"
        if self._rng.random() < 0.3:
            body = mutate(body, self._rng)
        return Input("multipart/form-data; boundary=B", body, path)

    def _infer(self) -> Input:
        rng = self._rng
        model = rng.choice((*_MODULES, "ocr", "x"))
        path = f"/v2/models/{model}{rng.choice(('', '/versions/1'))}/infer"
        name = "input" if model == "ocr" else "images"
        shape = rng.choice(([1], [1, 1], [0], [2], [-1], [10**30]))
        entry: dict[str, Any] = {"name": name, "shape": shape, "datatype": "BYTES"}
        content = {"inputs": [entry], "parameters": self._some_options()}
        if rng.random() < 0.5:
            entry["data"] = [self._text()]
            return Input("application/json", self._json(content), path)
        file = self._file()
        tensor = len(file).to_bytes(4, "little") + file
        entry["parameters"] = {"binary_data_size": len(tensor)}
        text = self._json(content)
        length = str(len(text) + rng.choice((0, 0, 0, 1, -1)))
        headers = (("inference-header-content-length", length),)
        return Input("application/octet-stream", text + tensor, path, "POST", headers)

    def _detections(self) -> Input:
        """NIM's request, on either of its paths."""
        rng = self._rng
        item: dict[str, Any] = {"type": "image_url", "url": "data:image/png;base64," + self._text()}
        if rng.random() < 0.3:
            item[rng.choice(("type", "url", "x"))] = self._value()
        content: dict[str, Any] = {"input": [item] * rng.choice((1, 1, 2))}
        if rng.random() < 0.4:
            level = rng.choice(("word", "sentence", "paragraph", self._value()))
            content["merge_levels"] = [level] * rng.choice((1, 1, 2))
        path = rng.choice(("/v1/infer", "/v1/ocr"))
        return Input("application/json", self._json(content), path)

    def _gateway(self) -> Input:
        """Mistral's request: a document of several kinds, and options."""
        rng = self._rng
        kind = rng.choice(("image_url", "document_url", "file", "x"))
        url = rng.choice(("data:image/png;base64,", "data:application/pdf;base64,", "", "http://"))
        document: dict[str, Any] = {"type": kind, kind: url + self._text()}
        if rng.random() < 0.2:
            document[kind] = rng.choice(({"url": document[kind]}, self._value()))
        content: dict[str, Any] = {"model": "mistral-ocr-latest", "document": document}
        names: tuple[str, ...] = (
            "pages",
            "include_image_base64",
            "image_limit",
            "image_min_size",
            "id",
            "x",
        )
        names += ("table_format", "bbox_annotation_format", "document_annotation_format")
        for _ in range(rng.randrange(3)):
            content[rng.choice(names)] = rng.choice((self._value(), [self._value()], "0-2", "0,1"))
        return Input("application/json", self._json(content), "/v1/ocr")

    def _other(self) -> Input:
        rng = self._rng
        method = rng.choice(("GET", "GET", *_METHODS))
        path = rng.choice((*_GETS, "/admin/reload", "/predict/x", "/v2/models/x", "/export/json"))
        header = rng.choice(("accept", "authorization", "x-api-key", "x-request-id", "range"))
        value = mutate(b"Bearer a, b; q=0", rng).decode("latin-1")
        return Input("", b"", path, method, ((header, value), ("if-none-match", value)))

    def _packed(self, given: Input) -> Input:
        coding = self._rng.choice(_CODINGS)
        body = gzip.compress(given.body) if "gzip" in coding else zlib.compress(given.body)
        body = mutate(body, self._rng) if self._rng.random() < 0.5 else body
        headers = (*given.headers, ("content-encoding", coding))
        return Input(given.content_type, body, given.path, given.method, headers)


def check(given: Input, status: int, body: bytes, seconds: float) -> str | None:
    """Say what is wrong with an answer, or None."""
    if not 200 <= status < 500:
        return f"status {status}: {body[:200]!r}"
    if seconds > _SLOWEST_S:
        return f"it took {seconds:.1f} s"
    if status >= 400 and b"Traceback" in body:
        return "a stack trace"
    is_ocr = given.path.startswith(("/predict/", "/ocr", "/pages", "/v1/", "/v2/models/"))
    if is_ocr and status == 200 and given.method == "POST" and not body:
        return "an empty answer"
    return None


def fuzz(inputs: int, seed: int, progress: bool = False) -> tuple[Counter[int], Failure | None]:
    """Send mutated requests to all routes; see `send_all`."""
    return send_all(Target(*_MODULES), RequestSource(seed).draw, check, inputs, progress)


def main(arguments: Sequence[str] | None = None) -> int:
    """Fuzz and print what was answered."""
    failure = fuzz_from_command_line("fuzzing_routes", fuzz, arguments)
    if failure is None:
        return 0
    given = failure.given
    print(given.method, given.path, given.content_type, given.headers, given.body[:1000])
    return 1


if __name__ == "__main__":
    sys.exit(main())
