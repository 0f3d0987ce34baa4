"""One line in the log and one count in the metrics for each request."""

from __future__ import annotations

import logging
import time

from starlette.types import ASGIApp, Receive, Scope, Send

from hubocr.server.logs import escaped
from hubocr.server.metrics import Metrics
from hubocr.server.middleware.base import HttpMiddleware
from hubocr.server.record import record_of

access_logger = logging.getLogger("hubocr.access")


class AccessLog(HttpMiddleware):
    """Writes a line to the log once a request is answered."""

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See `HttpMiddleware.handle`."""
        try:
            await self._app(scope, receive, send)
        finally:
            record = record_of(scope)
            access_logger.info(
                "%s %s %d",
                scope["method"],
                scope["path"],
                record.status,
                extra={
                    "ms": round(1000 * (time.monotonic() - record.arrival), 1),
                    "client": _client(scope),
                },
            )


class RefusalLog(HttpMiddleware):
    """Writes a line about each request that isn't passed on to a process that would log it.

    The logs of such a process are another program's, which neither adds fields nor escapes them.
    """

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See `HttpMiddleware.handle`."""
        try:
            await self._app(scope, receive, send)
        finally:
            record = record_of(scope)
            if record.error:
                text = f"{scope['method']} {scope['path']} {record.status} {record.error}"
                line = f"{text}, client {_client(scope)}, request {record.id}"
                access_logger.warning("%s", escaped(line))


def _client(scope: Scope) -> str:
    return str((scope.get("client") or ["-"])[0])


class Counting(HttpMiddleware):
    """Counts requests and their time in the metrics.

    Args:
        app: The layers within.
        metrics: Where they are counted.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        super().__init__(app)
        self._metrics = metrics

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See `HttpMiddleware.handle`."""
        try:
            await self._app(scope, receive, send)
        finally:
            record = record_of(scope)
            # Paths that aren't served are the client's: they must not become labels.
            path = getattr(scope.get("route"), "path", "other")
            outcome = record.error or str(record.status)
            self._metrics.requests.labels(path, record.module, outcome).inc()
            seconds = time.monotonic() - record.arrival
            self._metrics.seconds.labels(path, record.module).observe(seconds)
