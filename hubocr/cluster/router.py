"""Which worker a request goes to; Serve makes one router for each handle, and so for each entry."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from typing import Any

from ray.serve.request_router import FIFOMixin, RequestRouter

_CHOICES = 2


class LeastOutstandingRouter(FIFOMixin, RequestRouter):  # type: ignore[misc]
    """Sends a request to the worker that has the fewest unanswered ones of this entry.

    Serve's own router compares the lengths of queues that it remembers. These hold the requests of
    other entries, whose end it isn't told, so that with two entries a worker stood idle for
    seconds beside one with eight requests. What an entry itself has sent it knows exactly, and
    where every entry spreads its own requests evenly, so do all of them together. Among workers
    that are equal in this, Serve takes the shorter queue of two that are chosen by chance.
    """

    def initialize_state(self, **_: Any) -> None:
        """Begin to count; Serve calls it once."""
        self._outstanding: Counter[Any] = Counter()

    async def choose_replicas(
        self, candidate_replicas: Sequence[Any], pending_request: Any = None
    ) -> list[list[Any]]:
        """Return groups of workers; Serve asks a group for room before it asks the next."""
        if not candidate_replicas:
            return []
        least = min(self._outstanding[one.replica_id] for one in candidate_replicas)
        free = [one for one in candidate_replicas if self._outstanding[one.replica_id] == least]
        return [_two(free), _two(candidate_replicas)]

    def on_request_routed(self, pending_request: Any, replica_id: Any, result: Any) -> None:
        """Count a request, until it is answered, fails or is given up."""
        loop = asyncio.get_running_loop()
        self._outstanding[replica_id] += 1
        result.add_done_callback(lambda _: loop.call_soon_threadsafe(self._done, replica_id))

    def update_replicas(self, replicas: Sequence[Any]) -> None:
        """Take the workers that there are now."""
        super().update_replicas(replicas)
        present = {one.replica_id for one in replicas}
        for gone in set(self._outstanding) - present:
            del self._outstanding[gone]

    def _done(self, replica_id: Any) -> None:
        if self._outstanding[replica_id] > 0:  # it may be gone
            self._outstanding[replica_id] -= 1


def _two(replicas: Sequence[Any]) -> list[Any]:
    return random.sample(list(replicas), min(_CHOICES, len(replicas)))
