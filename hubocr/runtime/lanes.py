"""The order in which pieces of work are taken up: short flows in turns, long ones one by one."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from hubocr.errors import CallCancelledError
from hubocr.runtime.call import Call

A = TypeVar("A")
B = TypeVar("B")

_SHORT_PIECES = 4
"""Pieces up to which a flow is short."""

SHORT_SECONDS = 0.05
"""Processor-thread seconds after which a flow isn't short any more."""

_SHORT_TURNS = 3
"""Short flows' pieces for each piece of a long one: no stream of captchas starves a page."""


class Batch(Generic[A, B]):
    """The pieces of one ``map``, and their results."""

    def __init__(
        self,
        work: Callable[[A], B],
        items: Sequence[A],
        stage: str,
        call: Call,
        *,
        heavy: bool = False,
    ) -> None:
        self.work, self.items, self.stage, self.call = work, items, stage, call
        self.heavy = heavy
        self.count = len(items)
        self.results: list[Any] = [None] * self.count
        self.error: BaseException | None = None
        self.done = threading.Event()
        self._left = self.count
        self._lock = threading.Lock()

    def run(self, index: int, queued: float) -> None:
        """Work on one piece, unless another has failed or the result isn't wanted any more."""
        start = time.monotonic()
        try:
            if self.error is None:
                self.call.check()
                self.results[index] = self.work(self.items[index])
        except BaseException as error:  # noqa: BLE001 - map() raises it to the caller
            # No local name may hold it on: the traceback keeps this frame, and the frame the error.
            self.error = self.error or error
        self.call.record("queue", start - queued)
        self.call.record(self.stage, time.monotonic() - start)

    def drop(self) -> None:
        """Release what a batch holds that nobody waits for any more; pieces of it may wait yet.

        What has begun runs to its end, and its result is dropped.
        """
        self.error = CallCancelledError("nobody waits for it")  # one without a traceback's frames
        self.items, self.results = (), []

    def settle(self) -> None:
        """Note that a piece is over, and wake the caller when it need not wait any more."""
        with self._lock:
            self._left -= 1
            if self._left == 0 or self.error is not None:
                self.done.set()


Piece = tuple[Batch[Any, Any], int, float]
"""A batch, the index of an item, and when it was queued."""

_Flow = deque[Piece]


class Lanes:
    """The flows that wait, by their calls' numbers; not safe to share between threads."""

    def __init__(self) -> None:
        self._short: OrderedDict[int, _Flow] = OrderedDict()
        self._long: dict[int, _Flow] = {}
        self._turns = 0
        self._count = 0  # asked at every piece, and there may be hundreds of flows to sum up

    def __len__(self) -> int:
        return self._count

    def add(self, batch: Batch[Any, Any], now: float) -> None:
        """Queue the pieces of a batch."""
        call, count = batch.call, batch.count
        is_long = batch.heavy or count > _SHORT_PIECES or call.worked > SHORT_SECONDS
        lane: dict[int, _Flow] = self._long if is_long else self._short
        flow = lane.setdefault(call.number, deque())
        flow.extend((batch, index, now) for index in range(count))
        self._count += count

    def take(self) -> Piece:
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
