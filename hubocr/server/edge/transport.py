"""The transport that an HTTP protocol sees behind the edge."""

# ruff: noqa: D102 - asyncio documents its own interface

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any


class EdgeTransport(asyncio.Transport):
    """The real transport but for ``close``, and for reading, which the edge may hold up too.

    Args:
        transport: The real one.
        close: Called once in place of closing the real one.
    """

    def __init__(self, transport: asyncio.Transport, close: Callable[[], None]) -> None:
        super().__init__()
        self._transport = transport
        self._close = close
        self._is_closing = False
        self._is_held = False
        self._is_paused = False

    def hold(self) -> None:
        """Stop reading for the edge."""
        self._is_held = True
        self._apply()

    def release(self) -> None:
        """Read again, unless the HTTP protocol has stopped it."""
        self._is_held = False
        self._apply()

    def _apply(self) -> None:
        if self.is_closing():
            return
        if self._is_held or self._is_paused:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    def pause_reading(self) -> None:
        self._is_paused = True
        self._apply()

    def resume_reading(self) -> None:
        self._is_paused = False
        self._apply()

    def close(self) -> None:
        if not self._is_closing:
            self._is_closing = True
            self._close()

    def abort(self) -> None:
        self._is_closing = True
        self._transport.abort()

    def is_closing(self) -> bool:
        return self._is_closing or self._transport.is_closing()

    def write(self, data: Any) -> None:
        if not self._is_closing:
            self._transport.write(data)

    def writelines(self, list_of_data: Any) -> None:
        if not self._is_closing:
            self._transport.writelines(list_of_data)

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._transport.get_extra_info(name, default)

    def is_reading(self) -> bool:
        return self._transport.is_reading()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._transport.set_write_buffer_limits(high, low)

    def get_write_buffer_size(self) -> int:
        return self._transport.get_write_buffer_size()

    def get_write_buffer_limits(self) -> tuple[int, int]:
        return self._transport.get_write_buffer_limits()

    def can_write_eof(self) -> bool:
        return self._transport.can_write_eof()

    def write_eof(self) -> None:
        self._transport.write_eof()
