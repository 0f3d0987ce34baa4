"""Calls that end when a node is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from typing import Any

import pytest

from hubocr.cluster import nodes
from hubocr.cluster.nodes import LostNodeError, NodeWatch


class Response:
    """As Serve's: it can be awaited once, and cancelled."""

    def __init__(self, seconds: float, fails: Exception | None = None) -> None:
        self.is_cancelled = False
        self._seconds, self._fails = seconds, fails

    def __await__(self) -> Generator[Any, None, str]:
        yield from asyncio.sleep(self._seconds).__await__()
        if self._fails:
            raise self._fails
        return "answer"

    def cancel(self) -> None:
        self.is_cancelled = True


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nodes, "_LONG_S", 0.05)
    monkeypatch.setattr(nodes, "_EVERY_S", 0.05)


def test_answers_and_errors_pass_through() -> None:
    async def run() -> None:
        watch = NodeWatch(lambda: {"a", "b"})
        assert await watch.result(Response(0)) == "answer"
        assert await watch.result(Response(0.3)) == "answer"
        with pytest.raises(KeyError):
            await watch.result(Response(0.3, KeyError()))

    asyncio.run(run())


def test_a_lost_node_ends_the_calls_that_wait() -> None:
    alive = {"a", "b"}

    async def run() -> None:
        watch, stuck, brief = NodeWatch(lambda: set(alive)), Response(60), Response(0.3)
        calls = [asyncio.ensure_future(watch.result(response)) for response in (stuck, brief)]
        await asyncio.sleep(0.15)
        alive.remove("b")
        found = await asyncio.gather(*calls, return_exceptions=True)
        assert isinstance(found[0], LostNodeError)
        assert stuck.is_cancelled
        assert await watch.result(Response(0.3)) == "answer"  # it is lost only once

    asyncio.run(run())


def test_a_new_node_ends_nothing() -> None:
    alive = {"a"}

    async def run() -> None:
        watch = NodeWatch(lambda: set(alive))
        call = asyncio.ensure_future(watch.result(Response(0.4)))
        await asyncio.sleep(0.15)
        alive.add("b")
        assert await call == "answer"

    asyncio.run(run())


def test_a_caller_that_leaves_cancels_the_call() -> None:
    async def run() -> None:
        response = Response(60)
        call = asyncio.ensure_future(NodeWatch(lambda: {"a"}).result(response))
        await asyncio.sleep(0.15)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert response.is_cancelled

    asyncio.run(run())
