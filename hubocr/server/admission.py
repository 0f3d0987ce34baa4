"""How many requests a worker takes at a time."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from hubocr.server.edge.connections import is_within
from hubocr.server.errors import OverloadedError
from hubocr.server.metrics import Metrics
from hubocr.server.settings import ServerSettings

_SMOOTHING = 0.1
"""Weight of the newest request in the mean time that Retry-After is computed from."""


class Admission:
    """Counts the requests that are worked on or wait; used on the event loop alone.

    Args:
        settings: The limits, and the proxies that stand for many clients.
        threads: How many are processed concurrently.
        metrics: Where they are counted.
    """

    def __init__(self, settings: ServerSettings, threads: int, metrics: Metrics) -> None:
        self._limit = settings.limits.queue
        self._per_client = settings.limits.queue_per_client
        self._trusted = settings.trusted_networks
        self._by_client: Counter[str] = Counter()
        self._threads = threads
        self._metrics = metrics
        self._in_flight = 0
        self._answered = 0
        self._mean_seconds = 0.1

    @property
    def in_flight(self) -> int:
        """Requests that are worked on or wait."""
        return self._in_flight

    @property
    def answered(self) -> int:
        """Requests that were admitted and are over."""
        return self._answered

    @contextmanager
    def admitted(self, client: str) -> Iterator[None]:
        """Count a request for the length of a ``with`` block.

        Args:
            client: Address of the client.

        Raises:
            OverloadedError: There are as many, in all or of this client, as the limits allow.
        """
        if self._in_flight >= self._limit:
            raise self._refusal("queue", f"the server is busy: {self._limit} requests are waiting")
        share = self._per_client
        if share and self._by_client[client] >= share and not is_within(client, self._trusted):
            raise self._refusal("client", f"{share} requests of this client are waiting")
        start = time.monotonic()
        self._count(client, 1)
        try:
            yield
        finally:
            self._count(client, -1)
            self._answered += 1
            seconds = (time.monotonic() - start) / (self._in_flight + 1)
            self._mean_seconds += _SMOOTHING * (seconds - self._mean_seconds)

    def _count(self, client: str, change: int) -> None:
        self._in_flight += change
        self._by_client[client] += change
        if not self._by_client[client]:
            del self._by_client[client]
        self._metrics.in_flight.set(self._in_flight)

    def _refusal(self, reason: str, message: str) -> OverloadedError:
        self._metrics.count_rejection(reason)
        waiting = self._in_flight * self._mean_seconds / self._threads
        return OverloadedError(message, max(1, math.ceil(waiting)))
