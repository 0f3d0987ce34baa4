"""How many replicas a load needs: a simulation fed with service times that were measured here.

    python -m benchmarks.scale measure > times.json
    python -m benchmarks.scale plan times.json --rate 10 100 1000 --p99-ms 500
    python -m benchmarks.scale loss times.json --rate 1000 --replicas 60 --lost 0.33

A replica is a number of threads that take requests in the order of their arrival; a request takes a
thread for a service time that is drawn from the measured ones. Arrivals are Poisson's. What isn't
in it: the network, and the pieces that hubocr cuts requests into, which let a short request go
before a long one; so its p99 is an upper bound for lines beside pages.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import simpy

FIXTURES = Path(__file__).resolve().parents[1] / "tests" / "fixtures"
_REQUESTS = 20_000
"""Requests of a run: a p99 is the value that 200 of them exceed."""

_WARM_SHARE = 0.1


@dataclass(frozen=True)
class Load:
    """What comes, and what there is for it.

    Attributes:
        rate: Requests a second.
        replicas: Replicas.
        threads: Threads of each.
        choices: Replicas of which a request goes to the one with the fewest requests: 1 is chance,
            2 what Ray Serve and most proxies do, 0 all of them.
        lost: Share of the replicas that die in the middle of the run, with what they work on; those
            requests are sent again.
    """

    rate: float
    replicas: int
    threads: int = 2
    choices: int = 2
    lost: float = 0.0


class _Replica:
    def __init__(self, environment: simpy.Environment, threads: int) -> None:
        self.threads = simpy.Resource(environment, threads)
        self.is_alive = True
        self.running: set[Any] = set()

    @property
    def depth(self) -> int:
        return int(self.threads.count) + len(self.threads.queue)


def simulate(load: Load, times: Sequence[float], requests: int = _REQUESTS, seed: int = 0) -> Any:
    """Return the seconds of every request from its arrival to its answer, with its arrival.

    Args:
        load: The load.
        times: Measured service times, in seconds of a thread.
        requests: How many requests come.
        seed: Of what is drawn.
    """
    chance, environment = random.Random(seed), simpy.Environment()
    replicas = [_Replica(environment, load.threads) for _ in range(load.replicas)]
    done: list[tuple[float, float]] = []

    def choose() -> _Replica:
        alive = [one for one in replicas if one.is_alive] if load.lost else replicas
        among = alive if not load.choices else chance.choices(alive, k=load.choices)
        return min(among, key=lambda one: one.depth)

    def request() -> Generator[Any, Any, None]:
        arrival, service = environment.now, chance.choice(times)
        while True:
            replica = choose()
            process = environment.active_process
            replica.running.add(process)
            try:
                with replica.threads.request() as thread:
                    yield thread
                    yield environment.timeout(service)
                break
            except simpy.Interrupt:
                continue  # its replica died: another one gets it
            finally:
                replica.running.discard(process)
        done.append((arrival, environment.now - arrival))

    def arrive() -> Generator[Any, Any, None]:
        for _ in range(requests):
            yield environment.timeout(chance.expovariate(load.rate))
            environment.process(request())

    def lose() -> Generator[Any, Any, None]:
        yield environment.timeout(requests / load.rate / 2)
        for replica in replicas[: round(load.lost * load.replicas)]:
            replica.is_alive = False
            for process in tuple(replica.running):
                process.interrupt()

    environment.process(arrive())
    if load.lost:
        environment.process(lose())
    environment.run()
    return done


def percentile(found: Sequence[tuple[float, float]], share: float) -> float:
    """Return a percentile of the seconds, without those of the first requests."""
    seconds = sorted(taken for _, taken in found[int(_WARM_SHARE * len(found)) :])
    return seconds[min(len(seconds) - 1, int(share * len(seconds)))]


def replicas_for(
    rate: float, p99: float, times: Sequence[float], threads: int, choices: int
) -> int:
    """Return the fewest replicas whose p99 is within a limit, at most four times the least.

    Raises:
        ValueError: The limit is below what a request takes alone.
    """
    least = max(1, int(rate * sum(times) / len(times) / threads) + 1)

    def fits(count: int) -> bool:
        return percentile(simulate(Load(rate, count, threads, choices), times), 0.99) <= p99

    high = 4 * least
    if not fits(high):
        raise ValueError(f"no number of replicas up to {high} has a p99 of {1000 * p99:g} ms")
    return _first(fits, least, high)


def _first(fits: Callable[[int], bool], low: int, high: int) -> int:
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if fits(middle) else (middle + 1, high)
    return low


def measure(images: Sequence[Path], repeats: int) -> dict[str, list[float]]:
    """Return thread seconds of requests on this machine, by kind: a page, and a line."""
    from hubocr.imaging import read_image
    from hubocr.runtime import Call
    from hubocr.services import RecognitionService, SystemService
    from hubocr.settings import EngineSettings, OcrOptions, PipelineSettings

    settings = PipelineSettings(engine=EngineSettings(cpu_threads=1))
    found: dict[str, list[float]] = {}
    kinds: tuple[Any, ...] = (SystemService, RecognitionService)
    for service, name in zip(kinds, ("page", "line"), strict=True):
        loaded = service.load(settings)
        options = OcrOptions()
        loaded.warm_up(options)
        for path in images:
            if (path.parent.name == "pages") == (name == "page"):
                image = read_image(path.read_bytes())
                for _ in range(repeats):
                    call = Call()
                    loaded.read([image], options, call)
                    found.setdefault(name, []).append(call.worked)
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command."""
    parser = argparse.ArgumentParser(prog="benchmarks.scale", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    measured = commands.add_parser("measure")
    measured.add_argument("--repeats", type=int, default=5)
    for name in ("plan", "loss"):
        command = commands.add_parser(name)
        command.add_argument("times", type=Path)
        command.add_argument("--kind", default="page", choices=("page", "line"))
        command.add_argument("--rate", type=float, nargs="+", default=[100.0])
        command.add_argument("--threads", type=int, default=2)
        command.add_argument("--choices", type=int, default=2)
    commands.choices["plan"].add_argument("--p99-ms", type=float, default=1000.0)
    commands.choices["loss"].add_argument("--replicas", type=int, default=10)
    commands.choices["loss"].add_argument("--lost", type=float, default=0.33)
    arguments = parser.parse_args(argv)
    if arguments.command == "measure":
        images = sorted([*FIXTURES.glob("pages/*.png"), *FIXTURES.glob("captchas/*.png")])
        json.dump(measure(images, arguments.repeats), sys.stdout)
        return 0
    times = json.loads(arguments.times.read_text(encoding="utf-8"))[arguments.kind]
    for rate in arguments.rate:
        if arguments.command == "plan":
            count = replicas_for(
                rate, arguments.p99_ms / 1000, times, arguments.threads, arguments.choices
            )
            busy = rate * sum(times) / len(times) / count / arguments.threads
            print(f"{rate:g}/s: {count} replicas, {100 * busy:.0f} % busy")
            continue
        for lost in (0.0, arguments.lost):
            load = Load(rate, arguments.replicas, arguments.threads, arguments.choices, lost)
            found = simulate(load, times)
            p50, p99 = (1000 * percentile(found, share) for share in (0.5, 0.99))
            print(f"{rate:g}/s, {lost:.0%} lost: p50 {p50:.0f} ms, p99 {p99:.0f} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
