"""Memory that large pieces of work share, so that it doesn't grow with the number of callers."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from hubocr.runtime.call import Call

_LOOK_EVERY_S = 0.2
"""Seconds between two looks at whether the caller still wants to wait."""


class MemoryBudget:
    """An amount of memory that callers hold for a while; who asks for more than is left waits.

    They are served in the order in which they ask. What is small is neither counted nor made to
    wait: the number of callers bounds it, and a captcha doesn't queue behind photographs. A caller
    that asks for more than all of it gets all of it, once nobody else holds any.

    Whoever holds a part must not ask for another of the same budget: two of them could wait for
    each other. Never held on a thread of the scheduler, for the same reason.

    Args:
        size: Bytes in all; None: without limit.
        small: Bytes up to which nothing is counted.
    """

    def __init__(self, size: int | None = None, small: int = 0) -> None:
        self._size = size
        self._small = small
        self._left = size or 0
        self._queue: deque[object] = deque()
        self._changed = threading.Condition()

    @contextmanager
    def held(self, size: int, call: Call) -> Iterator[None]:
        """Hold ``size`` bytes for the length of a ``with`` block.

        Raises:
            CallCancelledError: The call was cancelled while it waited.
            DeadlineError: Its deadline passed while it waited.
        """
        if self._size is None or size <= self._small:
            yield
            return
        size = min(size, self._size)
        self._take(size, call)
        try:
            yield
        finally:
            with self._changed:
                self._left += size
                self._changed.notify_all()

    def _take(self, size: int, call: Call) -> None:
        ticket = object()
        start = time.monotonic()
        with self._changed:
            self._queue.append(ticket)
            try:
                while self._queue[0] is not ticket or self._left < size:
                    self._changed.wait(_LOOK_EVERY_S)
                    call.check()
                self._left -= size
            finally:
                self._queue.remove(ticket)
                self._changed.notify_all()
        call.record("queue", time.monotonic() - start)
