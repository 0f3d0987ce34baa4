"""Speed: ours, every peer and the raw engine on the same images, in turn, in one run.

Each system runs in a process of its own, loaded once, and gets the same decoded pixels. All run
one round that doesn't count, then round 1 of each, round 2 of each and so on, so that whatever
happens to the machine happens to all of them. Ratios are of paired rounds.

``lines`` and ``captchas`` are line crops for the recogniser. ``detect`` is the detector alone on
pages of 960 x 736 pixels. ``pipeline`` is everything on receipts, other pages, scenes and
unlabelled images, with the longer side at most 960 pixels in the detector for all, and in further
rows with each peer's own input. PaddleOCR 3.7 runs no direction classifier.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.machine import Machine, describe_machine, usable_cores
from benchmarks.peers.envs import PeerEnvironmentError, peer_python
from benchmarks.peers.session import PeerSession, peer_session
from benchmarks.report import add_output_arguments, write_results
from benchmarks.speed_images import one_image, task_images
from benchmarks.speed_report import Row, as_json, draw, rows, scaling, start_table, table
from benchmarks.speed_rounds import measure
from benchmarks.speed_startup import Start, measure_starts
from benchmarks.speed_systems import OWN, TASKS, Contender, Models, contenders, local_models
from hubocr.errors import HubocrError

_STARTUP = "startup"
_BF16_SETS = {"avx512_bf16", "amx_bf16"}
_IMAGES = {
    "lines": 48,
    "words": 48,
    "captchas": 48,
    "detect": 12,
    "receipts": 5,
    "pipeline": 8,
}
"""Images a task, so that a round takes each system some seconds."""

PEERS = ("rapidocr144", "rapidocr310", "rapidocrng", "paddleocr210", "paddleocr37", "ddddocr16")
"""The peers that it measures, in the order of `benchmarks.peers.envs`."""


def measure_task(
    task: str, taking_part: Sequence[Contender], options: argparse.Namespace, threads: int
) -> tuple[list[Row], Mapping[str, Mapping[str, str]]]:
    """Measure a task; return its rows and the versions of every peer's packages."""
    with task_images(task, options.images or _IMAGES[task]) as images:

        def start(one: Contender) -> PeerSession:
            job = one.job(TASKS[task], images.paths, threads)
            return peer_session(one.peer, job, timeout_s=options.timeout)

        title = f"{task}, {threads} thread{'s' if threads > 1 else ''}"
        found = measure(taking_part, start, options.rounds, title)
        versions = {one.contender.peer: one.versions for one in found if one.versions}
        return rows(found, images), versions


def _has_bf16(machine: Machine) -> bool:
    return not _BF16_SETS.isdisjoint(machine.instruction_sets)


def _available(names: Sequence[str]) -> set[str]:
    found = {OWN}
    for name in names:
        try:
            peer_python(name)
        except PeerEnvironmentError as error:
            print(f"without {name}: {error}", file=sys.stderr)
        else:
            found.add(name)
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.speed",
        description="Measure hubocr, RapidOCR 1.4.4 and 3.10, PaddleOCR 2.10 and 3.7, ddddocr and "
        "the raw engine on the images of HUBOCR_DATA, in turn; print medians of paired rounds as "
        "markdown. What is measured how stands at the top of benchmarks/speed.py. All processes "
        "of a task live at once and need up to 15 GB. Peers need: python -m benchmarks.peers.envs",
    )
    parser.add_argument(
        "--tasks",
        nargs="+",
        choices=[*TASKS, _STARTUP],
        default=[*TASKS, _STARTUP],
        metavar="TASK",
        help=f"of: {', '.join(TASKS)}, {_STARTUP} (with memory) (default: all)",
    )
    parser.add_argument(
        "--systems",
        nargs="+",
        default=[],
        metavar="TEXT",
        help="only systems with one of these in their names, such as hubocr 3.10 (default: all)",
    )
    parser.add_argument(
        "--threads",
        nargs="+",
        type=int,
        default=sorted({usable_cores(), 1}, reverse=True),
        metavar="N",
        help="processor threads, and cores, of every system (default: all cores, then 1)",
    )
    counts = ", ".join(f"{count} for {task}" for task, count in _IMAGES.items())
    parser.add_argument(
        "--images", type=int, metavar="N", help=f"images of every task (default: {counts})"
    )
    parser.add_argument(
        "--rounds", type=int, default=5, metavar="R", help="rounds that count (default: 5)"
    )
    parser.add_argument(
        "--timeout",
        type=float,
        default=1200,
        metavar="S",
        help="seconds after which a peer drops out (default: 1200)",
    )
    add_output_arguments(parser, "speed.json")  # and a chart of each task beside it
    return parser


