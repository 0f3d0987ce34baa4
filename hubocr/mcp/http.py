"""MCP over HTTP, behind the edge, the keys and the limits of bodies of `hubocr serve`."""

from __future__ import annotations

import json
import logging
import time
from typing import Any

import anyio

from hubocr.errors import HubocrError
from hubocr.optional import require
from hubocr.server.bodies import parse_json
from hubocr.server.edge.connections import ConnectionLimits
from hubocr.server.edge.uvicorn_config import edge_config
from hubocr.server.errors import LimitError, OverloadedError, SlowClientError, UnauthorizedError
from hubocr.server.held_bytes import HeldBytes
from hubocr.server.keys import KeyRing

_LARGEST_BODY = 30_000_000
"""Bytes of a request; a file may come inside of it, in base64."""

_BODY_S = 20.0
"""Seconds for a client to send it."""

_BODIES_BYTES = 256_000_000
"""Bytes of all bodies at a time; whoever comes beyond them is told to come again."""

_SESSIONS = 1_000
_SESSION_S = 300.0
"""Seconds that a session is kept without a request; its client opens another one."""

_DRAIN_S = 10


def serve_http(server: Any, host: str, port: int, keys: tuple[str, ...]) -> None:
    """Serve a ``MCPServer`` at ``/mcp`` until the process is told to end.

    Args:
        server: The server.
        host: Address to listen on.
        port: Port to listen on.
        keys: API keys; without any, requests need no key.
    """
    uvicorn = require("uvicorn", "mcp", "the MCP server over HTTP")
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    app = server.streamable_http_app(
        host=host,
        max_request_body_size=_LARGEST_BODY,
        max_sessions=_SESSIONS,
        session_idle_timeout=_SESSION_S,
    )
    config = edge_config(Guard(app, KeyRing(keys)), ConnectionLimits(), _DRAIN_S)
    config.host, config.port = host, port
    uvicorn.Server(config).run()


class Guard:
    """Refuses requests without one of the keys, and bodies that are large, slow or costly.

    Args:
        app: The application.
        keys: The keys; where there is none, requests need none.
    """

    def __init__(self, app: Any, keys: KeyRing) -> None:
        self._app = app
        self._keys = keys
        self._held = HeldBytes(_BODIES_BYTES, _LARGEST_BODY)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Handle one connection event."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        client, body = str((scope.get("client") or ("",))[0]), bytearray()
        try:
            if not self._opens(scope):
                raise UnauthorizedError("an API key is needed")
            if scope["method"] == "POST":
                await self._read(client, body, receive)
                parse_json(bytes(body))
        except HubocrError as error:
            await _refuse(send, error)
        else:
            await self._app(scope, _replayed(body, receive), send)
        finally:
            self._held.release(client, len(body))

    async def _read(self, client: str, body: bytearray, receive: Any) -> None:
        """Read a body.

        Raises:
            LimitError: It is too large.
            OverloadedError: There are too many bytes of bodies already.
            SlowClientError: It comes too slowly.
        """
        end = time.monotonic() + _BODY_S
        while True:
            try:
                with anyio.fail_after(max(0.0, end - time.monotonic())):
                    message = await receive()
            except TimeoutError:
                raise SlowClientError(f"the body did not arrive within {_BODY_S:g} s") from None
            piece = message.get("body", b"")
            if len(body) + len(piece) > _LARGEST_BODY:
                raise LimitError(f"the body is larger than {_LARGEST_BODY} bytes")
            if not self._held.grow(client, len(body), len(piece)):
                raise OverloadedError("the server is busy: it holds too many large bodies", 2)
            body += piece
            if not message.get("more_body", False):
                return

    def _opens(self, scope: Any) -> bool:
        headers = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        return self._keys.is_empty or self._keys.opens(headers)


def _replayed(body: bytearray, receive: Any) -> Any:
    """Return what an application receives whose body has been read."""
    messages = [{"type": "http.request", "body": bytes(body), "more_body": False}]

    async def receive_again() -> Any:
        return messages.pop() if messages else await receive()

    return receive_again


async def _refuse(send: Any, error: HubocrError) -> None:
    more = ((name.lower().encode(), value.encode()) for name, value in error.http_headers.items())
    headers = [(b"content-type", b"application/json"), *more]
    await send({"type": "http.response.start", "status": error.http_status, "headers": headers})
    await send(
        {"type": "http.response.body", "body": json.dumps({"error": error.message}).encode()}
    )
