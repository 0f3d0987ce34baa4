"""Passing a whole request on to a worker, and to another one where that is lost."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hubocr.cluster.nodes import LostNodeError, NodeWatch
from hubocr.errors import DeadlineError, InferenceError
from hubocr.optional import require
from hubocr.server.errors import OverloadedError
from hubocr.server.held_bytes import HeldBytes
from hubocr.server.inner import InnerReply, InnerRequest
from hubocr.server.keys import KeyRing
from hubocr.server.middleware import entry_middlewares
from hubocr.server.record import record_of
from hubocr.server.settings import ServerSettings

logger = logging.getLogger(__name__)

_TRIES = 3
"""A request that three workers die of is not given to a fourth."""

_PAUSE_S = 0.2

_SPARE_S = 1.0
"""How much later than the worker this process gives up: the worker's own answer says more."""

_LOST = ("RayActorError", "NodeDiedError", "ObjectLostError", "WorkerCrashedError")
"""Ray's errors that say that a process or node is gone, and an answer with it."""

_NOT_REPEATED = ("/admin/",)
"""Paths that do something; all others only read."""


def forwarding_app(settings: ServerSettings, workers: Any) -> ASGIApp:
    """Return the application of a replica that takes requests.

    API keys and the limits of bodies are checked here, before a body is taken in.

    Args:
        settings: The server's settings.
        workers: Serve's handle of the workers.
    """
    app: ASGIApp = Forwarder(settings, workers)
    limits = settings.limits
    held = HeldBytes(limits.bodies_bytes, limits.body_bytes, settings.trusted_networks)
    layers = entry_middlewares(settings, KeyRing(settings.api_keys), held)
    for layer in reversed(layers):
        app = layer.cls(app, *layer.args, **layer.kwargs)
    return app


class Forwarder:
    """An ASGI application that passes requests on to the workers.

    Args:
        settings: The server's settings.
        workers: Serve's handle of the workers.
    """

    def __init__(self, settings: ServerSettings, workers: Any) -> None:
        self._seconds = settings.limits.deadline_s + _SPARE_S
        self._workers = workers
        self._nodes = NodeWatch(_alive_nodes)
        errors = require("ray.exceptions", "ray", "Ray Serve")
        self._lost = (LostNodeError, *(getattr(errors, name) for name in _LOST))
        self._full = require("ray.serve.exceptions", "ray", "Ray Serve").BackPressureError

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection event."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "http":
            request = _request(scope, await _body(receive))
            reply = await self._reply(request, receive, record_of(scope).arrival + self._seconds)
            start = {"type": "http.response.start", "status": reply.status}
            await send({**start, "headers": reply.headers})
            await send({"type": "http.response.body", "body": reply.body})

    async def _reply(self, request: InnerRequest, receive: Receive, deadline: float) -> InnerReply:
        forwarding = asyncio.ensure_future(self._forward(request))
        leaving = asyncio.ensure_future(_client_leaves(receive))
        try:
            await asyncio.wait(
                {forwarding, leaving},
                timeout=max(0.0, deadline - time.monotonic()),
                return_when=asyncio.FIRST_COMPLETED,
            )
            if forwarding.done():
                return forwarding.result()
            if leaving.done():
                raise ClientDisconnect
            raise DeadlineError(f"no result within {self._seconds - _SPARE_S:g} s")
        finally:
            forwarding.cancel()
            leaving.cancel()

    async def _forward(self, request: InnerRequest) -> InnerReply:
        tries = 1 if request.path.startswith(_NOT_REPEATED) else _TRIES
        for left in reversed(range(tries)):
            try:
                reply: InnerReply = await self._nodes.result(self._workers.call.remote(request))
                return reply
            except self._full as error:
                raise OverloadedError("the cluster is busy", 1) from error
            except self._lost as error:
                logger.warning("a worker was lost with a request, %d tries left", left)
                if not left:
                    raise InferenceError("the workers were lost with this request") from error
                await asyncio.sleep(_PAUSE_S)
        raise AssertionError("unreachable")


def _request(scope: Scope, body: bytes) -> InnerRequest:
    """Return a request with the id that `Identity` gave it."""
    client, identity = scope.get("client"), (b"x-request-id", record_of(scope).id.encode())
    headers = [
        (bytes(name), bytes(value)) for name, value in scope["headers"] if name != identity[0]
    ]
    return InnerRequest(
        scope["method"],
        scope["path"],
        [*headers, identity],
        body,
        scope["query_string"],
        tuple(client) if client else None,
    )


async def _body(receive: Receive) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


async def _client_leaves(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message: Message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


def _alive_nodes() -> set[str]:
    ray = require("ray", "ray", "Ray Serve")
    return {node["NodeID"] for node in ray.nodes() if node["Alive"]}
