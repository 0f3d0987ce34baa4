"""What the tests of tools/test_hubserving.py share: a small server of our own, runs, images."""

from __future__ import annotations

import base64
import importlib.util
import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
CLIENT = ROOT / "tools" / "test_hubserving.py"
ODD = ROOT / "tests" / "fixtures" / "odd"
PANEL = 600
FRAME = [[20, 10], [90, 10], [90, 40], [20, 40]]
NOWHERE = [[0, 0]] * 4


class Reply(NamedTuple):
    """What the server answers one request with."""

    body: bytes
    code: int = 200
    kind: str = "application/json"


class Request(NamedTuple):
    """What the server was sent."""

    path: str
    kind: str
    body: Any
    key: str | None = None


def envelope(results: Any, status: str = "000", msg: str = "", code: int = 200) -> Reply:
    """Wrap results as hubserving does, with escapes for what is not ASCII."""
    body = json.dumps({"msg": msg, "results": results, "status": status})
    return Reply(body.encode("ascii"), code)


def system_item(text: str, confidence: float = 0.99, region: Any = FRAME) -> dict[str, Any]:
    return {"confidence": confidence, "text": text, "text_region": region}


class Hub:
    """A server on a free port; ``answer`` gets the bytes of the image and makes the reply."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.answer: Callable[[bytes], Reply] = lambda data: envelope([[]])
        self.released = threading.Event()
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                body = json.loads(raw)
                kind, key = self.headers["Content-Type"], self.headers["X-API-Key"]
                hub.requests.append(Request(self.path, kind, body, key))
                reply = hub.answer(base64.b64decode(body["images"][0], validate=True))
                try:
                    self.send_response(reply.code)
                    self.send_header("Content-Type", reply.kind)
                    self.send_header("Content-Length", str(len(reply.body)))
                    self.end_headers()
                    self.wfile.write(reply.body)
                except ConnectionError:
                    self.close_connection = True  # the client's patience was over, as planned

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self.thread.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def close(self) -> None:
        self.released.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


class Run(NamedTuple):
    code: int
    out: str
    err: str


Client = Callable[..., Run]


def make_image(path: Path, size: tuple[int, int] = (200, 60)) -> bytes:
    """Write a light grey image and return the bytes of the file."""
    Image.new("RGB", size, (200, 210, 220)).save(path)
    return path.read_bytes()


def read(path: Path) -> NDArray[np.uint8]:
    pixels = cv2.imread(str(path), cv2.IMREAD_COLOR)
    assert pixels is not None, path
    return np.asarray(pixels, dtype=np.uint8)


def is_red(pixel: NDArray[np.uint8], slack: int = 0) -> bool:
    return bool(np.abs(pixel.astype(int) - (0, 0, 220)).max() <= slack)


def load_client() -> ModuleType:
    spec = importlib.util.spec_from_file_location("hubserving_client", CLIENT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


needs_cjk_font = pytest.mark.skipif(
    not load_client().find_font(None).has_cjk,
    reason="no font with Chinese characters here (apt-get install fonts-wqy-zenhei)",
)
