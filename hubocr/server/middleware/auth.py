"""API keys."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from hubocr.server.errors import UnauthorizedError
from hubocr.server.keys import KeyRing
from hubocr.server.middleware.base import HttpMiddleware, OnRefusal, nobody

OPEN_PATHS = (
    "/health",
    *(f"/{version}/health/{state}" for version in ("v1", "v2") for state in ("live", "ready")),
)
"""Paths that need no key."""

PAGE = "/ui"
"""The web page and its files, which hold nothing of the server's: the page asks for the key."""


class ApiKeys(HttpMiddleware):
    """Refuses requests without one of the keys.

    Args:
        app: The layers within.
        keys: The valid keys.
        on_refusal: Told of refusals.
    """

    def __init__(self, app: ASGIApp, keys: KeyRing, on_refusal: OnRefusal = nobody) -> None:
        super().__init__(app)
        self._keys = keys
        self._on_refusal = on_refusal

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See `HttpMiddleware.handle`.

        Raises:
            UnauthorizedError: The key is missing or wrong.
        """
        path = scope["path"]
        is_page = path == PAGE or path.startswith(f"{PAGE}/")
        is_open = (
            self._keys.is_empty or path in OPEN_PATHS or is_page or scope["method"] == "OPTIONS"
        )
        if not is_open and not self._keys.opens(Headers(scope=scope)):
            self._on_refusal("key")
            raise UnauthorizedError(
                "an API key is needed: send Authorization: Bearer KEY or X-API-Key: KEY"
            )
        await self._app(scope, receive, send)
