"""Doing a request's work beside the event loop, for as long as the client wants it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

import anyio.to_thread
from starlette.requests import Request

from hubocr.errors import CallCancelledError, DeadlineError
from hubocr.runtime import Call
from hubocr.server.record import record_of
from hubocr.server.state import ServerState

T = TypeVar("T")


async def run_work(request: Request, state: ServerState, work: Callable[[Call], T]) -> T:
    """Return ``work(call)``, run in a thread of its own.

    The call is cancelled when the client leaves, and ends at the deadline, counted from the
    request's arrival: pieces that haven't begun are dropped.

    Raises:
        OverloadedError: There are too many requests already.
        DeadlineError: It took longer than allowed.
        CallCancelledError: The client has left.
        HubocrError: What ``work`` raised.
    """
    deadline = record_of(request.scope).arrival + state.settings.limits.deadline_s
    call = Call(deadline)
    client = request.client.host if request.client else ""
    with state.admission.admitted(client):
        working = asyncio.ensure_future(
            anyio.to_thread.run_sync(
                work, call, limiter=state.request_threads, abandon_on_cancel=True
            )
        )
        leaving = asyncio.ensure_future(_client_leaves(request))
        try:
            await asyncio.wait(
                {working, leaving},
                timeout=max(0.0, deadline - time.monotonic()),
                return_when=asyncio.FIRST_COMPLETED,
            )
            if working.done():
                return working.result()
            if leaving.done():
                raise CallCancelledError("the client has left")
            raise DeadlineError("")
        except DeadlineError:
            state.metrics.count_rejection("deadline")
            raise DeadlineError(
                f"no result within {state.settings.limits.deadline_s:g} s"
            ) from None
        finally:
            call.cancel()
            leaving.cancel()
            working.cancel()
            state.metrics.record_stages(call.seconds)
            state.metrics.depth.set(state.runtime.depth)


async def _client_leaves(request: Request) -> None:
    """Return when the client has closed the connection."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
