"""One caller's work: its deadline, its cancellation, and where its time went."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from hubocr.errors import CallCancelledError, DeadlineError

_numbers = itertools.count()


class Call:
    """One caller's work: its deadline, whether it is still wanted, and where its time went.

    Args:
        deadline: Moment of ``time.monotonic()`` after which the result is of no use; None: never.
        is_one_of_many: Whether it belongs to a long run of calls. It is content with its share of
            the threads then, also when it finds itself alone for a moment: networks that give one
            tensor all threads are compiled when they are needed first, and take memory from then
            on (190 MB for a detector that has seen A4 pages).
    """

    def __init__(self, deadline: float | None = None, *, is_one_of_many: bool = False) -> None:
        self.deadline = deadline
        self.is_one_of_many = is_one_of_many
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
