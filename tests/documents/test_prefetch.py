from __future__ import annotations

import gc
import threading
import time
from collections.abc import Callable, Generator

import pytest

from hubocr.documents.prefetch import prefetch


def eventually(condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + 10
    while not condition() and time.monotonic() < end:
        time.sleep(0.005)
    return condition()


def counting(made: list[int], closed: threading.Event) -> Generator[int, None, None]:
    try:
        for number in range(1000):
            made.append(number)
            yield number
    finally:
        closed.set()


@pytest.mark.parametrize("ahead", [0, 1, 5])
def test_all_items_come_in_order(ahead: int) -> None:
    closed = threading.Event()
    assert list(prefetch(counting([], closed), ahead)) == list(range(1000))
    assert closed.is_set()


def test_as_many_items_are_made_ahead_as_asked_for() -> None:
    made: list[int] = []
    closed = threading.Event()
    run = prefetch(counting(made, closed), 3)
    assert next(run) == 0
    assert eventually(lambda: len(made) == 4)
    time.sleep(0.05)
    assert len(made) == 4
    run.close()
    assert closed.wait(10)


def test_nothing_runs_before_the_first_item_is_asked_for() -> None:
    made: list[int] = []
    run = prefetch(counting(made, threading.Event()), 3)
    time.sleep(0.02)
    assert made == []
    run.close()


def test_the_thread_ends_when_the_consumer_drops_the_generator() -> None:
    closed = threading.Event()
    run = prefetch(counting([], closed), 2)
    next(run)
    del run
    gc.collect()
    assert closed.wait(10)


def test_an_error_comes_after_the_items_before_it() -> None:
    def failing() -> Generator[int, None, None]:
        yield 1
        yield 2
        raise ValueError("third")

    run = prefetch(failing(), 5)
    assert [next(run), next(run)] == [1, 2]
    with pytest.raises(ValueError, match="third"):
        next(run)