def _check(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    counts = [options.rounds, *options.threads]
    if min(counts if options.images is None else [*counts, options.images]) < 1:
        parser.error("--images, --rounds and --threads must be at least 1")
    if max(options.threads) > usable_cores():
        parser.error(f"--threads: there are {usable_cores()} cores")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what the command line asks for."""
    parser = _parser()
    options = parser.parse_args(arguments)
    _check(parser, options)
    machine = describe_machine()
    try:
        models = local_models()
        available = _available(PEERS)
        tables, versions, starts = _measure_all(options, models, available, _has_bf16(machine))
    except HubocrError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    for line in scaling(tables):
        print(f"- {line}")
    content = {
        "settings": {
            "rounds": options.rounds,
            "threads": options.threads,
            "images": {task: options.images or count for task, count in _IMAGES.items()},
        },
        "versions": versions,
        "tasks": {
            str(threads): {task: as_json(found) for task, found in by_task.items()}
            for threads, by_task in tables.items()
        },
        "startup": {
            str(threads): [asdict(start) for start in found] for threads, found in starts.items()
        },
    }
    path = write_results(options, content)
    if path is not None:
        _draw_all(tables, machine, path)
    return 0


def _measure_all(
    options: argparse.Namespace, models: Models, available: set[str], has_bf16: bool
) -> tuple[dict[int, dict[str, list[Row]]], dict[str, Any], dict[int, list[Start]]]:
    tables: dict[int, dict[str, list[Row]]] = {}
    versions: dict[str, Any] = {}
    starts: dict[int, list[Start]] = {}

    def wanted(name: str) -> bool:
        return not options.systems or any(text in name for text in options.systems)

    print(f"{describe_machine().summary}\n", flush=True)
    for threads in options.threads:
        tables[threads] = {}
        for task in options.tasks:
            if task == _STARTUP:
                continue
            taking_part = [
                one
                for one in contenders(task, models, threads, has_bf16=has_bf16)
                if one.peer in available and wanted(one.name)
            ]
            found, seen = measure_task(task, taking_part, options, threads)
            tables[threads][task] = found
            versions |= seen
            print(f"\n### {task}, {threads} threads\n\n{table(found)}\n", flush=True)
        if _STARTUP in options.tasks:
            starts[threads] = measure_starts(
                {task: one_image(task) for task in ("rec", "system")},
                models,
                threads,
                options.rounds,
                has_bf16=has_bf16,
                wanted=wanted,
                available=available,
            )
            print(
                f"\n### startup, {threads} threads\n\n{start_table(starts[threads])}\n", flush=True
            )
    return tables, versions, starts


def _draw_all(
    tables: Mapping[int, Mapping[str, Sequence[Row]]], machine: Machine, path: Path
) -> None:
    for threads, by_task in tables.items():
        for task, found in by_task.items():
            title = f"{task}, {threads} threads, {machine.processor}"
            chart = path.with_name(f"{path.stem}_{task}_{threads}.png")
            if not draw(found, title, chart):
                print("no charts: matplotlib is not installed")
                return
            print(f"wrote {chart}")


if __name__ == "__main__":
    sys.exit(main())
