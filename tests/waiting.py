"""Work that waits, and waiting for something to come true."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


def hold_after(begun: threading.Event, hold: threading.Event) -> bool:
    """Tell that the work has begun, and wait until it may end."""
    begun.set()
    return hold.wait(10)


def until(condition: Callable[[], object], seconds: float = 30) -> None:
    """Wait until something is so; fails when it doesn't become so."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)
