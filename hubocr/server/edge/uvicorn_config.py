"""uvicorn with the edge around its HTTP protocol and its application."""

from __future__ import annotations

import functools

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from hubocr.server.edge.connections import ConnectionLimits, ConnectionTable
from hubocr.server.edge.middleware import EdgeMiddleware
from hubocr.server.edge.protocol import EdgeProtocol


def edge_config(app: ASGIApp, limits: ConnectionLimits, drain_s: int) -> uvicorn.Config:
    """Return the configuration of a server of one process.

    Args:
        app: The application.
        limits: What its connections may take.
        drain_s: Seconds that running requests get at the end.
    """
    table = ConnectionTable(limits)
    return uvicorn.Config(
        EdgeMiddleware(app, table),
        # uvicorn calls it as it would a class.
        http=functools.partial(_protocol, table),  # type: ignore[arg-type]
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=2048,
        # The edge closes idle connections; this only has to come later.
        timeout_keep_alive=int(limits.keep_alive_s) + 5,
        timeout_graceful_shutdown=drain_s,
        h11_max_incomplete_event_size=limits.header_bytes,
    )


def _protocol(table: ConnectionTable, **arguments: object) -> EdgeProtocol:
    return EdgeProtocol(table, H11Protocol(**arguments))  # type: ignore[arg-type]
