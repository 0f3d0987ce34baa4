"""The application's side of the edge."""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hubocr.server.edge.connections import ConnectionTable, Phase

_SWEEP_S = 0.5
"""Seconds between two looks at all connections."""

_LARGE_ANSWER = 65_536
"""Bytes of an answer for which room is made; smaller ones fit into the socket's own buffers."""


class EdgeMiddleware:
    """Tells each connection where its request stands.

    Args:
        app: The application.
        table: The worker's connections.
    """

    def __init__(self, app: ASGIApp, table: ConnectionTable) -> None:
        self._app = app
        self._table = table
        self._sweeping: asyncio.TimerHandle | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection event."""
        if scope["type"] == "lifespan":
            self._sweep()
        connection = self._table.find(scope.get("client"))
        if scope["type"] != "http" or connection is None:
            await self._app(scope, receive, send)
            return
        if connection.phase is not Phase.LINGER:  # the library may have refused the body already
            self._table.enter(connection, Phase.REQUEST)
        connection.has_begun = True

        async def receive_and_note() -> Message:
            message = await receive()
            if message["type"] == "http.request" and not message.get("more_body", False):
                connection.is_body_complete = True
            return message

        async def send_and_close_early(message: Message) -> None:
            if message["type"] == "http.response.start" and not connection.is_body_complete:
                message = {
                    **message,
                    "headers": [*message.get("headers", ()), (b"connection", b"close")],
                }
            size = len(message.get("body", b""))
            if size > _LARGE_ANSWER:
                self._table.make_room(size)
            await send(message)

        try:
            await self._app(scope, receive_and_note, send_and_close_early)
        finally:
            self._table.end(connection)

    def _sweep(self) -> None:
        if self._sweeping is not None:
            self._table.sweep()
        self._sweeping = asyncio.get_running_loop().call_later(_SWEEP_S, self._sweep)
