"""What the middlewares share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

OnRefusal = Callable[[str], None]
"""Told of a request that a layer refuses, and why: ``key``, ``body``, ``slow`` or ``bytes``."""


def nobody(reason: str) -> None:
    """Tell nobody of a refusal."""


class HttpMiddleware(ABC):
    """A layer around the application that does one thing to each HTTP request.

    Args:
        app: The layers within.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection event."""
        if scope["type"] == "http":
            await self.handle(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    @abstractmethod
    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one HTTP request."""
