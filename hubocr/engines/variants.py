"""A model made ready for several ways of sharing out the threads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")

ALONE = 1
"""Streams of the variant that gives one tensor all threads."""


class Variants(Generic[T]):
    """What ``make`` makes for a number of streams, each once and when it is first asked for.

    Args:
        make: Makes a variant; the threads are divided among its streams.
        first: The streams to make ready at once, so that a model that can't run is an error now.
    """

    def __init__(self, make: Callable[[int], T], first: int) -> None:
        self._make = make
        self._made: dict[int, T] = {first: make(first)}
        self._lock = threading.Lock()

    def __getitem__(self, streams: int) -> T:
        variant = self._made.get(streams)
        if variant is None:
            with self._lock:
                variant = self._made.get(streams)
                if variant is None:
                    variant = self._made[streams] = self._make(streams)
        return variant
