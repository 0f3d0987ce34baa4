"""Variants of a model are made once, when they are needed."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from hubocr.engines.variants import Variants


def test_each_variant_is_made_once() -> None:
    made: list[int] = []

    def make(streams: int) -> str:
        made.append(streams)
        time.sleep(0.01)
        return f"variant {streams}"

    variants = Variants(make, 4)
    assert made == [4]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda number: variants[1 + 3 * (number % 2)], range(50)))
    assert found == ["variant 1", "variant 4"] * 25
    assert made == [4, 1]


def test_one_that_can_not_be_made_is_tried_again() -> None:
    attempts: list[int] = []

    def make(streams: int) -> int:
        attempts.append(streams)
        if len(attempts) == 2:
            raise MemoryError
        return streams

    variants = Variants(make, 2)
    with pytest.raises(MemoryError):
        variants[1]
    assert variants[1] == 1
    assert variants[2] == 2
    with pytest.raises(MemoryError):
        Variants(make_nothing, 1)


def make_nothing(streams: int) -> int:
    raise MemoryError
