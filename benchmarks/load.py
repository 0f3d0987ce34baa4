"""Servers under load: ours, our modules in PaddleHub, PaddleOCR's own modules there, PaddleX."""

from __future__ import annotations

import argparse
import statistics
import sys
import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

from tqdm import tqdm

from benchmarks.http_load import Load, Requests, run_load
from benchmarks.machine import describe_machine, usable_cores
from benchmarks.peers.envs import PeerEnvironmentError
from benchmarks.raw_engine import RawEngine
from benchmarks.report import add_output_arguments, markdown_table, write_results
from benchmarks.served import (
    RunningServer,
    ServerStartError,
    ServerSystem,
    own_captcha_server,
    own_modules_in_paddlehub,
    own_server,
    paddleocr_modules_in_paddlehub,
    paddlex_server,
    running,
)
from hubocr.errors import DatasetError
from hubocr.evaluation.sets import load_set

_IMAGES_A_TASK = 40


@dataclass(frozen=True)
class Row:
    """One system under one load, medians over the rounds.

    Attributes:
        task: The module that is asked.
        clients: How many clients ask without pause.
        system: The server.
        throughput: Answers a second.
        p50: Median latency in milliseconds.
        p99: 99th percentile of the latency in milliseconds.
        failures: Failed requests in all rounds.
    """

    task: str
    clients: int
    system: str
    throughput: float
    p50: float
    p99: float
    failures: int


@dataclass(frozen=True)
class Target:
    """A server and what it is asked.

    Attributes:
        server: The server.
        requests: The requests of each task that it does.
    """

    server: RunningServer
    requests: Mapping[str, Requests]

    @property
    def name(self) -> str:
        """The server's name in tables."""
        return self.server.name

    def load(self, task: str, clients: int, seconds: float) -> Load:
        """Let clients ask for a task for some seconds."""
        return run_load(self.server.port, self.requests[task], clients, seconds)


def measure(
    targets: Sequence[Target],
    tasks: Iterable[str],
    clients: Sequence[int],
    rounds: int,
    seconds: float,
) -> list[Row]:
    """Measure every server under every load of its tasks, in turn within each round."""
    loads: dict[tuple[str, int, str], list[Load]] = defaultdict(list)
    steps = [(t, c, s) for t in tasks for c in clients for s in targets if t in s.requests]
    with tqdm(total=rounds * len(steps), desc="load", unit="run") as bar:
        for _ in range(rounds):
            for task, count, target in steps:
                bar.set_postfix_str(f"{task} x{count} {target.name}"[:50])
                loads[task, count, target.name].append(target.load(task, count, seconds))
                bar.update()
    return [
        Row(
            task,
            count,
            name,
            statistics.median(load.throughput for load in found),
            1000 * statistics.median(load.percentile(0.5) for load in found),
            1000 * statistics.median(load.percentile(0.99) for load in found),
            sum(load.failures for load in found),
        )
        for (task, count, name), found in loads.items()
    ]


def measure_fairness(target: Target, rounds: int, seconds: float) -> tuple[float, float]:
    """Return a lone captcha client's p99 in ms: alone, and beside a client that sends pages."""
    alone, beside = [], []
    for _ in range(rounds):
        alone.append(target.load("ocr_rec", 1, seconds).percentile(0.99))
        pages = threading.Thread(target=target.load, args=("ocr_system", 1, seconds + 1))
        pages.start()
        beside.append(target.load("ocr_rec", 1, seconds).percentile(0.99))
        pages.join()
    return 1000 * statistics.median(alone), 1000 * statistics.median(beside)


def _systems(options: argparse.Namespace) -> list[ServerSystem]:
    systems = [own_server(options.threads), own_captcha_server(options.threads)]
    if not options.no_paddlehub:
        systems.append(own_modules_in_paddlehub(options.threads))
        systems.append(own_modules_in_paddlehub(options.threads, workers=options.threads))
    if options.paddleocr is not None:
        source = options.paddleocr.resolve()
        systems.append(paddleocr_modules_in_paddlehub(source, options.threads))
    if options.paddlex:
        systems.append(paddlex_server(options.threads))
    return systems


def _target(server: RunningServer, images: Mapping[str, Sequence[Path]]) -> Target:
    return Target(server, {task: api.requests(images[task]) for task, api in server.apis.items()})


