"""Which worker an entry chooses, without a cluster."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

pytest.importorskip("ray.serve", reason="ray isn't installed")

from hubocr.cluster.router import LeastOutstandingRouter


@dataclass(frozen=True)
class Replica:
    replica_id: str


@dataclass
class Result:
    """A request that is under way: Serve calls back when it has ended."""

    worker: str
    callbacks: list[Callable[[object], None]] = field(default_factory=list)

    def add_done_callback(self, callback: Callable[[object], None]) -> None:
        self.callbacks.append(callback)

    def end(self) -> None:
        for callback in self.callbacks:
            callback(self)


def made() -> Any:
    router = LeastOutstandingRouter.__new__(LeastOutstandingRouter)
    router.initialize_state()
    return router


async def send(router: Any, workers: list[Replica]) -> Result:
    groups = await router.choose_replicas(workers)
    result = Result(groups[0][0].replica_id)
    router.on_request_routed(None, result.worker, result)
    return result


@pytest.mark.parametrize("seed", range(20))
def test_no_worker_is_idle_while_another_one_has_a_queue(seed: int) -> None:
    chance = random.Random(seed)
    workers = [Replica("a"), Replica("b")]

    async def clients() -> None:
        routers = [made(), made()]
        running = [(router, await send(router, workers)) for router in routers for _ in range(4)]
        for _ in range(200):
            router, result = running.pop(chance.randrange(len(running)))
            result.end()
            await asyncio.sleep(0)
            running.append((router, await send(router, workers)))
            queues = [sum(one.worker == w.replica_id for _, one in running) for w in workers]
            assert min(queues) >= 2, queues

    asyncio.run(clients())


def test_the_rest_is_asked_where_the_least_busy_has_no_room() -> None:
    async def choose() -> None:
        router = made()
        assert await router.choose_replicas([]) == []
        workers = [Replica(name) for name in "abc"]
        for worker in "ab":
            router.on_request_routed(None, worker, Result(worker))
        first, second = await router.choose_replicas(workers)
        assert first == [workers[2]]
        assert len(set(second)) == 2

    asyncio.run(choose())
