"""Fairness, order, errors, deadlines and cancellation of the scheduler."""

from __future__ import annotations

import contextlib
import gc
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from hubocr.errors import CallCancelledError, DeadlineError
from hubocr.runtime import Call
from hubocr.runtime.scheduler import Scheduler
from tests.waiting import hold_after


def test_results_come_in_the_order_of_the_items() -> None:
    def slower_first(item: int) -> int:
        time.sleep((20 - item) / 2000)
        return item * item

    assert Scheduler(4).map(slower_first, range(20)) == [n * n for n in range(20)]
    assert Scheduler(1).map(slower_first, []) == []


def test_a_single_piece_is_worked_on_by_its_caller_where_a_thread_is_free() -> None:
    scheduler, begun, hold = Scheduler(2), threading.Event(), threading.Event()
    own = threading.get_ident()

    def thread(_: int) -> int:
        return threading.get_ident()

    assert scheduler.map(thread, [0]) == [own]
    assert own not in scheduler.map(thread, [0, 1])
    assert scheduler.map(thread, [0], heavy=True) != [own]
    with ThreadPoolExecutor(2) as pool:
        pool.submit(scheduler.map, lambda _: hold_after(begun, hold), [0])
        assert begun.wait(10)
        assert scheduler.map(thread, [0]) == [own]
        both = pool.submit(scheduler.map, lambda _: hold.wait(10), [0], heavy=True)
        waiting = pool.submit(scheduler.map, thread, [0, 1])
        while scheduler.depth < 1 and not both.done():
            time.sleep(0.001)
        hold.set()
        assert own not in waiting.result()


def test_a_caller_s_own_piece_that_fails_or_is_late() -> None:
    scheduler = Scheduler(1)

    def fail(_: int) -> None:
        raise ValueError("own")

    for _ in range(3):  # the thread is free again each time
        with pytest.raises(ValueError, match="own"):
            scheduler.map(fail, [0])
        with pytest.raises(DeadlineError):
            scheduler.map(lambda _: time.sleep(0.02), [0], call=Call(time.monotonic() + 0.01))
        assert scheduler.map(lambda _: threading.get_ident(), [0]) == [threading.get_ident()]


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize("heavy_each", [0, 5])
def test_no_more_pieces_are_worked_on_than_there_are_threads(threads: int, heavy_each: int) -> None:
    scheduler, lock = Scheduler(threads), threading.Lock()
    now: dict[bool, int] = {False: 0, True: 0}
    most = {"heavy": 0, "all": 0}

    def call(number: int) -> list[int]:
        heavy = heavy_each > 0 and number % heavy_each == 0

        def work(item: int) -> int:
            with lock:
                now[heavy] += 1
                most["heavy"] = max(most["heavy"], now[True])
                most["all"] = max(most["all"], now[True] + now[False])
            time.sleep(0.0005)
            with lock:
                now[heavy] -= 1
            return item

        items = list(range(1 + number % 4 * (number % 3)))
        return scheduler.map(work, items, heavy=heavy)

    with ThreadPoolExecutor(12) as pool:
        found = list(pool.map(call, range(300)))
    assert found == [list(range(1 + n % 4 * (n % 3))) for n in range(300)]
    assert most["heavy"] <= threads
    # Short calls pass heavy pieces that have all threads.
    assert threads <= most["all"] <= (2 * threads if heavy_each else threads)


def test_many_callers_get_their_own_results() -> None:
    scheduler = Scheduler(3)
    with ThreadPoolExecutor(16) as pool:
        found = pool.map(lambda n: scheduler.map(lambda item: (n, item), range(n % 7)), range(200))
        assert list(found) == [[(n, item) for item in range(n % 7)] for n in range(200)]
    assert scheduler.depth == 0


def served(flows: dict[str, int], heavy: str = "") -> list[str]:
    """Queue flows of so many pieces on a thread that is held; return in which order they went."""
    scheduler = Scheduler(1)
    order: list[Any] = []
    hold = threading.Event()
    with ThreadPoolExecutor(len(flows) + 1) as pool:
        pool.submit(scheduler.map, lambda _: hold.wait(10), [0])
        queued = 0
        for name, count in flows.items():
            pool.submit(scheduler.map, order.append, [name] * count, heavy=name in heavy)
            queued += count
            end = time.monotonic() + 10
            while scheduler.depth < queued and time.monotonic() < end:
                time.sleep(0.001)
        hold.set()
    return order


def test_a_single_piece_waits_for_a_piece_not_for_a_page() -> None:
    assert served({"page": 50, "captcha": 1}) == ["captcha"] + ["page"] * 50


def test_short_flows_are_served_in_turn() -> None:
    order = served({"a": 4, "b": 4, "c": 4})
    assert order == ["a", "b", "c"] * 4


def test_long_flows_are_served_in_the_order_of_their_arrival() -> None:
    assert served({"a": 20, "b": 20, "c": 20}) == ["a"] * 20 + ["b"] * 20 + ["c"] * 20
    assert served({"a": 1, "b": 2, "c": 1}, heavy="ab") == ["c", "a", "b", "b"]


def test_short_flows_stop_no_long_one() -> None:
    order = served({"page": 20, **{f"captcha {n}": 1 for n in range(60)}})
    assert order[:60].count("page") == 15  # one piece in four
    assert order[:4].count("page") == 1