def _print(rows: Sequence[Row], raw: Mapping[str, float]) -> None:
    reference = next((r.system for r in rows if "PaddleOCR" in r.system), None)
    table = []
    for row in rows:
        base = next(
            (
                r.throughput
                for r in rows
                if (r.task, r.clients, r.system) == (row.task, row.clients, reference)
            ),
            None,
        )
        ideal = 1000 * row.clients / row.throughput if row.throughput else float("nan")
        table.append(
            (
                f"{row.task}, {row.clients} clients",
                row.system,
                f"{row.throughput:.1f}",
                f"{row.p50:.0f}",
                f"{row.p99:.0f}",
                f"{row.p99 / ideal:.2f}",
                f"{row.throughput / raw[row.task]:.0%}",
                "" if not base else f"{row.throughput / base:.1f}",
                str(row.failures),
            )
        )
    header = ("load", "system", "a second", "p50 ms", "p99 ms", "p99 / ideal")
    print(markdown_table((*header, "of raw engine", "x PaddleOCR", "failed"), table))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.load",
        description="Load servers over loopback with clients that ask again as soon as they are "
        "answered: captchas to ocr_rec, pages to ocr_system. All servers run at once and are "
        "loaded in turn; medians over the rounds are printed. The ideal p99 is the number of "
        "clients divided by the throughput; the raw engine is OpenVINO alone on the same tensors.",
    )
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 4, 16, 64], metavar="N")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="(default: 3)")
    parser.add_argument("--seconds", type=float, default=5.0, metavar="S", help="a run (default 5)")
    parser.add_argument(
        "--threads", type=int, default=usable_cores(), metavar="N", help="(default: all cores)"
    )
    parser.add_argument("--no-paddlehub", action="store_true", help="leave PaddleHub out")
    parser.add_argument(
        "--paddleocr",
        type=Path,
        metavar="FOLDER",
        help="a PaddleOCR 2.10 checkout whose own modules are measured in PaddleHub as well; its "
        "params.py files must name the v4 models",
    )
    parser.add_argument(
        "--paddlex",
        action="store_true",
        help="measure PaddleX 3.7's basic serving as well, with pages only; needs the environment "
        "paddleocr37 of benchmarks.peers.envs",
    )
    add_output_arguments(parser, "load.json")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what the command line asks for."""
    options = _parser().parse_args(arguments)
    try:
        captchas = [sample.path for sample in load_set("captcha_real").samples]
        pages = [
            sample.path for sample in load_set("pages").samples if sample.name.startswith("sroie")
        ]
    except DatasetError as error:
        print(error, file=sys.stderr)
        return 1
    captchas = captchas[:: max(1, len(captchas) // _IMAGES_A_TASK)]
    images = {"ocr_rec": captchas, "ocr_system": pages}
    raw_engines = {
        task: RawEngine(paths, whole=task == "ocr_system", threads=options.threads)
        for task, paths in images.items()
    }
    try:
        with ExitStack() as stack:
            targets = [_target(stack.enter_context(running(s)), images) for s in _systems(options)]
            for target in targets:
                for task in target.requests:
                    target.load(task, 2, 3 if task == "ocr_rec" else 15)
            raw: dict[str, list[float]] = defaultdict(list)
            for task, engine in raw_engines.items():
                engine.throughput(3)
                raw[task] = [engine.throughput(options.seconds) for _ in range(options.rounds)]
            rows = measure(targets, images, options.clients, options.rounds, options.seconds)
            for task, engine in raw_engines.items():
                raw[task] += [engine.throughput(options.seconds) for _ in range(options.rounds)]
            fairness = {
                target.name: measure_fairness(target, options.rounds, options.seconds)
                for target in targets
                if target.requests.keys() == images.keys()
            }
    except (ServerStartError, PeerEnvironmentError) as error:
        print(error, file=sys.stderr)
        return 1
    limits = {task: statistics.median(values) for task, values in raw.items()}
    print(describe_machine().summary)
    print(f"raw engine: {', '.join(f'{t} {v:.1f} a second' for t, v in limits.items())}\n")
    _print(rows, limits)
    print("\nOne captcha client's p99, alone and beside a client that sends pages without pause:")
    for name, (alone, beside) in fairness.items():
        print(f"- {name}: {alone:.0f} ms, {beside:.0f} ms")
    content = {
        "settings": {
            key: getattr(options, key) for key in ("clients", "rounds", "seconds", "threads")
        },
        "raw": limits,
        "rows": [asdict(row) for row in rows],
        "fairness_p99_ms": fairness,
    }
    write_results(options, content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
