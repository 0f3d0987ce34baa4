"""How many bytes of bodies a worker holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from hubocr.server.edge.connections import Network, is_within

_SMALL = 1_000_000
"""Bytes up to which a body is small."""


class HeldBytes:
    """Counts the bytes of bodies from when they arrive until their request is answered.

    Only what has arrived counts: a client that announces much and sends nothing takes no room. The
    last quarter is for small bodies, so that captchas get through beside large scans. It belongs
    to one event loop.

    Args:
        limit: Bytes in all.
        largest: Bytes of the largest single body, for which there is always room at first.
        trusted: Proxies, whose addresses stand for many clients.
    """

    def __init__(self, limit: int, largest: int, trusted: Sequence[Network] = ()) -> None:
        self._limit = max(limit, largest * 4 // 3)
        self._per_client = max(self._limit // 2, largest)
        self._trusted = trusted
        self._held = 0
        self._by_client: Counter[str] = Counter()

    @property
    def total(self) -> int:
        """Bytes that are held now."""
        return self._held

    def grow(self, client: str, held: int, more: int) -> bool:
        """Count bytes that have arrived; return whether there is room for them.

        Args:
            client: Address of the client.
            held: What the request holds so far.
            more: What has come.
        """
        is_small = held + more <= _SMALL
        room = self._limit if is_small else self._limit * 3 // 4
        own = self._by_client[client] + more
        if self._held + more > room:
            return False
        if own > self._per_client and not is_small and not is_within(client, self._trusted):
            return False
        self._held += more
        self._by_client[client] = own
        return True

    def release(self, client: str, held: int) -> None:
        """Take back what a request held."""
        self._held -= held
        self._by_client[client] -= held
        if not self._by_client[client]:
            del self._by_client[client]
