"""MCP over HTTP, behind the edge, the keys and the limits of bodies of `hubocr serve`."""

from __future__ import annotations

import json
import logging
from typing import Any

from hubocr.errors import HubocrError
from hubocr.optional import require
from hubocr.server.bodies import parse_json
from hubocr.server.edge.connections import ConnectionLimits
from hubocr.server.edge.uvicorn_config import edge_config
from hubocr.server.errors import MethodError
from hubocr.server.held_bytes import HeldBytes
from hubocr.server.keys import KeyRing
from hubocr.server.middleware.auth import ApiKeys
from hubocr.server.middleware.base import HttpMiddleware
from hubocr.server.middleware.limits import BodyLimits

_LARGEST_BODY = 30_000_000
"""Bytes of a request; a file may come inside of it, in base64."""

_BODY_S = 20.0
"""Seconds for a client to send it."""

_BODIES_BYTES = 256_000_000
"""Bytes of all bodies at a time; whoever comes beyond them is told to come again."""

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
        # The tool keeps nothing between calls; a table of sessions could be filled by one client.
        stateless_http=True,
    )
    config = edge_config(Guard(app, KeyRing(keys)), ConnectionLimits(), _DRAIN_S)
    config.host, config.port = host, port
    uvicorn.Server(config).run()


class Guard(HttpMiddleware):
    """Refuses requests without one of the keys, and bodies that are large, slow or costly.

    Args:
        app: The application.
        keys: The keys; where there is none, requests need none.
        held: The bytes of all bodies.
    """

    def __init__(self, app: Any, keys: KeyRing, held: HeldBytes | None = None) -> None:
        held = held or HeldBytes(_BODIES_BYTES, _LARGEST_BODY)
        limited = BodyLimits(JsonBodies(app), _LARGEST_BODY, _BODY_S, held)
        super().__init__(ApiKeys(limited, keys))

    async def handle(self, scope: Any, receive: Any, send: Any) -> None:
        """See `HttpMiddleware.handle`."""
        try:
            await self._app(scope, receive, send)
        except HubocrError as error:
            await _refuse(send, error)


class JsonBodies(HttpMiddleware):
    """Passes on requests with JSON that costs little to parse.

    The protocol's other method, GET, opens a stream of what the server says by itself: nothing.
    """

    async def handle(self, scope: Any, receive: Any, send: Any) -> None:
        """See `HttpMiddleware.handle`.

        Raises:
            MethodError: It is no POST.
            RequestError: The body is no JSON, or has too many values.
        """
        if scope["method"] != "POST":
            raise MethodError("only POST is answered")
        parts, is_complete = [], False
        while not is_complete:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            parts.append(message.get("body", b""))
            is_complete = not message.get("more_body", False)
        body = b"".join(parts)
        parts.clear()
        parse_json(body)
        await self._app(scope, _replayed(body, receive), send)


def _replayed(body: bytes, receive: Any) -> Any:
    """Return what an application receives whose body has been read."""
    messages = [{"type": "http.request", "body": body, "more_body": False}]

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
