"""Giving memory back while nothing is asked."""

from __future__ import annotations

import asyncio
import gc
import logging
import time

import anyio.to_thread

from hubocr.server.memory import trim_heap
from hubocr.server.state import ServerState

logger = logging.getLogger(__name__)

_LOOK_EVERY_S = 1.0
_IDLE_S = 3.0
"""Seconds without a request after which memory is given back: the layers' memory is worth keeping
between the requests of a busy client only."""


async def give_back_when_idle(state: ServerState) -> None:
    """Free what the last requests left behind, each time when the worker has become idle."""
    given_back = -1
    while True:
        answered = state.admission.answered
        idle_since = time.monotonic()
        while given_back == answered or time.monotonic() - idle_since < _IDLE_S:
            await asyncio.sleep(_LOOK_EVERY_S)
            if state.admission.in_flight or state.admission.answered != answered:
                answered, idle_since = state.admission.answered, time.monotonic()
        given_back = answered
        try:
            await anyio.to_thread.run_sync(_give_back, state)
        except Exception:
            logger.exception("memory could not be given back")


def _give_back(state: ServerState) -> None:
    state.runtime.release_memory()
    gc.collect()
    trim_heap()
