"""The HTTP server around an application: uvicorn behind our edge."""

from __future__ import annotations

import functools
import logging

import uvicorn
from starlette.types import ASGIApp
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.h11_impl import H11Protocol

from hubocr.server.edge.connections import ConnectionLimits, ConnectionTable
from hubocr.server.edge.middleware import EdgeMiddleware
from hubocr.server.edge.protocol import EdgeProtocol
from hubocr.server.listener import raise_file_limit
from hubocr.server.settings import ServerSettings

logger = logging.getLogger(__name__)

_SPARE_FILES = 128
"""Open files that a worker keeps for models, logs and pipes."""


def http_server(app: ASGIApp, settings: ServerSettings) -> uvicorn.Server:
    """Return a server for an application, with the limits of connections, headers and time."""
    table = ConnectionTable(_connection_limits(settings))
    if settings.trusted_proxies:
        app = ProxyHeadersMiddleware(app, list(settings.trusted_proxies))  # type: ignore[arg-type, assignment]
    config = uvicorn.Config(
        EdgeMiddleware(app, table),
        # uvicorn calls it as it would a class; see hubocr/server/edge.
        http=functools.partial(_protocol, table),  # type: ignore[arg-type]
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=2048,
        # The edge closes idle connections; this only has to come later.
        timeout_keep_alive=settings.limits.keep_alive_s + 5,
        timeout_graceful_shutdown=settings.drain_s,
        h11_max_incomplete_event_size=settings.limits.header_bytes,
    )
    return uvicorn.Server(config)


def _protocol(table: ConnectionTable, **arguments: object) -> EdgeProtocol:
    return EdgeProtocol(table, H11Protocol(**arguments))  # type: ignore[arg-type]


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
