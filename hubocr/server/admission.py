"""How many requests a worker takes at a time."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager

from hubocr.server.errors import OverloadedError
from hubocr.server.metrics import Metrics

_SMOOTHING = 0.1
"""Weight of the newest request in the mean time that Retry-After is computed from."""


class Admission:
    """Counts the requests that are worked on or wait; used on the event loop alone.

    Args:
        limit: How many there may be.
        threads: How many are worked on side by side.
        metrics: Where they are counted.
    """

    def __init__(self, limit: int, threads: int, metrics: Metrics) -> None:
        self._limit = limit
        self._threads = threads
        self._metrics = metrics
        self._in_flight = 0
        self._mean_seconds = 0.1

    @contextmanager
    def admitted(self) -> Iterator[None]:
        """Count a request for the length of a ``with`` block.

        Raises:
            OverloadedError: There are as many as the limit allows.
        """
        if self._in_flight >= self._limit:
            self._metrics.rejections.labels("queue").inc()
            waiting = self._in_flight * self._mean_seconds / self._threads
            raise OverloadedError(
                f"the server is busy: {self._limit} requests are waiting",
                max(1, math.ceil(waiting)),
            )
        start = time.monotonic()
        self._in_flight += 1
        self._metrics.in_flight.set(self._in_flight)
        try:
            yield
        finally:
            self._in_flight -= 1
            self._metrics.in_flight.set(self._in_flight)
            seconds = (time.monotonic() - start) / (self._in_flight + 1)
            self._mean_seconds += _SMOOTHING * (seconds - self._mean_seconds)
