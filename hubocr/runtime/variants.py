"""A loaded network, ready for several ways of dividing the threads."""

from __future__ import annotations

import threading
import time
from collections import Counter

from hubocr.engines import Engine, Regrouping, Releasing, Tensor
from hubocr.errors import EngineError

_UNUSED_S = 5.0
"""Seconds after which a variant that isn't used gives its memory to the one that is: a detector's
holds 120 MB for a page, and filling it again takes a tenth of a second."""


class Variants:
    """One network for several numbers of streams, each made once, when it is first asked for.

    Args:
        engine: The network.
        streams: The number of streams of one that can't be regrouped.
    """

    def __init__(self, engine: Engine, streams: int) -> None:
        if isinstance(engine, Regrouping):
            streams = engine.streams
        self._first = streams
        self._made = {streams: engine}
        self._lock = threading.Lock()
        self._running: Counter[int] = Counter()
        self._last_run: dict[int, float] = {}
        """When each variant that holds memory ran last."""

    def run(self, streams: int, tensor: Tensor) -> Tensor:
        """Return the network's first output, of the variant with a number of streams."""
        engine = self[streams]
        with self._lock:
            self._running[streams] += 1
            unused = self._unused(streams)
        try:
            for other in unused:
                other.release_memory()
            return engine.run(tensor)
        finally:
            with self._lock:
                self._running[streams] -= 1
                self._last_run[streams] = time.monotonic()

    def _unused(self, streams: int) -> list[Releasing]:
        """Return the other variants that haven't run for a while; each is returned once."""
        since = time.monotonic() - _UNUSED_S
        found = [
            other
            for other, last in self._last_run.items()
            if other != streams and last < since and not self._running[other]
        ]
        for other in found:
            del self._last_run[other]
        engines = [self._made[other] for other in found if other in self._made]
        return [engine for engine in engines if isinstance(engine, Releasing)]

    def __getitem__(self, streams: int) -> Engine:
        engine = self._made.get(streams)
        if engine is None:
            with self._lock:
                engine = self._made.get(streams)
                if engine is None:
                    engine = self._made[streams] = self._regrouped(streams)
        return engine

    @property
    def first(self) -> Engine:
        """The network as it was loaded."""
        try:
            return self._made[self._first]
        except KeyError:
            raise EngineError("the runtime that loaded this network is closed") from None

    def release_memory(self) -> None:
        """Free what the network keeps between runs, where its engine can."""
        for engine in list(self._made.values()):
            if isinstance(engine, Releasing):
                engine.release_memory()

    def close(self) -> None:
        """Let go of the network; whoever runs it now finishes."""
        with self._lock:
            self._made.clear()

    def _regrouped(self, streams: int) -> Engine:
        first = self.first
        return first.for_streams(streams) if isinstance(first, Regrouping) else first
