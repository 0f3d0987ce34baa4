"""What every request goes through before its route, each layer for one thing."""

from __future__ import annotations

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from hubocr.server.held_bytes import HeldBytes
from hubocr.server.keys import KeyRing
from hubocr.server.metrics import Metrics
from hubocr.server.middleware.accounts import AccessLog, Counting, RefusalLog
from hubocr.server.middleware.auth import ApiKeys
from hubocr.server.middleware.base import OnRefusal, nobody
from hubocr.server.middleware.encoding import ContentEncoding
from hubocr.server.middleware.errors import ErrorReplies
from hubocr.server.middleware.identity import Identity
from hubocr.server.middleware.limits import AnswerTime, BodyLimits
from hubocr.server.settings import ServerSettings


def middlewares(
    settings: ServerSettings, keys: KeyRing, metrics: Metrics, held: HeldBytes
) -> list[Middleware]:
    """Return the layers around the routes, the outermost first."""
    counting = Middleware(Counting, metrics=metrics)
    unpacking = Middleware(ContentEncoding, limit=settings.limits.body_bytes)
    return [
        *_outer(settings, Middleware(AccessLog), counting),
        Middleware(ApiKeys, keys=keys, on_refusal=metrics.count_rejection),
        unpacking,
        _body_limits(settings, held, metrics.count_rejection),
    ]


def entry_middlewares(settings: ServerSettings, keys: KeyRing, held: HeldBytes) -> list[Middleware]:
    """Return the layers of a process that passes whole requests on to others that have them all.

    What it refuses itself it writes to the log; the others write about the rest.
    """
    return [
        *_outer(settings, Middleware(RefusalLog)),
        Middleware(ApiKeys, keys=keys),
        _body_limits(settings, held),
    ]


def _outer(settings: ServerSettings, *accounts: Middleware) -> list[Middleware]:
    """Return the layers that answer errors, with those between that keep accounts."""
    return [
        *_cors(settings),
        Middleware(Identity),
        *accounts,
        Middleware(AnswerTime, limits=settings.limits),
        Middleware(ErrorReplies, settings=settings),
    ]


def _body_limits(
    settings: ServerSettings, held: HeldBytes, on_refusal: OnRefusal = nobody
) -> Middleware:
    most, seconds = settings.limits.body_bytes, settings.limits.body_s
    return Middleware(BodyLimits, most=most, seconds=seconds, held=held, on_refusal=on_refusal)


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
