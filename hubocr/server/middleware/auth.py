"""API keys."""

from __future__ import annotations

import hmac
from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from hubocr.server.errors import UnauthorizedError
from hubocr.server.metrics import Metrics
from hubocr.server.middleware.base import HttpMiddleware

OPEN_PATHS = ("/v2/health/live", "/v2/health/ready")
"""Paths that need no key."""


class ApiKeys(HttpMiddleware):
    """Refuses requests without one of the keys.

    Args:
        app: The layers within.
        keys: The keys; without any all may ask.
        metrics: Where refusals are counted.
    """

    def __init__(self, app: ASGIApp, keys: Sequence[str], metrics: Metrics) -> None:
        super().__init__(app)
        self._keys = [key.encode() for key in keys]
        self._metrics = metrics

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See `HttpMiddleware.handle`.

        Raises:
            UnauthorizedError: The key is missing or wrong.
        """
        is_open = not self._keys or scope["path"] in OPEN_PATHS or scope["method"] == "OPTIONS"
        if not is_open and not has_key(Headers(scope=scope), self._keys):
            self._metrics.rejections.labels("key").inc()
            raise UnauthorizedError(
                "an API key is needed: send Authorization: Bearer KEY or X-API-Key: KEY"
            )
        await self._app(scope, receive, send)


def has_key(headers: Headers, keys: Sequence[bytes]) -> bool:
    """Say whether a request carries one of the keys; takes the same time whichever it is."""
    scheme, _, bearer = headers.get("authorization", "").partition(" ")
    given = bearer if scheme.lower() == "bearer" else headers.get("x-api-key", "")
    encoded = given.strip().encode("latin-1")  # the bytes as they came
    return any([hmac.compare_digest(encoded, key) for key in keys])
