"""Variants of a network are made once, when they are needed."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from hubocr.engines.base import Dimensions, Tensor
from hubocr.errors import EngineError
from hubocr.runtime.variants import Variants
from hubocr.settings import Precision
from tests.conftest import FakeEngine


class SlowEngine(FakeEngine):
    """An engine that takes its time over a division, and fails at the first attempts."""

    def __init__(self, failures: int = 0) -> None:
        super().__init__(lambda tensor: tensor)
        self.streams = 4
        self.asked: list[int] = []
        self.failures = failures

    def for_streams(self, streams: int) -> FakeEngine:
        self.asked.append(streams)
        time.sleep(0.01)
        if len(self.asked) <= self.failures:
            raise MemoryError
        return super().for_streams(streams)


class PlainEngine:
    """An engine whose threads can't be redistributed."""

    name = "plain"
    input_dimensions: Dimensions = ()
    output_dimensions: Dimensions = ()
    precision: Precision = "fp32"
    metadata: dict[str, str] = {}  # noqa: RUF012 - nobody changes it

    def run(self, tensor: Tensor) -> Tensor:
        return tensor


def test_each_variant_is_made_once() -> None:
    engine = SlowEngine()
    variants = Variants(engine, 9)
    assert engine.asked == []
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda number: variants[1 + 3 * (number % 2)], range(50)))
    assert len({id(variant) for variant in found}) == 2
    assert found[1] is engine
    assert engine.asked == [1]


def test_one_that_can_not_be_made_is_tried_again() -> None:
    engine = SlowEngine(failures=1)
    variants = Variants(engine, 4)
    with pytest.raises(MemoryError):
        variants[1]
    assert isinstance(variants[1], FakeEngine)
    assert engine.asked == [1, 1]
    assert variants[4] is engine


def test_an_engine_that_can_not_be_regrouped_serves_all() -> None:
    engine = PlainEngine()
    variants = Variants(engine, 3)
    assert [id(variants[3]), id(variants[1])] == [id(engine)] * 2


def test_nothing_is_made_of_a_closed_one() -> None:
    variants = Variants(SlowEngine(), 4)
    variants.close()
    for streams in (1, 4):
        with pytest.raises(EngineError, match="closed"):
            variants[streams]


class HoldingEngine(SlowEngine):
    """An engine that holds memory once it has run."""

    def __init__(self) -> None:
        super().__init__()
        self.is_holding = False
        self.others: list[HoldingEngine] = []

    def for_streams(self, streams: int) -> FakeEngine:
        self.others.append(HoldingEngine())
        return self.others[-1]

    def run(self, tensor: Tensor) -> Tensor:
        self.is_holding = True
        return tensor

    def release_memory(self) -> None:
        self.is_holding = False


def test_a_variant_that_is_not_used_any_more_gives_its_memory_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    engine = HoldingEngine()
    variants, tensor = Variants(engine, 4), np.zeros(1, np.float32)
    for streams in (4, 1, 4):
        variants.run(streams, tensor)
    (other,) = engine.others
    assert engine.is_holding
    assert other.is_holding  # it may be wanted again at once
    now[0] += 60
    variants.run(4, tensor)
    assert engine.is_holding
    assert not other.is_holding
    variants.run(1, tensor)
    assert engine.is_holding
    assert other.is_holding
