"""What the routes of one worker share."""

from __future__ import annotations

import math
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from anyio import CapacityLimiter

from hubocr.engines import Scheduler
from hubocr.server.errors import NotReadyError, OverloadedError, UnknownModuleError
from hubocr.server.metrics import Metrics
from hubocr.server.modules import Module, ModuleHost
from hubocr.server.settings import ServerSettings

_SMOOTHING = 0.1
"""Weight of the newest request in the mean time that Retry-After is computed from."""


class ServerState:
    """Settings, modules, threads and counters of one worker.

    Args:
        settings: The server's settings.
        reload_settings: Reads the settings anew for a reload; None: they never change.
    """

    def __init__(
        self,
        settings: ServerSettings,
        reload_settings: Callable[[], ServerSettings] | None = None,
    ) -> None:
        self.settings = settings
        self.scheduler = Scheduler(settings.worker_threads)
        self.host = ModuleHost(settings, self.scheduler)
        self.metrics = Metrics()
        # A request waits in a thread of its own for its pieces; the scheduler's threads work.
        self.request_threads = CapacityLimiter(settings.limits.queue)
        self._reload_settings = reload_settings
        self._in_flight = 0
        self._mean_seconds = 0.1

    def load(self) -> None:
        """Load the modules for the first time."""
        self.host.load()
        self.metrics.ready.set(1)

    def reload(self) -> None:
        """Load the modules anew from the configuration; the old ones stay when that fails."""
        settings = self._reload_settings() if self._reload_settings else self.settings
        self.host.load(settings.modules)

    def module(self, name: str) -> Module:
        """Return a loaded module.

        Raises:
            UnknownModuleError: No such module is configured.
            NotReadyError: The models aren't loaded yet.
        """
        if name not in self.host.names:
            raise UnknownModuleError(f"Module {name} is not available.")
        if self.host.problem is not None:
            raise NotReadyError(f"the models aren't ready: {self.host.problem}")
        return self.host.modules[name]

    @asynccontextmanager
    async def admitted(self) -> AsyncIterator[None]:
        """Count a request as worked on, for the length of a ``with`` block.

        Raises:
            OverloadedError: There are as many as the queue holds.
        """
        limit = self.settings.limits.queue
        if self._in_flight >= limit:
            self.metrics.rejections.labels("queue").inc()
            waiting = self._in_flight * self._mean_seconds / self.scheduler.threads
            raise OverloadedError(
                f"the server is busy: {limit} requests are waiting", max(1, math.ceil(waiting))
            )
        start = time.monotonic()
        self._in_flight += 1
        self.metrics.in_flight.set(self._in_flight)
        try:
            yield
        finally:
            self._in_flight -= 1
            self.metrics.in_flight.set(self._in_flight)
            seconds = (time.monotonic() - start) / (self._in_flight + 1)
            self._mean_seconds += _SMOOTHING * (seconds - self._mean_seconds)
