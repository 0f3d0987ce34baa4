"""Replicas that take requests over HTTP: on a port of their own, or behind Serve's proxy."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hubocr.cluster.forward import forwarding_app
from hubocr.cluster.worker import server_settings
from hubocr.errors import ModelError
from hubocr.optional import require
from hubocr.server.http import http_server
from hubocr.server.listener import SETTLE_S, bind, let_no_more_in

_FAREWELL_S = 1.0
"""How long clients are told to open another connection before idle ones are closed."""

_START_S = 0.05


class ProxiedEntry:
    """A replica behind Serve's HTTP proxy; Serve makes it.

    Args:
        config: The content of a config.json.
        workers: Serve's handle of the workers.
    """

    def __init__(self, config: Mapping[str, Any], workers: Any) -> None:
        self._app = _without_id(forwarding_app(server_settings(config), _handle(workers)))

    def __serve_build_asgi_app__(self) -> ASGIApp:
        """Return the application; Serve asks for it once the replica is made."""
        return self._app


class PortEntry:
    """A replica with a port, and our edge with its limits on it; Serve makes it.

    Replicas on one node share the port: a new one listens before the old one stops.

    Args:
        config: The content of a config.json.
        workers: Serve's handle of the workers.
        host: Address to listen on.
        port: The port.
    """

    async def __init__(  # type: ignore[misc]
        self, config: Mapping[str, Any], workers: Any, host: str, port: int
    ) -> None:
        settings = replace(server_settings(config), host=host, port=port)
        self._is_leaving = False
        self._listener = bind(host, port, shared=True)
        app = self._say_farewell(forwarding_app(settings, _handle(workers)))
        self._server = http_server(app, settings)
        self._serving = asyncio.ensure_future(self._server.serve([self._listener]))
        while not self._server.started:
            await asyncio.sleep(_START_S)
            self.check_health()

    def check_health(self) -> None:
        """Raise where the port isn't served any more: Serve starts another replica then."""
        if self._serving.done():
            raise ModelError("the HTTP server has ended")

    async def __del__(self) -> None:
        """Hand the port over; Serve awaits it before it ends the process."""
        if not hasattr(self, "_server") or self._is_leaving:
            return
        self._is_leaving = True
        if let_no_more_in(self._listener):
            await asyncio.sleep(SETTLE_S)
        for listening in self._server.servers:
            listening.close()
        await asyncio.sleep(_FAREWELL_S)
        self._server.should_exit = True
        await self._serving

    def _say_farewell(self, app: ASGIApp) -> ASGIApp:
        async def with_farewell(scope: Scope, receive: Receive, send: Send) -> None:
            async def send_last(message: Message) -> None:
                if self._is_leaving and message["type"] == "http.response.start":
                    MutableHeaders(scope=message)["Connection"] = "close"
                await send(message)

            await app(scope, receive, send_last if scope["type"] == "http" else send)

        return with_farewell


def _handle(workers: Any) -> Any:
    """Return a handle like another one that was made elsewhere, with the settings of this process.

    They say that requests go over gRPC; those of a handle stay what they were where it was made.
    """
    serve = require("ray.serve", "ray", "Ray Serve")
    return serve.get_deployment_handle(workers.deployment_name, workers.app_name)


def _without_id(app: ASGIApp) -> ASGIApp:
    """Leave the request's id to Serve's proxy, which adds the client's own, or one that it made."""

    async def without_id(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_without(message: Message) -> None:
            if message["type"] == "http.response.start":
                del MutableHeaders(scope=message)["x-request-id"]
            await send(message)

        await app(scope, receive, send_without if scope["type"] == "http" else send)

    return without_id
