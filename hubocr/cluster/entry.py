"""A replica that takes requests: it holds the body, and tries again where a worker is lost."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from starlette.types import Message, Receive, Scope, Send

from hubocr.cluster.worker import server_settings
from hubocr.errors import HubocrError, InferenceError
from hubocr.optional import require
from hubocr.server.dialects import dialect_of
from hubocr.server.errors import LimitError, OverloadedError
from hubocr.server.inner import InnerReply, InnerRequest

logger = logging.getLogger(__name__)

_TRIES = 3
"""A request that three workers die of is not given to a fourth."""

_PAUSE_S = 0.2

_LOST = ("RayActorError", "NodeDiedError", "ObjectLostError", "WorkerCrashedError")
"""Ray's errors that say that a process or node is gone, and an answer with it."""

_ADDED = (b"x-request-id",)
"""Headers that Serve's proxy adds: the id that the client sent, or one that Serve made."""

_NOT_REPEATED = ("/admin/",)
"""Paths that do something; all others only read."""


class Entry:
    """A replica that takes requests; Serve makes it.

    Args:
        config: The content of a config.json.
        workers: Serve's handle of the workers.
    """

    def __init__(self, config: Mapping[str, Any], workers: Any) -> None:
        self._entry_app = EntryApp(config, workers)

    def __serve_build_asgi_app__(self) -> EntryApp:
        """Return the application; Serve asks for it once the replica is made."""
        return self._entry_app


class EntryApp:
    """An ASGI application in front of the workers.

    Args:
        config: The content of a config.json.
        workers: Serve's handle of the workers.
    """

    def __init__(self, config: Mapping[str, Any], workers: Any) -> None:
        self._settings = server_settings(config)
        self._workers = workers
        purpose = "Ray Serve"
        lost = require("ray.exceptions", "ray", purpose)
        self._lost = tuple(getattr(lost, name) for name in _LOST)
        self._full = require("ray.serve.exceptions", "ray", purpose).BackPressureError

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection event."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        if scope["type"] != "http":
            return
        try:
            reply = await self._call(scope, receive)
        except HubocrError as error:
            answer = dialect_of(scope["path"]).error(error, self._settings)
            answer.headers.update(error.http_headers)
            await answer(scope, receive, send)
            return
        headers = [pair for pair in reply.headers if pair[0].lower() not in _ADDED]
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": reply.body})

    async def _call(self, scope: Scope, receive: Receive) -> InnerReply:
        client = scope.get("client")
        request = InnerRequest(
            scope["method"],
            scope["path"],
            [(bytes(name), bytes(value)) for name, value in scope["headers"]],
            await self._body(receive),
            scope["query_string"],
            tuple(client) if client else None,
        )
        tries = 1 if request.path.startswith(_NOT_REPEATED) else _TRIES
        for left in reversed(range(tries)):
            try:
                reply: InnerReply = await self._workers.call.remote(request)
                return reply
            except self._full as error:
                raise OverloadedError("the cluster is busy", 1) from error
            except self._lost as error:
                logger.warning("a worker was lost with a request, %d tries left", left)
                if not left:
                    raise InferenceError("the workers were lost with this request") from error
                await asyncio.sleep(_PAUSE_S)
        raise AssertionError("unreachable")

    async def _body(self, receive: Receive) -> bytes:
        limit = self._settings.limits.body_bytes
        parts: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise LimitError("the client left before its request was whole")
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > limit:
                raise LimitError(f"the body is larger than {limit} bytes")
            if not message.get("more_body", False):
                return b"".join(parts)


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message: Message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
