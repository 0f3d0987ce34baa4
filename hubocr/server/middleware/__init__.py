"""What every request goes through before its route, each layer for one thing."""

from __future__ import annotations

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from hubocr.server.held_bytes import HeldBytes
from hubocr.server.keys import KeyRing
from hubocr.server.metrics import Metrics
from hubocr.server.middleware.accounts import AccessLog, Counting
from hubocr.server.middleware.auth import ApiKeys
from hubocr.server.middleware.encoding import ContentEncoding
from hubocr.server.middleware.errors import ErrorReplies
from hubocr.server.middleware.identity import Identity
from hubocr.server.middleware.limits import AnswerTime, BodyLimits
from hubocr.server.settings import ServerSettings


def middlewares(
    settings: ServerSettings, keys: KeyRing, metrics: Metrics, held: HeldBytes
) -> list[Middleware]:
    """Return the layers around the routes, the outermost first."""
    limits = settings.limits
    return [
        *_cors(settings),
        Middleware(Identity),
        Middleware(AccessLog),
        Middleware(Counting, metrics=metrics),
        Middleware(AnswerTime, limits=limits),
        Middleware(ErrorReplies, settings=settings),
        Middleware(ApiKeys, keys=keys, metrics=metrics),
        Middleware(ContentEncoding, limit=limits.body_bytes),
        Middleware(BodyLimits, limits=limits, held=held, metrics=metrics),
    ]


def entry_middlewares(
    settings: ServerSettings, keys: KeyRing, metrics: Metrics, held: HeldBytes
) -> list[Middleware]:
    """Return the layers of a process that passes whole requests on to others that have them all."""
    limits = settings.limits
    return [
        *_cors(settings),
        Middleware(Identity),
        Middleware(AnswerTime, limits=limits),
        Middleware(ErrorReplies, settings=settings),
        Middleware(ApiKeys, keys=keys, metrics=metrics),
        Middleware(BodyLimits, limits=limits, held=held, metrics=metrics),
    ]


def _cors(settings: ServerSettings) -> list[Middleware]:
    if not settings.cors_origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=list(settings.cors_origins),
            allow_methods=["GET", "POST"],
            allow_headers=["*"],
            # A page of the web that asks a server in its user's own network (a captcha script).
            allow_private_network=True,
            expose_headers=["X-Request-Id", "Retry-After"],
        )
    ]


__all__ = ["entry_middlewares", "middlewares"]
