"""Calls to workers that end when a node is lost.

A process that dies closes its connections, and Serve says so at once. A machine that vanishes
closes nothing: its callers would wait for minutes. Ray's head notices within some seconds.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any, TypeVar, cast

logger = logging.getLogger(__name__)

_LONG_S = 2.0
"""Seconds from which on a call is watched; most have ended by then."""

_EVERY_S = 2.0

T = TypeVar("T")


class LostNodeError(Exception):
    """A node was lost while a call was in flight, perhaps the one that it was sent to."""


class NodeWatch:
    """Waits for the workers' answers. It belongs to one event loop.

    Args:
        alive: Returns the ids of the nodes that are alive; it may block.
    """

    def __init__(self, alive: Callable[[], set[str]]) -> None:
        self._alive = alive
        self._known: set[str] = set()
        self._waiting: set[asyncio.Future[None]] = set()
        self._watching: asyncio.Task[None] | None = None

    async def result(self, response: Any) -> Any:
        """Return what Serve's response comes to; cancelling this cancels the call.

        Raises:
            LostNodeError: A node was lost in the meantime. Which one the call was sent to isn't
                known: a call to another node is given up with it.
            Exception: What the call raised.
        """
        working = asyncio.ensure_future(_result(response))
        lost: asyncio.Future[None] | None = None
        try:
            done, _ = await asyncio.wait({working}, timeout=_LONG_S)
            if not done:
                lost = self._watch()
                await asyncio.wait({working, lost}, return_when=asyncio.FIRST_COMPLETED)
            if not working.done():
                raise LostNodeError
            return working.result()
        finally:
            if lost is not None:
                self._waiting.discard(lost)
                lost.cancel()
            if not working.done():
                response.cancel()
                working.add_done_callback(_ignore)
                working.cancel()

    def _watch(self) -> asyncio.Future[None]:
        lost = asyncio.get_running_loop().create_future()
        self._waiting.add(lost)
        if self._watching is None or self._watching.done():
            self._watching = asyncio.ensure_future(self._poll())
        return cast("asyncio.Future[None]", lost)

    async def _poll(self) -> None:
        while self._waiting:
            try:
                alive = await asyncio.to_thread(self._alive)
            except Exception:
                logger.exception("the nodes of the cluster aren't known")
                alive = self._known
            gone = self._known - alive
            self._known = alive
            if gone:
                logger.warning(
                    "%d node(s) lost, %d calls sent again", len(gone), len(self._waiting)
                )
            for lost in tuple(self._waiting) if gone else ():
                if not lost.done():
                    lost.set_result(None)
            await asyncio.sleep(_EVERY_S)


async def _result(response: Any) -> Any:
    return await response


def _ignore(task: asyncio.Future[Any]) -> None:
    if not task.cancelled():
        task.exception()
