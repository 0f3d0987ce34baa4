"""Work done ahead by other processes, in an order that doesn't depend on how many there are."""

from __future__ import annotations

import multiprocessing
import os
import queue
import time
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

import cv2

from hubocr.errors import HubocrError

T = TypeVar("T")

Make = Callable[[int], Iterator[T]]
"""Makes the items of a unit of work by its number."""

_AHEAD = 8
"""Items that a process makes ahead of what is asked for."""

_POLL_S = 1.0
_ITEM, _END, _ERROR = range(3)


class Loader(Generic[T]):
    """The items of unit after unit, without end.

    Memory is bounded: a process that is far enough ahead waits.

    Args:
        make: Makes a unit; it goes to the other processes, and so does what it is a method of.
        first: The first unit.
        workers: Processes; 0: everything is made when it is asked for.

    Attributes:
        waited_s: Seconds that `__next__` took: what training lost by it.
    """

    def __init__(self, make: Make[T], first: int, workers: int) -> None:
        self.waited_s = 0.0
        self._processes: list[Any] = []
        self._items = self._made(make, first) if not workers else self._fetched(first, workers)
        # Not forked: threads that this process has would not be there in the copies.
        context = multiprocessing.get_context("spawn")
        self._queues = [context.Queue(_AHEAD) for _ in range(workers)]
        for number, results in enumerate(self._queues):
            arguments = (make, first + number, workers, results, os.getpid())
            process = context.Process(target=_work, args=arguments, daemon=True)
            process.start()
            self._processes.append(process)

    def __iter__(self) -> Iterator[T]:
        """Return itself."""
        return self

    def __next__(self) -> T:
        """Return the next item.

        Raises:
            HubocrError: What making it has raised, or a process has died.
        """
        started = time.monotonic()
        try:
            return next(self._items)
        finally:
            self.waited_s += time.monotonic() - started

    def close(self) -> None:
        """End the processes."""
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.join()
        self._processes.clear()

    def _made(self, make: Make[T], unit: int) -> Iterator[T]:
        while True:
            yield from make(unit)
            unit += 1

    def _fetched(self, unit: int, workers: int) -> Iterator[T]:
        place = 0
        while True:
            kind, item = self._get(place)
            if kind == _ERROR:
                self.close()
                raise item
            if kind == _ITEM:
                yield item
            else:
                place = (place + 1) % workers

    def _get(self, place: int) -> tuple[int, Any]:
        while True:
            try:
                return self._queues[place].get(timeout=_POLL_S)  # type: ignore[no-any-return]
            except queue.Empty:
                if not self._processes[place].is_alive():
                    code = self._processes[place].exitcode
                    self.close()
                    raise HubocrError(
                        f"a process that prepares images ended with code {code}; with `workers` 0 "
                        "there is none"
                    ) from None


def _work(make: Make[Any], unit: int, step: int, results: Any, parent: int) -> None:
    cv2.setNumThreads(1)
    try:
        while True:
            for item in make(unit):
                _put(results, (_ITEM, item), parent)
            _put(results, (_END, None), parent)
            unit += step
    except Exception as error:  # noqa: BLE001 - told by the main process
        known = error if isinstance(error, HubocrError) else HubocrError(f"{error!r}")
        _put(results, (_ERROR, known), parent)
        results.close()
        results.join_thread()


def _put(results: Any, item: tuple[int, Any], parent: int) -> None:
    """Put an item where it is asked for; without anyone who asks the process ends."""
    while True:
        try:
            return results.put(item, timeout=_POLL_S)  # type: ignore[no-any-return]
        except queue.Full:
            if os.getppid() != parent:
                os._exit(1)
