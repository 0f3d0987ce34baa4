"""A fair scheduler: pieces of work from many calls, spread over a few threads.

Each call of the pipeline is a flow. The threads take one piece from each flow in turn, so that a
captcha that arrives behind a page with 200 lines waits for a piece of the page, not for the page.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Generic, TypeVar

from hubocr.errors import CallCancelledError, DeadlineError

A = TypeVar("A")
B = TypeVar("B")


class Call:
    """One caller's work: its deadline, whether it is still wanted, and where its time went.

    Args:
        deadline: Moment of ``time.monotonic()`` after which the result is of no use; None: never.
    """

    def __init__(self, deadline: float | None = None) -> None:
        self.deadline = deadline
        self._cancelled = False
        self._lock = threading.Lock()
        self._seconds: dict[str, float] = {}

    def cancel(self) -> None:
        """Drop the work that hasn't begun; may be called from any thread."""
        self._cancelled = True

    def check(self) -> None:
        """Raise `CallCancelledError` or `DeadlineError` where the result isn't wanted any more."""
        if self._cancelled:
            raise CallCancelledError("the caller has left")
        if self.deadline is not None and time.monotonic() > self.deadline:
            raise DeadlineError("the deadline has passed")

    @property
    def seconds(self) -> dict[str, float]:
        """Processor-thread seconds by stage, and under ``queue`` the time that work waited."""
        with self._lock:
            return dict(self._seconds)

    def record(self, stage: str, seconds: float) -> None:
        """Add time to a stage."""
        with self._lock:
            self._seconds[stage] = self._seconds.get(stage, 0.0) + seconds


class _Batch(Generic[A, B]):
    """The pieces of one ``map``, and their results."""

    def __init__(self, work: Callable[[A], B], items: Sequence[A], stage: str, call: Call) -> None:
        self.work, self.items, self.stage, self.call = work, items, stage, call
        self.results: list[Any] = [None] * len(items)
        self.error: BaseException | None = None
        self.done = threading.Event()
        self._left = len(items)
        self._lock = threading.Lock()

    def run(self, index: int, queued: float) -> None:
        """Work on one piece, unless another has failed or the result isn't wanted any more."""
        start = time.monotonic()
        try:
            if self.error is None:
                self.call.check()
                self.results[index] = self.work(self.items[index])
        except BaseException as error:  # noqa: BLE001 - map() raises it to the caller
            self.error = self.error or error
            self.done.set()
        self.call.record("queue", start - queued)
        self.call.record(self.stage, time.monotonic() - start)
        with self._lock:
            self._left -= 1
            if self._left == 0:
                self.done.set()


class Scheduler:
    """A few threads that serve all flows in turn; safe to share between threads.

    Args:
        threads: How many pieces are worked on side by side.
    """

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="hubocr")
        self._lock = threading.Lock()
        self._flows: OrderedDict[int, deque[tuple[_Batch[Any, Any], int, float]]] = OrderedDict()

    @property
    def depth(self) -> int:
        """How many pieces wait."""
        with self._lock:
            return sum(len(flow) for flow in self._flows.values())

    def map(
        self,
        work: Callable[[A], B],
        items: Sequence[A],
        *,
        stage: str = "work",
        call: Call | None = None,
    ) -> list[B]:
        """Return ``work(item)`` for every item, in order.

        ``work`` must not call the scheduler itself.

        Args:
            work: Works on one piece.
            items: The pieces.
            stage: Name under which the call records the time.
            call: The call that the pieces belong to; None: one of its own, without deadline.

        Raises:
            CallCancelledError: The call was cancelled.
            DeadlineError: Its deadline has passed.
            Exception: The first error of ``work``; pieces that haven't begun are dropped.
        """
        call = call or Call()
        call.check()
        if not items:
            return []
        batch = _Batch(work, items, stage, call)
        now = time.monotonic()
        with self._lock:
            flow = self._flows.setdefault(id(call), deque())
            flow.extend((batch, index, now) for index in range(len(items)))
        for _ in items:
            self._pool.submit(self._run_next)
        limit = None if call.deadline is None else max(0.0, call.deadline - now)
        if not batch.done.wait(limit):
            batch.error = DeadlineError("the deadline has passed")
        if batch.error is not None:
            raise batch.error
        return batch.results

    def _run_next(self) -> None:
        with self._lock:
            key, flow = next(iter(self._flows.items()))
            batch, index, queued = flow.popleft()
            if flow:
                self._flows.move_to_end(key)
            else:
                del self._flows[key]
        batch.run(index, queued)
