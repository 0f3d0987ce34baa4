"""What every request goes through: identity, key, size and time of the body, and the log."""

from __future__ import annotations

import hmac
import logging
import re
import time
import uuid
from collections.abc import Sequence

import anyio
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hubocr.errors import HubocrError
from hubocr.server.errors import LimitError, SlowClientError, UnauthorizedError
from hubocr.server.logs import request_id
from hubocr.server.metrics import Metrics
from hubocr.server.replies import error_reply
from hubocr.server.settings import ServerSettings

access_logger = logging.getLogger("hubocr.access")

_OWN_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
OPEN_PATHS = ("/v2/health/live", "/v2/health/ready")
"""Paths that need no key."""


class RequestGuard:
    """The outermost layer around the application.

    Gives each request an id (the client's own ``X-Request-Id`` where it is a plain one), checks the
    API key, bounds size and time of the body, answers errors of the inner layers, and writes one
    line to the log and the metrics.

    Args:
        app: The application.
        settings: Limits and keys.
        metrics: Where requests are counted.
    """

    def __init__(self, app: ASGIApp, settings: ServerSettings, metrics: Metrics) -> None:
        self._app = app
        self._settings = settings
        self._metrics = metrics
        self._keys = [key.encode() for key in settings.api_keys]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection event."""
        if scope["type"] != "http":
            await self._app(scope, receive, _brief(send))
            return
        start = time.monotonic()
        headers = Headers(scope=scope)
        given = headers.get("x-request-id", "")
        identity = given if _OWN_ID.fullmatch(given) else uuid.uuid4().hex
        token = request_id.set(identity)
        scope.setdefault("state", {})["arrival"] = start
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-Id"] = identity
            with anyio.fail_after(self._settings.limits.body_s):
                await send(message)

        try:
            try:
                self._check_key(scope, headers)
                body = self._bounded(headers, receive)
                await self._app(scope, body, send_with_id)
            except HubocrError as error:
                if status:
                    raise
                await error_reply(scope, self._settings, error)(scope, receive, send_with_id)
        except TimeoutError:
            status = status or 499
            access_logger.warning("a client took its answer too slowly")
        finally:
            self._record(scope, status, time.monotonic() - start)
            request_id.reset(token)

    def _check_key(self, scope: Scope, headers: Headers) -> None:
        if not self._keys or scope["path"] in OPEN_PATHS or scope["method"] == "OPTIONS":
            return
        if not has_key(headers, self._keys):
            self._metrics.rejections.labels("key").inc()
            raise UnauthorizedError(
                "an API key is needed: send Authorization: Bearer KEY or X-API-Key: KEY"
            )

    def _bounded(self, headers: Headers, receive: Receive) -> Receive:
        limits = self._settings.limits
        too_large = f"the body is larger than {limits.body_bytes} bytes"
        announced = headers.get("content-length", "0")
        if announced.isdigit() and int(announced) > limits.body_bytes:
            self._metrics.rejections.labels("body").inc()
            raise LimitError(too_large)
        end = time.monotonic() + limits.body_s
        received, complete = 0, False

        async def bounded() -> Message:
            nonlocal received, complete
            if complete:  # from here on it is the wait for the client to leave
                return await receive()
            try:
                with anyio.fail_after(max(0.0, end - time.monotonic())):
                    message = await receive()
            except TimeoutError:
                self._metrics.rejections.labels("slow").inc()
                raise SlowClientError(
                    f"the body did not arrive within {limits.body_s:g} s"
                ) from None
            received += len(message.get("body", b""))
            complete = not message.get("more_body", False)
            if received > limits.body_bytes:
                self._metrics.rejections.labels("body").inc()
                raise LimitError(too_large)
            return message

        return bounded

    def _record(self, scope: Scope, status: int, seconds: float) -> None:
        route = scope.get("route")
        path = getattr(route, "path", "other")
        # Names that aren't served are the client's: they must not become labels.
        module = scope.get("state", {}).get("module", "")
        outcome = scope.get("state", {}).get("outcome") or str(status)
        self._metrics.requests.labels(path, module, outcome).inc()
        self._metrics.seconds.labels(path, module).observe(seconds)
        access_logger.info(
            "%s %s %d",
            scope["method"],
            scope["path"],
            status,
            extra={"ms": round(1000 * seconds, 1), "client": (scope.get("client") or ["-"])[0]},
        )


def _brief(send: Send) -> Send:
    """Leave only the last line of why a start failed: the application has logged the rest."""

    async def send_brief(message: Message) -> None:
        if message["type"] == "lifespan.startup.failed":
            message = {**message, "message": message.get("message", "").strip().split("\n")[-1]}
        await send(message)

    return send_brief


def has_key(headers: Headers, keys: Sequence[bytes]) -> bool:
    """Say whether a request carries one of the keys; takes the same time whichever it is."""
    scheme, _, bearer = headers.get("authorization", "").partition(" ")
    given = bearer if scheme.lower() == "bearer" else headers.get("x-api-key", "")
    encoded = given.strip().encode("latin-1")  # the bytes as they came
    return any([hmac.compare_digest(encoded, key) for key in keys])
