"""A pool of things that only one thread may use at a time."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

T = TypeVar("T")


class ResourcePool(Generic[T]):
    """Lends ``size`` resources, made when first needed, and reuses the one returned last.

    The last returned is reused first because its memory is still in the processor's cache.

    Args:
        make: Makes one resource; called at most ``size`` times
            between two calls of `emptied`.
        size: How many there are at most; a borrower beyond that waits.
    """

    def __init__(self, make: Callable[[], T], size: int) -> None:
        self._make = make
        self._size = size
        self._emptying = threading.Lock()
        self._slots: queue.LifoQueue[T | None] = queue.LifoQueue(maxsize=size)
        for _ in range(size):
            self._slots.put(None)

    @contextmanager
    def borrow(self) -> Iterator[T]:
        """Lend one resource for the length of a ``with`` block."""
        resource = self._slots.get()
        try:
            if resource is None:
                resource = self._make()
            yield resource
        finally:
            self._slots.put(resource)

    @contextmanager
    def emptied(self) -> Iterator[None]:
        """Wait until none is lent, forget all of them, and lend none during a ``with`` block."""
        taken = 0
        with self._emptying:  # two that each held some would wait for each other
            try:
                while taken < self._size:
                    self._slots.get()
                    taken += 1
                yield
            finally:
                for _ in range(taken):
                    self._slots.put(None)
