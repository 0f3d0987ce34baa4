"""Running the server: one process, or several that share the port."""

from __future__ import annotations

import asyncio
import functools
import logging
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Callable

from prometheus_client.multiprocess import mark_process_dead
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hubocr.runtime.heap import bound_heap
from hubocr.server.app import create_app
from hubocr.server.http import http_server
from hubocr.server.listener import SETTLE_S, address_of, bind, let_no_more_in
from hubocr.server.logs import configure_logging
from hubocr.server.metrics import MULTIPROCESS_VARIABLE
from hubocr.server.settings import ServerSettings
from hubocr.server.supervisor import Link, Supervisor

logger = logging.getLogger(__name__)

SettingsSource = Callable[[], ServerSettings]
Listening = Callable[[str, int], None]
"""Told the address and port once they are this server's."""


def serve(source: SettingsSource, listening: Listening | None = None) -> int:
    """Serve until SIGTERM or SIGINT, and return the exit status.

    Args:
        source: Reads the settings; called again when the models are to be reloaded. It must be
            picklable, since every worker process calls it.
        listening: Called once the port is bound.

    Raises:
        SettingsError: The address can't be listened on.
    """
    _ignore_reloads()
    settings = source()
    configure_logging(settings)
    with bind(settings.host, settings.port) as listener:
        host, port = listener.getsockname()[:2]
        if listening is not None:
            listening(host, port)
        logger.info(
            "hubocr listens on %s with %d worker(s) of %d thread(s)",
            address_of(host, port),
            settings.workers,
            settings.worker_threads,
        )
        if settings.workers == 1:
            _work(source, listener)
            return 0
        with tempfile.TemporaryDirectory(prefix="hubocr-metrics-") as folder:
            os.environ[MULTIPROCESS_VARIABLE] = folder
            supervisor = Supervisor(
                functools.partial(_work, source),
                listener,
                settings.workers,
                drain_s=settings.drain_s,
                on_death=functools.partial(mark_process_dead, path=folder),
            )
            return supervisor.run()


def _ignore_reloads() -> None:
    """Ignore SIGHUP until the application takes it: its default is to end the process."""
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)


def _work(source: SettingsSource, listener: socket.socket, link: Link | None = None) -> None:
    """Serve on a bound socket until SIGTERM, in this process."""
    _ignore_reloads()
    # uvicorn raises the signal again after its shutdown: all is done then, so exit with 0.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
    bound_heap()
    settings = source()
    configure_logging(settings)
    if link is not None:
        link.open()
    app: ASGIApp = create_app(settings, source)
    app = _settle_first(app, listener) if link is None else _tell_ready(app, link)
    http_server(app, settings).run([listener])


def _tell_ready(app: ASGIApp, link: Link) -> ASGIApp:
    return _once_started(app, link.ready)


def _settle_first(app: ASGIApp, listener: socket.socket) -> ASGIApp:
    """Let SIGTERM take effect only once new connections wait outside; see `let_no_more_in`.

    The supervisor does this for its workers.
    """

    def install() -> None:
        loop, end = asyncio.get_running_loop(), signal.getsignal(signal.SIGTERM)

        def settle(number: int, frame: object) -> None:
            pause = SETTLE_S if let_no_more_in(listener) else 0.0
            if callable(end):
                loop.call_soon_threadsafe(loop.call_later, pause, end, number, None)

        signal.signal(signal.SIGTERM, settle)

    return _once_started(app, install)


def _once_started(app: ASGIApp, act: Callable[[], None]) -> ASGIApp:
    async def watched(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_and_act(message: Message) -> None:
            await send(message)
            if message["type"] == "lifespan.startup.complete":
                act()

        await app(scope, receive, send_and_act if scope["type"] == "lifespan" else send)

    return watched
