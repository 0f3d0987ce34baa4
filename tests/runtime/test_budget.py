"""Memory that callers share."""

from __future__ import annotations

import threading
import time

import pytest

from hubocr.errors import CallCancelledError, DeadlineError
from hubocr.runtime import Call
from hubocr.runtime.budget import MemoryBudget


def test_callers_never_hold_more_than_there_is_and_all_get_their_turn() -> None:
    budget, held, most, lock, served = MemoryBudget(100, small=10), 0, 0, threading.Lock(), []

    def work(size: int) -> None:
        nonlocal held, most
        with budget.held(size, Call()):
            with lock:
                held += min(size, 100)
                most = max(most, held)
            time.sleep(0.01)
            with lock:
                held -= min(size, 100)
        served.append(size)

    threads = [threading.Thread(target=work, args=(size,)) for size in (60, 50, 1000, 30, 70, 11)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sorted(served) == [11, 30, 50, 60, 70, 1000]
    assert 60 <= most <= 100


def test_small_pieces_do_not_wait() -> None:
    budget = MemoryBudget(100, small=10)
    with budget.held(100, Call()), budget.held(10, Call()):
        pass


def test_the_order_is_that_of_arrival() -> None:
    budget, order = MemoryBudget(100), []

    def work(size: int) -> None:
        with budget.held(size, Call()):
            order.append(size)

    with budget.held(60, Call()):
        large = threading.Thread(target=work, args=(90,))
        large.start()
        time.sleep(0.1)
        fitting = threading.Thread(target=work, args=(20,))  # it fits, but came later
        fitting.start()
        time.sleep(0.1)
        assert order == []
    large.join(5)
    fitting.join(5)
    assert order == [90, 20]


def test_a_caller_that_is_not_wanted_any_more_stops_waiting() -> None:
    budget, cancelled = MemoryBudget(100), Call()
    with budget.held(100, Call()):
        with pytest.raises(DeadlineError), budget.held(50, Call(time.monotonic() + 0.1)):
            pass
        threading.Timer(0.1, cancelled.cancel).start()
        with pytest.raises(CallCancelledError), budget.held(50, cancelled):
            pass
    with budget.held(100, Call(time.monotonic() + 1)):  # all of it is there again
        pass
