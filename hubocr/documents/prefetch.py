"""A generator that is run ahead of its consumer, in a thread."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Generator
from typing import Generic, TypeVar

T = TypeVar("T")


def prefetch(items: Generator[T, None, None], ahead: int) -> Generator[T, None, None]:
    """Yield the items, of which up to ``ahead`` are made while the consumer works.

    ``items`` is run in one thread of its own from the first item that is asked for. When the
    consumer leaves (closes this generator, or drops it), the thread closes ``items`` and ends
    after at most the item that it is working on.
    """
    if ahead == 0:
        yield from items
        return
    buffer: _Buffer[T] = _Buffer(ahead)
    thread = threading.Thread(
        target=_produce, args=(items, buffer), name="hubocr-documents", daemon=True
    )
    thread.start()
    try:
        while taken := buffer.take():
            yield taken.pop()
    finally:
        buffer.leave()
    thread.join()
    if buffer.error is not None:
        raise buffer.error


class _Buffer(Generic[T]):
    """At most ``size`` items on their way from one thread to another."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._items: deque[T] = deque()
        self._changed = threading.Condition()
        self._ended = False
        self._left = False
        self.error: BaseException | None = None

    def wait_for_room(self) -> bool:
        """Wait until an item is wanted; return False where the consumer has left."""
        with self._changed:
            self._changed.wait_for(lambda: self._left or len(self._items) < self._size)
            return not self._left

    def put(self, item: T) -> None:
        """Add an item, unless the consumer has left."""
        with self._changed:
            if not self._left:
                self._items.append(item)
                self._changed.notify_all()

    def take(self) -> list[T]:
        """Wait for an item and return it in a list; an empty list after the last."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended or self._items)
            if not self._items:
                return []
            self._changed.notify_all()
            return [self._items.popleft()]

    def end(self, error: BaseException | None) -> None:
        """Say that no item follows, because of an error or because there is none."""
        with self._changed:
            self.error = error
            self._ended = True
            self._changed.notify_all()

    def leave(self) -> None:
        """Say that no item will be taken any more."""
        with self._changed:
            self._left = True
            self._items.clear()
            self._changed.notify_all()


def _produce(items: Generator[T, None, None], buffer: _Buffer[T]) -> None:
    error: BaseException | None = None
    try:
        while buffer.wait_for_room():
            try:
                item = next(items)
            except StopIteration:
                break
            buffer.put(item)
            del item  # the consumer alone holds it
        items.close()
    except BaseException as caught:  # noqa: BLE001 - raised again where the consumer waits
        error = caught
    buffer.end(error)