def test_what_has_worked_long_is_not_short_any_more() -> None:
    scheduler, call = Scheduler(1), Call()
    order: list[Any] = []
    scheduler.map(lambda _: time.sleep(0.06), [0], call=call)
    hold = threading.Event()
    with ThreadPoolExecutor(3) as pool:
        pool.submit(scheduler.map, lambda _: hold.wait(10), [0])
        pool.submit(scheduler.map, order.append, ["old"], call=call)
        end = time.monotonic() + 10
        while scheduler.depth < 1 and time.monotonic() < end:
            time.sleep(0.001)
        pool.submit(scheduler.map, order.append, ["new"])
        while scheduler.depth < 2 and time.monotonic() < end:
            time.sleep(0.001)
        hold.set()
    assert order == ["new", "old"]


def test_a_piece_knows_whether_it_is_single() -> None:
    scheduler, begun, hold = Scheduler(2), threading.Event(), threading.Event()
    # One caller after the other is never mistaken for two.
    assert all(scheduler.map(lambda _: scheduler.is_single, [0])[0] for _ in range(200))
    with ThreadPoolExecutor(3) as pool:
        pool.submit(scheduler.map, lambda _: hold_after(begun, hold), [0])
        assert begun.wait(10)
        assert not scheduler.map(lambda _: scheduler.is_single, [0])[0]  # another is worked on
        hold.set()
    scheduler, hold = Scheduler(1), threading.Event()

    def look(_: int) -> bool:
        hold.wait(10)
        return scheduler.is_single

    with ThreadPoolExecutor(2) as pool:
        first_look = pool.submit(scheduler.map, look, [0])
        second_look = pool.submit(scheduler.map, look, [0])
        while scheduler.depth < 1:
            time.sleep(0.001)
        hold.set()
        assert sorted([*first_look.result(), *second_look.result()]) == [False, True]
    assert scheduler.is_single


def test_the_first_error_is_raised_and_the_rest_is_dropped() -> None:
    done = []

    def work(item: int) -> None:
        if item == 3:
            raise ValueError("third")
        done.append(item)

    scheduler = Scheduler(1)
    with pytest.raises(ValueError, match="third"):
        scheduler.map(work, range(100))
    assert scheduler.map(lambda item: item, [1]) == [1]
    assert done == [0, 1, 2]


def test_a_deadline_ends_the_wait_and_the_work() -> None:
    scheduler, done = Scheduler(1), []

    def work(item: int) -> None:
        time.sleep(0.02)
        done.append(item)

    start = time.monotonic()
    with pytest.raises(DeadlineError):
        scheduler.map(work, range(500), call=Call(start + 0.1))
    assert time.monotonic() - start < 5  # all of it would take 10 s
    scheduler.map(lambda _: None, [0])
    count = len(done)
    time.sleep(0.1)
    assert len(done) == count < 100


def test_a_cancelled_call_drops_what_has_not_begun() -> None:
    scheduler, call, done = Scheduler(1), Call(), []

    def work(item: int) -> None:
        done.append(item)
        if item == 5:
            call.cancel()

    with pytest.raises(CallCancelledError):
        scheduler.map(work, range(100), call=call)
    with pytest.raises(CallCancelledError):
        scheduler.map(work, [1], call=call)
    assert done == [0, 1, 2, 3, 4, 5]


def test_time_is_recorded_by_stage() -> None:
    scheduler, call = Scheduler(1), Call()
    scheduler.map(lambda _: time.sleep(0.02), range(3), stage="reading", call=call)
    scheduler.map(lambda _: time.sleep(0.01), range(1), stage="finding", call=call)
    seconds = call.seconds
    assert 0.06 <= seconds["reading"] < 1
    assert 0.01 <= seconds["finding"] < 1
    assert seconds["queue"] >= 0.05  # the second piece waited for one, the third for two


def test_a_short_call_does_not_wait_for_heavy_pieces() -> None:
    with contextlib.closing(Scheduler(2)) as scheduler:
        hold, begun = threading.Event(), threading.Semaphore(0)

        def page(_: int) -> None:
            begun.release()
            hold.wait(20)

        with ThreadPoolExecutor(8) as callers:
            pages = [
                callers.submit(scheduler.map, page, [n], heavy=True, call=Call()) for n in range(4)
            ]
            for _ in range(2):
                assert begun.acquire(timeout=5)
            # All threads have heavy work and more of it waits: a captcha is read all the same.
            assert scheduler.map(lambda item: item + 1, [1], call=Call()) == [2]
            worked = Call()
            worked.record("detection", 1.0)  # a page's call, later on
            late = callers.submit(scheduler.map, lambda item: item, [3], call=worked)
            time.sleep(0.05)
            assert not late.done()
            hold.set()
            for one in pages:
                one.result(20)
            assert late.result(20) == [3]
    assert scheduler.depth == 0


class Page:
    """Something large that a call holds."""


def pages_alive_after(error: type[Exception]) -> int:
    """How many pages live on, without a garbage collection, after a map that fails."""
    with contextlib.closing(Scheduler(2)) as scheduler:
        pages = [Page() for _ in range(8)]
        alive = weakref.WeakSet(pages)
        begun = threading.Event()

        def work(page: Page) -> None:
            if error is ValueError:
                raise ValueError
            begun.wait(1)

        call = Call(time.monotonic() + 0.1 if error is DeadlineError else None)
        if error is CallCancelledError:
            threading.Timer(0.05, call.cancel).start()
            threading.Timer(0.1, begun.set).start()
        with pytest.raises(error):
            scheduler.map(work, pages, call=call)
        del pages
        begun.set()
    return len(alive)


@pytest.mark.parametrize("error", [ValueError, DeadlineError, CallCancelledError])
def test_a_map_that_fails_holds_none_of_its_items(error: type[Exception]) -> None:
    gc.collect()
    gc.disable()
    try:
        assert pages_alive_after(error) == 0
    finally:
        gc.enable()
