"""MCP over HTTP, with the API keys of `hubocr serve`."""

from __future__ import annotations

from typing import Any

from hubocr.optional import require
from hubocr.server.keys import KeyRing

_LARGEST_BODY = 30_000_000
"""Bytes of a request; a file may come inside of it, in base64."""


def serve_http(server: Any, host: str, port: int, keys: tuple[str, ...]) -> None:
    """Serve a ``MCPServer`` at ``/mcp`` until the process is told to end.

    Args:
        server: The server.
        host: Address to listen on.
        port: Port to listen on.
        keys: API keys; without any, requests need no key.
    """
    uvicorn = require("uvicorn", "mcp", "the MCP server over HTTP")
    app = server.streamable_http_app(host=host, max_request_body_size=_LARGEST_BODY)
    guarded = _Guard(app, KeyRing(keys)) if keys else app
    uvicorn.run(guarded, host=host, port=port, log_level="warning", server_header=False)


class _Guard:
    """Refuses requests without one of the keys.

    Args:
        app: The application.
        keys: The keys.
    """

    def __init__(self, app: Any, keys: KeyRing) -> None:
        self._app = app
        self._keys = keys

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Handle one connection event."""
        if scope["type"] != "http" or self._opens(scope):
            await self._app(scope, receive, send)
            return
        headers = [(b"content-type", b"application/json"), (b"www-authenticate", b"Bearer")]
        await send({"type": "http.response.start", "status": 401, "headers": headers})
        await send({"type": "http.response.body", "body": b'{"error":"an API key is needed"}'})

    def _opens(self, scope: Any) -> bool:
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        return self._keys.opens(headers)
