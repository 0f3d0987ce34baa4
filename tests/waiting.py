"""Work that waits, for tests of threads."""

from __future__ import annotations

import threading


def hold_after(begun: threading.Event, hold: threading.Event) -> bool:
    """Tell that the work has begun, and wait until it may end."""
    begun.set()
    return hold.wait(10)
