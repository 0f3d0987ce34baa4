"""A fair scheduler: pieces of work from many calls, spread over a few threads.

Each call of the pipeline is a flow. Short flows, such as captchas, take turns and go before long
ones, so that a captcha that arrives behind a page with 200 lines waits for a piece of the page, not
for the page. Long flows are served in the order of their arrival: taking turns among many pages
would finish all of them late, under overload past their deadlines, where in order the first ones
are done soon.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from hubocr.errors import DeadlineError, EngineError
from hubocr.runtime.call import Call
from hubocr.runtime.lanes import SHORT_SECONDS, Batch, Lanes, Piece

A = TypeVar("A")
B = TypeVar("B")


class Scheduler:
    """A few threads that serve all flows, see above; safe to share between threads.

    A call of a single piece that finds a thread free does the piece itself: waking another thread
    for it takes as long as a small network does. It does so as well where heavy pieces have all the
    threads, as many such calls at a time as there are threads: the system shares the processors
    out, and a captcha doesn't wait for the end of a page's detection.

    Args:
        threads: How many pieces are processed concurrently.
    """

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="hubocr")
        self._lock = threading.Lock()
        self._lanes = Lanes()
        self._idle = threading.Condition(self._lock)
        self._in_hand = threading.local()
        self._is_closed = False
        self._working = 0
        """Threads that have a piece in hand, callers with a piece of their own among them."""
        self._heavy = 0
        """How many of these pieces are heavy."""
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

    @property
    def is_alone(self) -> bool:
        """Whether the asker works on the only piece of a call, and no other call has any work.

        Never so for a call that is one of many.
        """
        return getattr(self._in_hand, "pieces", 0) == 1 and self.is_single

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
            EngineError: The scheduler is closed.
            Exception: The first error of ``work``; pieces that haven't begun are dropped.
        """
        call = call or Call()
        call.check()
        if not items:
            return []
        batch = Batch(work, items, stage, call, heavy=heavy)
        now = time.monotonic()
        with self._lock:
            if self._is_closed:
                raise EngineError("the runtime is closed")
            is_free = self._working < self.threads and len(self._lanes) == 0
            is_own = len(items) == 1 and not heavy and (is_free or self._may_pass(call))
            if is_own:
                self._working += 1
            else:
                self._lanes.add(batch, now)
                self._call_threads()
        if is_own:
            self._work_on_own(batch, now)
        limit = None if call.deadline is None else max(0.0, call.deadline - time.monotonic())
        if not batch.done.wait(limit) or limit == 0.0:
            batch.error = DeadlineError("the deadline has passed")
        error = batch.error
        if error is None:
            return batch.results
        # The error's traceback holds this frame, so that the frame must hold neither the error nor
        # the batch with its images: they would live until a full garbage collection.
        batch.drop()
        try:
            raise error
        finally:
            del error, batch, work, items

    def _work(self) -> None:
        """Work on what waits until nothing does."""
        with self._lock:
            self._called -= 1
            if self._working >= self.threads or len(self._lanes) == 0:
                return
            self._working += 1
            taken = self._lanes.take()
            self._heavy += taken[0].heavy
        piece: Piece | None = taken
        del taken
        while piece is not None:
            batch, index, queued = piece
            self._run(batch, index, queued)
            with self._lock:
                self._heavy -= batch.heavy
                is_room = self._working <= self.threads  # callers may have taken theirs
                piece = self._lanes.take() if is_room and len(self._lanes) else None
                if piece is None:
                    self._working -= 1
                    self._call_threads()
                else:
                    self._heavy += piece[0].heavy
                self._tell_idle()
            # Only now may the caller wake: its next call is alone if there is no other.
            batch.settle()

    def _work_on_own(self, batch: Batch[Any, Any], queued: float) -> None:
        """Work on the only piece of a batch in the thread that brings it."""
        try:
            self._run(batch, 0, queued)
        finally:
            with self._lock:
                self._working -= 1
                self._call_threads()
                self._tell_idle()
            batch.settle()

    def _may_pass(self, call: Call) -> bool:
        """Say whether a short call's piece is worked on beside heavy ones; the lock is held."""
        return (
            self._heavy >= self.threads
            and self._working < 2 * self.threads
            and call.worked <= SHORT_SECONDS
        )

    def _run(self, batch: Batch[Any, Any], index: int, queued: float) -> None:
        self._in_hand.pieces = 0 if batch.call.is_one_of_many else batch.count
        try:
            batch.run(index, queued)
        finally:
            self._in_hand.pieces = 0

    def close(self) -> None:
        """End the threads once nothing waits any more; calls that come later are refused."""
        with self._lock:
            self._is_closed = True
            self._idle.wait_for(self._is_idle)
        self._pool.shutdown()

    def _is_idle(self) -> bool:
        return self._working == 0 and len(self._lanes) == 0

    def _tell_idle(self) -> None:
        """Wake who waits for the end of all work; the lock is held."""
        if self._is_closed and self._is_idle():
            self._idle.notify_all()

    def _call_threads(self) -> None:
        """Call as many threads as there is work and room for; the lock is held."""
        wanted = min(len(self._lanes), self.threads - self._working) - self._called
        for _ in range(wanted):
            self._called += 1
            self._pool.submit(self._work)
