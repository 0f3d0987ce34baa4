"""Who may receive a message: gRPC tells no size before a message has come whole."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from hubocr.server.edge.connections import Network, is_within
from hubocr.server.errors import OverloadedError


class ReceivingPlaces:
    """Places for calls whose message arrives; it belongs to one event loop.

    A client address has a third of them, so that one that sends a byte now and then leaves the
    others theirs. Its other calls wait for its own.

    Args:
        count: Places in all.
        waiting: Calls of one address that may have or wait for a place; 0: any number.
        trusted: Proxies, whose addresses stand for many clients.
    """

    def __init__(self, count: int, waiting: int, trusted: Sequence[Network] = ()) -> None:
        self._all = asyncio.Semaphore(count)
        self._share = max(1, count // 3)
        self._waiting = waiting
        self._trusted = trusted
        self._calls: Counter[str] = Counter()
        self._own: dict[str, asyncio.Semaphore] = {}

    @asynccontextmanager
    async def taken(self, client: str | None) -> AsyncIterator[None]:
        """Have a place for the length of an ``async with`` block.

        Args:
            client: Address of the client; None where it isn't known.

        Raises:
            OverloadedError: Too many calls of this client wait already.
        """
        if client is None or is_within(client, self._trusted):
            async with self._all:
                yield
            return
        if self._waiting and self._calls[client] >= self._waiting:
            raise OverloadedError(f"{self._waiting} messages of this client are waiting", 1)
        self._calls[client] += 1
        own = self._own.setdefault(client, asyncio.Semaphore(self._share))
        try:
            async with own, self._all:
                yield
        finally:
            self._calls[client] -= 1
            if not self._calls[client]:
                del self._calls[client], self._own[client]
