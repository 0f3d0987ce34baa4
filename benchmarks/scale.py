"""How many replicas a load needs, and what is lost with a node: a simulation with measured times.

    python -m benchmarks.scale measure > times.json
    python -m benchmarks.scale plan times.json --rate 10 100 1000 --p99-ms 500
    python -m benchmarks.scale loss times.json --rate 1000 --replicas 60 --lost 0.33
    python -m benchmarks.scale tables times.json

`benchmarks.queueing` says what is simulated; `benchmarks.cluster` compares it with real replicas.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.queueing import Batches, Load, Loss, simulate
from benchmarks.report import markdown_table

FIXTURES = Path(__file__).resolve().parents[1] / "tests" / "fixtures"
_REQUESTS = 20_000
"""Requests of a run: a p99 is the value that 200 of them exceed."""

_REQUESTS_A_THREAD = 40
"""Or so many: a large cluster takes long to fill."""

_NODES = (1, 10, 100, 1_000)
_RATES = (10, 100, 1_000, 10_000, 100_000)
_ZONE = 1 / 3
_UNNOTICED_S = 15.0
"""Seconds until Ray's head takes a machine that vanished for dead."""

_P99_TIMES = 3
"""What is planned for: a p99 of so many times that of a request alone."""

_MOST_BUSY = 0.95
"""Nearer to its limit a cluster takes longer to settle than a run lasts."""

_PARTS = ("load", "plan", "loss", "policies")


def requests_for(load: Load) -> int:
    """Return how many requests a simulation takes."""
    return max(_REQUESTS, _REQUESTS_A_THREAD * load.replicas * load.threads)


def busy(load: Load, times: Sequence[float]) -> float:
    """Return the share of the threads that is needed."""
    return load.rate * sum(times) / len(times) / (load.replicas * load.threads)


def replicas_for(
    rate: float, p99: float, times: Sequence[float], threads: int, choices: int
) -> int:
    """Return the fewest replicas whose p99 is within a limit, at most 95 % busy.

    Raises:
        ValueError: Four times as many aren't enough: the limit is below what a request takes alone.
    """
    least = math.ceil(rate * sum(times) / len(times) / threads / _MOST_BUSY)

    def fits(count: int) -> bool:
        load = Load(rate, count, threads, choices)
        return simulate(load, times, requests_for(load)).percentile(0.99) <= p99

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
    """Return processor seconds of requests on this machine, by kind: a page, and a line."""
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
                    start = time.process_time()
                    loaded.read([image], options, Call())
                    found.setdefault(name, []).append(time.process_time() - start)
    return found


def tables(
    times: dict[str, list[float]], threads: int, largest: int, parts: Sequence[str] = _PARTS
) -> None:
    """Print the tables of RESULTS; a node is one replica."""
    nodes = [count for count in _NODES if count <= largest]
    for kind, found in times.items():
        print(f"\n{kind}: {1000 * sum(found) / len(found):.1f} ms, {threads} threads a node")
        if "load" in parts:
            _print_loads(found, nodes, threads)
        if "plan" in parts:
            _print_plan(found, threads, largest)
    several = [count for count in nodes if count > 1]
    if "loss" in parts:
        _print_losses(times["line"], several, threads)
    if "policies" in parts:
        _print_policies(times["line"], several, threads)


def _print_loads(times: Sequence[float], nodes: Sequence[int], threads: int) -> None:
    rows = []
    for rate in _RATES:
        cells = []
        for count in nodes:
            load = Load(rate, count, threads)
            share = busy(load, times)
            if share >= 1:
                cells.append("too few")
                continue
            answers = simulate(load, times, requests_for(load))
            p50, p99 = (1000 * answers.percentile(p) for p in (0.5, 0.99))
            cells.append(f"{p50:.0f} / {p99:.0f} ({100 * share:.0f} %)")
        rows.append([f"{rate:,}/s", *cells])
    header = ["p50 / p99 ms (busy)", *(f"{count:,} nodes" for count in nodes)]
    print(markdown_table(header, rows), flush=True)


