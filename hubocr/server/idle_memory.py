"""Giving memory back while the worker is idle."""

from __future__ import annotations

import asyncio
import gc
import logging
import time

import anyio.to_thread

from hubocr.runtime.heap import resident_bytes, trim_heap
from hubocr.server.state import ServerState

logger = logging.getLogger(__name__)

_CHECK_EVERY_S = 1.0
_IDLE_S = 3.0
"""Seconds without a request after which memory is given back: the layers' memory is worth keeping
between the requests of a busy client only."""


_GROWN_BYTES = 10_000_000
"""Growth after which memory is given back though no request was answered: bodies that were refused,
or answers that were dropped, leave theirs behind as well."""


async def give_back_when_idle(state: ServerState) -> None:
    """Free what the last requests left behind, each time when the worker has become idle."""
    given_back, kept = -1, 0
    while True:
        answered = state.admission.answered
        idle_since = time.monotonic()
        while (
            given_back == answered and resident_bytes() - kept < _GROWN_BYTES
        ) or time.monotonic() - idle_since < _IDLE_S:
            await asyncio.sleep(_CHECK_EVERY_S)
            is_busy = state.admission.in_flight or state.held.total
            if is_busy or state.admission.answered != answered:
                answered, idle_since = state.admission.answered, time.monotonic()
        given_back = answered
        try:
            await anyio.to_thread.run_sync(_give_back, state)
        except Exception:
            logger.exception("memory could not be given back")
        kept = resident_bytes()


def _give_back(state: ServerState) -> None:
    state.runtime.release_memory()
    gc.collect()
    trim_heap()
