"""A pool of things that only one thread may use at a time."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

T = TypeVar("T")


class ResourcePool(Generic[T]):
    """Lends ``size`` resources, made when first needed, and reuses the one returned last.

    The last returned is reused first because its memory is still in the processor's cache.

    Args:
        make: Makes one resource; called at most ``size`` times.
        size: How many there are at most; a borrower beyond that waits.
    """

    def __init__(self, make: Callable[[], T], size: int) -> None:
        self._make = make
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
