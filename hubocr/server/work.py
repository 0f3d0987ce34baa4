"""Doing a request's work beside the event loop, for as long as the client wants it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import TypeVar

import anyio.to_thread
from starlette.requests import Request

from hubocr.engines import Call
from hubocr.errors import CallCancelledError, DeadlineError, HubocrError, InferenceError
from hubocr.server.state import ServerState

logger = logging.getLogger(__name__)

T = TypeVar("T")


async def run_work(request: Request, state: ServerState, work: Callable[[Call], T]) -> T:
    """Return ``work(call)``, run in a thread of its own.

    The call is cancelled when the client leaves, and ends at the deadline, counted from the
    request's arrival: pieces that haven't begun are dropped.

    Raises:
        DeadlineError: It took longer than allowed.
        CallCancelledError: The client has left.
        InferenceError: An unexpected fault; the log has the cause.
        HubocrError: What ``work`` raised.
    """
    arrival: float = request.state.arrival
    call = Call(arrival + state.settings.limits.deadline_s)
    async with state.admitted():
        working = asyncio.ensure_future(
            anyio.to_thread.run_sync(
                work, call, limiter=state.request_threads, abandon_on_cancel=True
            )
        )
        leaving = asyncio.ensure_future(_client_leaves(request))
        try:
            await asyncio.wait(
                {working, leaving},
                timeout=max(0.0, arrival + state.settings.limits.deadline_s - time.monotonic()),
                return_when=asyncio.FIRST_COMPLETED,
            )
            if working.done():
                return working.result()
            if leaving.done():
                raise CallCancelledError("the client has left")
            raise DeadlineError("")
        except DeadlineError:
            state.metrics.rejections.labels("deadline").inc()
            raise DeadlineError(
                f"no result within {state.settings.limits.deadline_s:g} s"
            ) from None
        except HubocrError:
            raise
        except Exception as error:
            logger.exception("a request failed unexpectedly")
            raise InferenceError("inference failed; the server's log says why") from error
        finally:
            call.cancel()
            leaving.cancel()
            working.cancel()
            state.metrics.record_stages(call.seconds)
            state.metrics.depth.set(state.scheduler.depth)


async def _client_leaves(request: Request) -> None:
    """Return when the client has closed the connection."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
