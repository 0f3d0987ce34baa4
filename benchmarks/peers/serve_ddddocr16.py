"""ddddocr 1.6 behind the plainest HTTP server, the way it is usually wrapped.

Run by the interpreter of the environment ``ddddocr16``: ``serve_ddddocr16 PORT``. It answers
``POST /ocr`` with ``{"image": "base64"}`` by ``{"result": "text"}``, over connections that stay
open. ddddocr's own API server can't be measured: 1.6.1 answers every such request with an error
(it passes its recogniser an argument that it doesn't know).
"""

from __future__ import annotations

import base64
import importlib
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body in one piece, or the client waits 40 ms for the second.
    wbufsize = 1 << 16
    disable_nagle_algorithm = True
    reader: Any

    def do_GET(self) -> None:
        self._answer({})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        text = self.reader.classification(base64.b64decode(body["image"]))
        self._answer({"result": text})

    def _answer(self, content: dict[str, str]) -> None:
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Write no line for each request."""


def main() -> None:
    """Serve on a port of 127.0.0.1 until the process is ended."""
    _Handler.reader = importlib.import_module("ddddocr").DdddOcr(show_ad=False)
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), _Handler).serve_forever()


if __name__ == "__main__":
    main()