def _print_plan(times: Sequence[float], threads: int, largest: int) -> None:
    mean, rows = sum(times) / len(times), []
    limit = _P99_TIMES * sorted(times)[int(0.99 * len(times))]
    for rate in _RATES:
        if rate * mean / threads > largest:
            break
        count = replicas_for(rate, limit, times, threads, 2)
        # What is left after a zone's loss has to be this many.
        rows.append(
            [
                f"{rate:,}/s",
                str(count),
                f"{100 * busy(Load(rate, count, threads), times):.0f} %",
                str(count + 1),
                str(-(-3 * count // 2)),
            ]
        )
    header = [f"p99 <= {1000 * limit:.0f} ms", "nodes", "busy", "one may be lost", "zone of 3"]
    print(markdown_table(header, rows), flush=True)


def _print_losses(times: Sequence[float], nodes: Sequence[int], threads: int) -> None:
    rows = []
    for count in nodes:
        for share in (0.5, 0.6, 0.75):
            rate = share * count * threads / (sum(times) / len(times))
            for name, lost in (("a node", 1 / count), ("a zone of 3", _ZONE)):
                cells = []
                for notice in (0.0, _UNNOTICED_S):
                    load = Load(rate, count, threads, loss=Loss(lost, notice))
                    requests = max(requests_for(load), int(4 * notice * rate))
                    if requests > 200_000 or share / (1 - lost) >= 1:
                        cells += ["", ""]
                        continue
                    answers = simulate(load, times, requests)
                    before = 1000 * answers.percentile(0.99)
                    after = 1000 * answers.percentile(0.99, after_loss=True)
                    cells += [f"{before:.0f} -> {after:.0f}", str(answers.repeated)]
                rows.append([f"{count:,}, {100 * share:.0f} % busy", name, *cells])
    header = ["nodes", "lost", "killed: p99 ms", "sent again"]
    print(markdown_table([*header, "vanished: p99 ms", "sent again"], rows), flush=True)


def _print_policies(times: Sequence[float], nodes: Sequence[int], threads: int) -> None:
    mean = sum(times) / len(times)
    policies = {
        "the emptier of two": Load(0, 1),
        "the emptiest of all": Load(0, 1, choices=0),
        "chance": Load(0, 1, choices=1),
        "affinity, 10,000 clients": Load(0, 1, clients=10_000),
        "batches of 8, 2 ms, no gain": Load(0, 1, batches=Batches(8, 0.002)),
        "batches of 8, 20 ms, no gain": Load(0, 1, batches=Batches(8, 0.02)),
        "batches of 8, 2 ms, cost .8": Load(0, 1, batches=Batches(8, 0.002, 0.8)),
    }
    rows = []
    for name, policy in policies.items():
        for count in nodes:
            cells = []
            for share in (0.5, 0.8):
                load = replace(policy, rate=share * count * threads / mean, replicas=count)
                load = replace(load, threads=threads)
                if load.choices == 0 and count > 100:
                    cells.append("")
                    continue
                answers = simulate(load, times, requests_for(load))
                p50, p99 = (1000 * answers.percentile(p) for p in (0.5, 0.99))
                cells.append(f"{p50:.0f} / {p99:.0f}")
            rows.append([name, f"{count:,}", *cells])
    header = ["requests go to", "nodes", "50 % busy: p50 / p99 ms", "80 %"]
    print(markdown_table(header, rows), flush=True)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command."""
    parser = argparse.ArgumentParser(
        prog="benchmarks.scale",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    measured = commands.add_parser("measure")
    measured.add_argument("--repeats", type=int, default=5)
    for name in ("plan", "loss", "tables"):
        command = commands.add_parser(name)
        command.add_argument("times", type=Path)
        command.add_argument("--threads", type=int, default=2)
        if name == "tables":
            command.add_argument("--largest", type=int, default=max(_NODES), help="most nodes")
            command.add_argument("--parts", nargs="+", choices=_PARTS, default=_PARTS)
            continue
        command.add_argument("--kind", default="page", choices=("page", "line"))
        command.add_argument("--rate", type=float, nargs="+", default=[100.0])
        command.add_argument("--choices", type=int, default=2)
    commands.choices["plan"].add_argument("--p99-ms", type=float, default=1000.0)
    commands.choices["loss"].add_argument("--replicas", type=int, default=10)
    commands.choices["loss"].add_argument("--lost", type=float, default=0.33)
    commands.choices["loss"].add_argument("--notice-s", type=float, default=0.0)
    arguments = parser.parse_args(argv)
    if arguments.command == "measure":
        images = sorted([*FIXTURES.glob("pages/*.png"), *FIXTURES.glob("captchas/*.png")])
        json.dump(measure(images, arguments.repeats), sys.stdout)
        return 0
    times = json.loads(arguments.times.read_text(encoding="utf-8"))
    if arguments.command == "tables":
        tables(times, arguments.threads, arguments.largest, arguments.parts)
        return 0
    _run(arguments, times[arguments.kind])
    return 0


def _run(arguments: argparse.Namespace, times: Sequence[float]) -> None:
    for rate in arguments.rate:
        if arguments.command == "plan":
            limit = arguments.p99_ms / 1000
            count = replicas_for(rate, limit, times, arguments.threads, arguments.choices)
            share = 100 * busy(Load(rate, count, arguments.threads), times)
            print(f"{rate:g}/s: {count} replicas, {share:.0f} % busy")
            continue
        loss = Loss(arguments.lost, arguments.notice_s)
        load = Load(rate, arguments.replicas, arguments.threads, arguments.choices, loss=loss)
        answers = simulate(load, times, max(requests_for(load), int(4 * loss.notice * rate)))
        for name, after in (("before", False), ("after", True)):
            p50, p99 = (1000 * answers.percentile(s, after_loss=after) for s in (0.5, 0.99))
            print(f"{rate:g}/s, {name} {loss.share:.0%} are lost: p50 {p50:.0f}, p99 {p99:.0f} ms")
        print(f"{answers.repeated} requests were sent again")


if __name__ == "__main__":
    sys.exit(main())
