"""Things that only one thread may use at a time."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from hubocr.engines.pool import ResourcePool


def test_no_two_borrowers_have_the_same_resource() -> None:
    numbers = iter(range(100))
    pool = ResourcePool(lambda: next(numbers), 3)
    in_use: set[int] = set()
    lock = threading.Lock()
    clashes = []

    def use(_: int) -> int:
        with pool.borrow() as resource:
            with lock:
                clashes.extend([resource] if resource in in_use else [])
                in_use.add(resource)
            threading.Event().wait(0.001)
            with lock:
                in_use.discard(resource)
            return resource

    with ThreadPoolExecutor(12) as threads:
        used = set(threads.map(use, range(300)))
    assert clashes == []
    assert used <= {0, 1, 2}


def test_it_survives_an_error_of_the_borrower_and_of_the_maker() -> None:
    attempts = []

    def make() -> str:
        attempts.append(1)
        if len(attempts) == 1:
            raise ValueError("not yet")
        return "made"

    pool = ResourcePool(make, 1)
    with pytest.raises(ValueError, match="not yet"), pool.borrow():
        pass
    with pytest.raises(KeyError), pool.borrow():
        raise KeyError
    with pool.borrow() as resource:
        assert resource == "made"
    assert len(attempts) == 2
