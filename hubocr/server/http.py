"""The HTTP server around an application: uvicorn behind our edge."""

from __future__ import annotations

import logging

import uvicorn
from starlette.types import ASGIApp
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from hubocr.server.edge.connections import ConnectionLimits
from hubocr.server.edge.uvicorn_config import edge_config
from hubocr.server.listener import raise_file_limit
from hubocr.server.settings import ServerSettings

logger = logging.getLogger(__name__)

_SPARE_FILES = 128
"""Open files that a worker keeps for models, logs and pipes."""


def http_server(app: ASGIApp, settings: ServerSettings) -> uvicorn.Server:
    """Return a server for an application, with the limits of connections, headers and time."""
    if settings.trusted_proxies:
        app = ProxyHeadersMiddleware(app, list(settings.trusted_proxies))  # type: ignore[arg-type, assignment]
    return uvicorn.Server(edge_config(app, _connection_limits(settings), settings.drain_s))


def _connection_limits(settings: ServerSettings) -> ConnectionLimits:
    limits = settings.limits
    files = raise_file_limit()
    connections = (
        limits.connections if files is None else min(limits.connections, files - _SPARE_FILES)
    )
    if connections < limits.connections:
        logger.warning(
            "limit_connections is %d here, since the process may open %d files", connections, files
        )
    return ConnectionLimits(
        connections=max(1, connections),
        connections_per_client=limits.connections_per_client,
        header_bytes=limits.header_bytes,
        header_s=limits.header_s,
        keep_alive_s=limits.keep_alive_s,
        answer_s=limits.body_s,
        answers_bytes=limits.answers_bytes,
        trusted_proxies=settings.trusted_networks,
    )
