"""A fair scheduler: pieces of work from many calls, spread over a few threads.

Each call of the pipeline is a flow. Short flows, such as captchas, take turns and go before long
ones, so that a captcha that arrives behind a page with 200 lines waits for a piece of the page, not
for the page. Long flows are served in the order of their arrival: taking turns among many pages
would finish all of them late, under overload past their deadlines, where in order the first ones
are done soon.
"""

from __future__ import annotations

import itertools
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from hubocr.errors import CallCancelledError, DeadlineError

A = TypeVar("A")
B = TypeVar("B")

_SHORT_PIECES = 4
"""Pieces up to which a flow is short."""

_SHORT_SECONDS = 0.05
"""Processor-thread seconds after which a flow isn't short any more."""

_SHORT_TURNS = 3
"""Short flows' pieces for each piece of a long one, so that captchas without end stop no page."""

_numbers = itertools.count()


class Call:
    """One caller's work: its deadline, whether it is still wanted, and where its time went.

    Args:
        deadline: Moment of ``time.monotonic()`` after which the result is of no use; None: never.
    """

    def __init__(self, deadline: float | None = None) -> None:
        self.deadline = deadline
        self.number = next(_numbers)
        """Place in the order of arrival."""
        self._cancelled = False
        self._lock = threading.Lock()
        self._seconds: dict[str, float] = {}
        self._parts: dict[str, float] = {}

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

    @property
    def parts(self) -> dict[str, float]:
        """Processor-thread seconds by part of a stage, such as ``recognition.engine``."""
        with self._lock:
            return dict(self._parts)

    @contextmanager
    def timed(self, part: str) -> Iterator[None]:
        """Add the time of a ``with`` block to a part of a stage."""
        start = time.perf_counter()
        try:
            yield
        finally:
            seconds = time.perf_counter() - start
            with self._lock:
                self._parts[part] = self._parts.get(part, 0.0) + seconds

    @property
    def worked(self) -> float:
        """Processor-thread seconds in all."""
        with self._lock:
            return sum(self._seconds.values()) - self._seconds.get("queue", 0.0)

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
        self.call.record("queue", start - queued)
        self.call.record(self.stage, time.monotonic() - start)

    def settle(self) -> None:
        """Note that a piece is over, and wake the caller when it need not wait any more."""
        with self._lock:
            self._left -= 1
            if self._left == 0 or self.error is not None:
                self.done.set()


_Piece = tuple[_Batch[Any, Any], int, float]
"""A batch, the index of an item, and when it was queued."""

_Flow = deque[_Piece]


class _Lanes:
    """The flows that wait, by their calls' numbers; not safe to share between threads."""

    def __init__(self) -> None:
        self._short: OrderedDict[int, _Flow] = OrderedDict()
        self._long: dict[int, _Flow] = {}
        self._turns = 0
        self._count = 0  # asked at every piece, and there may be hundreds of flows to sum up

    def __len__(self) -> int:
        return self._count

    def add(self, batch: _Batch[Any, Any], now: float, *, heavy: bool) -> None:
        """Queue the pieces of a batch."""
        call, count = batch.call, len(batch.items)
        is_long = heavy or count > _SHORT_PIECES or call.worked > _SHORT_SECONDS
        lane: dict[int, _Flow] = self._long if is_long else self._short
        flow = lane.setdefault(call.number, deque())
        flow.extend((batch, index, now) for index in range(count))
        self._count += count

    def take(self) -> _Piece:
        """Return the piece that is next."""
        self._count -= 1
        if self._short and (self._turns < _SHORT_TURNS or not self._long):
            self._turns += 1
            number = next(iter(self._short))
            flow = self._short.pop(number)
            piece = flow.popleft()
            if flow:
                self._short[number] = flow  # behind the others
            return piece
        self._turns = 0
        number = min(self._long)
        flow = self._long[number]
        piece = flow.popleft()
        if not flow:
            del self._long[number]
        return piece


class Scheduler:
    """A few threads that serve all flows, see above; safe to share between threads.

    A call of a single piece that finds a thread free does the piece itself: waking another thread
    for it takes as long as a small network does.

    Args:
        threads: How many pieces are worked on side by side.
    """

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="hubocr")
        self._lock = threading.Lock()
        self._lanes = _Lanes()
        self._working = 0
        """Threads that have a piece in hand."""
        self._called = 0
        """Threads of the pool that were called and haven't come yet; there may be nothing left for
        them then."""

    @property
    def depth(self) -> int:
        """How many pieces wait."""
        with self._lock:
            return len(self._lanes)

    @property
    def is_single(self) -> bool:
        """Whether no piece waits, and one at most, which may be the asker's, is worked on."""
        with self._lock:
            return self._working <= 1 and len(self._lanes) == 0

    def map(
        self,
        work: Callable[[A], B],
        items: Sequence[A],
        *,
        stage: str = "work",
        call: Call | None = None,
        heavy: bool = False,
    ) -> list[B]:
        """Return ``work(item)`` for every item, in order.

        ``work`` must not call the scheduler itself.

        Args:
            work: Works on one piece.
            items: The pieces.
            stage: Name under which the call records the time.
            call: The call that the pieces belong to; None: one of its own, without deadline.
            heavy: Whether a piece is work for a tenth of a second or more.

        Raises:
            CallCancelledError: The call was cancelled.
            DeadlineError: Its deadline has passed; a piece that the caller does itself is done
                first.
            Exception: The first error of ``work``; pieces that haven't begun are dropped.
        """
        call = call or Call()
        call.check()
        if not items:
            return []
        batch = _Batch(work, items, stage, call)
        now = time.monotonic()
        with self._lock:
            is_free = self._working < self.threads and len(self._lanes) == 0
            is_own = is_free and len(items) == 1 and not heavy
            if is_own:
                self._working += 1
            else:
                self._lanes.add(batch, now, heavy=heavy)
                self._call_threads()
        if is_own:
            self._work_on_own(batch, now)
        limit = None if call.deadline is None else max(0.0, call.deadline - time.monotonic())
        if not batch.done.wait(limit) or limit == 0.0:
            batch.error = DeadlineError("the deadline has passed")
        if batch.error is not None:
            raise batch.error
        return batch.results

    def _work(self) -> None:
        """Work on what waits until nothing does."""
        with self._lock:
            self._called -= 1
            if self._working == self.threads or len(self._lanes) == 0:
                return
            self._working += 1
            piece: _Piece | None = self._lanes.take()
        while piece is not None:
            batch, index, queued = piece
            batch.run(index, queued)
            with self._lock:
                piece = self._lanes.take() if len(self._lanes) else None
                self._working -= piece is None
            # Only now may the caller wake: its next call is alone if there is no other.
            batch.settle()

    def _work_on_own(self, batch: _Batch[Any, Any], queued: float) -> None:
        """Work on the only piece of a batch in the thread that brings it."""
        try:
            batch.run(0, queued)
        finally:
            with self._lock:
                self._working -= 1
                self._call_threads()
            batch.settle()

    def _call_threads(self) -> None:
        """Call as many threads as there is work and room for; the lock is held."""
        wanted = min(len(self._lanes), self.threads - self._working) - self._called
        for _ in range(wanted):
            self._called += 1
            self._pool.submit(self._work)
