"""A simulation of replicas that requests are spread over, with SimPy.

A replica is a number of threads that take requests in the order of their arrival; a request takes
a thread for a service time that is drawn from measured ones. Arrivals are Poisson's. What isn't in
it: the network, and the pieces that hubocr cuts requests into, which let a short request go before
a long one; so its p99 is an upper bound for lines beside pages.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import Any

import simpy

_SLICE_S = 0.002
"""How long a thread has a shared processor before the next one gets it."""

_WARM_SHARE = 0.1

Process = Generator[Any, Any, None]


@dataclass(frozen=True)
class Batches:
    """Requests that a thread works on together.

    Attributes:
        size: Most in one batch.
        wait: Seconds that a thread with one waits for more.
        cost: Time of a full batch, as a share of that of its requests one by one; in between it
            changes evenly.
    """

    size: int
    wait: float
    cost: float = 1.0

    def seconds(self, services: Sequence[float]) -> float:
        """Return how long a batch takes."""
        if self.size == 1:
            return sum(services)
        full = (len(services) - 1) / (self.size - 1)
        return sum(services) * (1 + full * (self.cost - 1))


@dataclass(frozen=True)
class Loss:
    """Replicas that die in the middle of a run, with what they work on.

    Attributes:
        share: Share of all replicas.
        notice: Seconds until it is noticed: until then requests are sent there, too, and only then
            all of them are sent again.
    """

    share: float
    notice: float = 0.0


@dataclass(frozen=True)
class Load:
    """What comes, and what there is for it.

    Attributes:
        rate: Requests a second.
        replicas: Replicas.
        threads: Threads of each.
        choices: Replicas of which a request goes to the one with the fewest requests: 1 is chance,
            2 what Ray Serve and most proxies do, 0 all of them.
        cores: Processors that all threads share; None: one for each thread.
        loss: Replicas that are lost.
        batches: How requests are put together; None: one by one. Not together with a loss.
        clients: Each request is of one of so many clients, the n-th of which sends 1/n times as
            much as the first, and goes to the replica of its client; 0: no such affinity.
    """

    rate: float
    replicas: int
    threads: int = 2
    choices: int = 2
    cores: int | None = None
    loss: Loss | None = None
    batches: Batches | None = None
    clients: int = 0


@dataclass
class Answers:
    """What became of all requests.

    Attributes:
        seconds: Arrival of each request, and seconds until its answer.
        lost_at: When replicas were lost; infinite where none was.
        repeated: How many requests were sent again.
    """

    seconds: list[tuple[float, float]] = field(default_factory=list)
    lost_at: float = float("inf")
    repeated: int = 0

    def percentile(self, share: float, *, after_loss: bool = False) -> float:
        """Return a percentile of the seconds, without those of the first requests.

        Args:
            share: The percentile, from 0 to 1.
            after_loss: Of what came after the loss, or was in work then; otherwise of what was
                answered before.
        """
        measured = self.seconds[int(_WARM_SHARE * len(self.seconds)) :]
        found = sorted(
            taken for arrival, taken in measured if (arrival + taken >= self.lost_at) == after_loss
        )
        return found[min(len(found) - 1, int(share * len(found)))]


class _Replica:
    def __init__(self, environment: simpy.Environment, threads: int) -> None:
        self.threads = simpy.Resource(environment, threads)
        self.waiting = simpy.Store(environment)
        self.in_work = 0
        self.is_alive = True
        self.running: set[Any] = set()

    @property
    def depth(self) -> int:
        queued = len(self.threads.queue) + len(self.waiting.items)
        return int(self.threads.count) + queued + self.in_work


class _Simulation:
    def __init__(self, load: Load, times: Sequence[float], requests: int, seed: int) -> None:
        self.load, self.times, self.requests = load, times, requests
        self.chance, self.environment = random.Random(seed), simpy.Environment()
        self.replicas = [_Replica(self.environment, load.threads) for _ in range(load.replicas)]
        self.known = list(self.replicas)
        self.answers = Answers()
        shared = load.cores is not None
        self.cores = simpy.Resource(self.environment, load.cores) if shared else None
        weights = itertools.accumulate(1 / n for n in range(1, load.clients + 1))
        self.clients = list(weights)
        self.homes = [self.chance.random() for _ in self.clients]
        self.noticed = self.environment.event()

    def run(self) -> Answers:
        self.environment.process(self.arrive())
        if self.load.loss:
            self.environment.process(self.lose(self.load.loss))
        if self.load.batches:
            for replica in self.replicas:
                for _ in range(self.load.threads):
                    self.environment.process(self.work(replica, self.load.batches))
        self.environment.run(None if not self.load.batches else self.all_answered())
        return self.answers

    def all_answered(self) -> Any:
        self.done = self.environment.event()
        return self.done

    def choose(self) -> _Replica:
        if self.clients:
            client = self.chance.choices(range(len(self.homes)), cum_weights=self.clients)[0]
            return self.known[int(self.homes[client] * len(self.known))]
        among = self.known
        if self.load.choices:
            among = [self.chance.choice(self.known) for _ in range(self.load.choices)]
        return min(among, key=lambda one: one.depth)

    def arrive(self) -> Process:
        for _ in range(self.requests):
            yield self.environment.timeout(self.chance.expovariate(self.load.rate))
            service = self.chance.choice(self.times)
            if self.load.batches:
                self.choose().waiting.put((self.environment.now, service))
            else:
                self.environment.process(self.request(service))

    def answered(self, arrival: float) -> None:
        self.answers.seconds.append((arrival, self.environment.now - arrival))
        if self.load.batches and len(self.answers.seconds) == self.requests:
            self.done.succeed()

    def request(self, service: float) -> Process:
        arrival = self.environment.now
        while True:
            replica = self.choose()
            if not replica.is_alive:  # nobody knows yet
                self.answers.repeated += 1
                yield self.noticed
                continue
            process = self.environment.active_process
            replica.running.add(process)
            try:
                with replica.threads.request() as thread:
                    yield thread
                    yield from self.compute(service)
                break
            except simpy.Interrupt:
                self.answers.repeated += 1
            finally:
                replica.running.discard(process)
            yield self.noticed
        self.answered(arrival)

    def compute(self, service: float) -> Process:
        if self.cores is None:
            yield self.environment.timeout(service)
            return
        while service > 0:
            with self.cores.request() as core:
                yield core
                yield self.environment.timeout(min(service, _SLICE_S))
            service -= _SLICE_S

    def work(self, replica: _Replica, batches: Batches) -> Process:
        """One thread that takes batches."""
        while True:
            batch = [(yield replica.waiting.get())]
            end = self.environment.timeout(batches.wait)
            while len(batch) < batches.size:
                more = replica.waiting.get()
                yield more | end
                if not more.triggered:
                    more.cancel()
                    break
                batch.append(more.value)
            replica.in_work += len(batch)
            yield self.environment.timeout(batches.seconds([service for _, service in batch]))
            replica.in_work -= len(batch)
            for arrival, _ in batch:
                self.answered(arrival)

    def lose(self, loss: Loss) -> Process:
        yield self.environment.timeout(self.requests / self.load.rate / 2)
        self.answers.lost_at = self.environment.now
        lost = self.replicas[: max(1, round(loss.share * len(self.replicas)))]
        for replica in lost:
            replica.is_alive = False
            for process in tuple(replica.running):
                process.interrupt()
        yield self.environment.timeout(loss.notice)
        self.known = [replica for replica in self.replicas if replica.is_alive]
        self.noticed.succeed()


def simulate(load: Load, times: Sequence[float], requests: int = 20_000, seed: int = 0) -> Answers:
    """Return what became of so many requests.

    Args:
        load: The load.
        times: Measured service times, in seconds of a thread.
        requests: How many requests come.
        seed: Of what is drawn.
    """
    return _Simulation(load, times, requests, seed).run()
