"""A loaded network, ready for several ways of dividing the threads."""

from __future__ import annotations

import threading

from hubocr.engines import Engine, Regrouping, Releasing
from hubocr.errors import EngineError


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
