"""HTTP with a time limit on headers, which uvicorn has no setting for.

It builds on uvicorn's own protocol class, so that pyproject.toml allows only the releases of
uvicorn that it was tested with.
"""

from __future__ import annotations

import asyncio

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class TimedConfig(uvicorn.Config):
    """Uvicorn's settings, and the time in seconds that a client gets for a request's headers."""

    header_s = 10.0


class HeaderTimeoutProtocol(HttpToolsProtocol):
    """HTTP with a limit on the time that a client takes to send a request's headers."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the clock for the first request."""
        super().connection_made(transport)
        self._header_timer: asyncio.TimerHandle | None = None
        self._start_timer()

    def on_message_begin(self) -> None:
        """Start the clock for a further request."""
        super().on_message_begin()
        self._start_timer()

    def on_headers_complete(self) -> None:
        """Stop the clock."""
        self._stop_timer()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        self._stop_timer()
        super().connection_lost(exc)

    def _start_timer(self) -> None:
        if self._header_timer is None:
            seconds = getattr(self.config, "header_s", TimedConfig.header_s)
            self._header_timer = self.loop.call_later(seconds, self._close)

    def _stop_timer(self) -> None:
        if self._header_timer is not None:
            self._header_timer.cancel()
            self._header_timer = None

    def _close(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()
