"""A recogniser's network without anything around it: one line alone, and lines in batches.

What `hubocr.recognition.batching` joins, and what a line alone gets all threads for, was decided by
these figures.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial

import numpy as np
from tqdm import tqdm

from benchmarks.machine import describe_machine, usable_cores
from benchmarks.report import add_output_arguments, markdown_table, write_results
from hubocr.engines import Engine, load_engine
from hubocr.engines.base import Tensor
from hubocr.errors import HubocrError
from hubocr.models import find_model
from hubocr.settings import EngineSettings, Precision

_HEIGHT = 48
_WIDTHS = (64, 160, 320, 640)
_BATCHES = (1, 2, 4, 10)
_LINES_A_ROUND = 40
_PRECISIONS: tuple[Precision, ...] = ("fp32", "bf16")

Ways = dict[str, list[float]]
"""Milliseconds a line, in every round, by the way of running the network."""


@dataclass(frozen=True)
class Row:
    """A model, a precision and a width.

    Attributes:
        model: The model.
        precision: What it calculates in.
        width: Width of the lines in pixels.
        ms: Median milliseconds a line by the way: ``one thread``, ``all threads``, and ``batch N``
            with a batch on each thread.
        difference: Largest difference of a probability between the ways, on the same lines.
    """

    model: str
    precision: str
    width: int
    ms: dict[str, float]
    difference: dict[str, float]


def measure(model: str, precision: Precision, threads: int, rounds: int) -> list[Row]:
    """Measure a model at every width; the ways take turns."""
    settings = EngineSettings("openvino", precision, cpu_threads=threads)
    engine = load_engine(find_model(model), settings, streams=threads)
    whole = load_engine(find_model(model), settings, streams=1)
    rows = []
    with ThreadPoolExecutor(threads) as pool:
        for width in _WIDTHS:
            shape = (max(_BATCHES), 3, _HEIGHT, width)
            lines = np.random.default_rng(0).uniform(-1, 1, shape).astype(np.float32)
            ways: dict[str, Callable[[], float]] = {
                "one thread": partial(_single, engine, lines[:1]),
                "all threads": partial(_single, whole, lines[:1]),
            }
            for size in _BATCHES:
                ways[f"batch {size}"] = partial(_batches, engine, lines[:size], pool, threads)
            times: Ways = {way: [] for way in ways}
            title = f"{model} {precision} {width}"
            for number in tqdm(range(rounds + 1), desc=title, leave=False):
                for way, run in ways.items():
                    milliseconds = run()
                    if number:  # the first round compiles
                        times[way].append(milliseconds)
            medians = {way: round(statistics.median(ms), 2) for way, ms in times.items()}
            rows.append(Row(model, precision, width, medians, _differences(engine, whole, lines)))
    return rows


def _single(engine: Engine, line: Tensor) -> float:
    start = time.perf_counter()
    for _ in range(_LINES_A_ROUND // 4):
        engine.run(line)
    return 1000 * (time.perf_counter() - start) / (_LINES_A_ROUND // 4)


def _batches(engine: Engine, lines: Tensor, pool: ThreadPoolExecutor, threads: int) -> float:
    count = threads * max(1, _LINES_A_ROUND // (threads * len(lines)))
    start = time.perf_counter()
    list(pool.map(engine.run, [lines] * count))
    return 1000 * (time.perf_counter() - start) / (count * len(lines))


def _differences(engine: Engine, whole: Engine, lines: Tensor) -> dict[str, float]:
    single = np.concatenate([engine.run(line[None]) for line in lines])
    alone = np.concatenate([whole.run(line[None]) for line in lines])
    found = {"all threads": float(np.abs(alone - single).max())}
    for size in _BATCHES[1:]:
        batch = engine.run(np.ascontiguousarray(lines[:size]))
        found[f"batch {size}"] = float(np.abs(batch - single[:size]).max())
    return found


def table(rows: Sequence[Row]) -> str:
    """Return the rows as markdown: milliseconds, and how many times as fast a batch is."""
    batches = [f"batch {size}" for size in _BATCHES[1:]]
    header = ["model", "precision", "width", "one thread, ms", "all threads, ms", *batches]
    return markdown_table(
        [*header, "largest difference"],
        [
            [
                row.model,
                row.precision,
                str(row.width),
                f"{row.ms['one thread']:.1f}",
                f"{row.ms['all threads']:.1f}",
                *(f"{row.ms['batch 1'] / row.ms[batch]:.2f}" for batch in batches),
                f"{max(row.difference.values()):.0e}" if any(row.difference.values()) else "0",
            ]
            for row in rows
        ],
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.recognisers",
        description="Time a recogniser's network with OpenVINO: a line on one thread and on all, "
        "and batches of lines of one width, one on each thread, against single lines.",
    )
    parser.add_argument("models", nargs="+", metavar="MODEL", help="name or folder")
    parser.add_argument("--threads", type=int, default=usable_cores(), metavar="N")
    parser.add_argument("--rounds", type=int, default=11, metavar="R", help="that count (11)")
    add_output_arguments(parser, "recognisers.json")
    options = parser.parse_args(arguments)
    rows: list[Row] = []
    try:
        for model in options.models:
            for precision in _PRECISIONS:
                rows += measure(model, precision, options.threads, options.rounds)
    except HubocrError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{describe_machine().summary}, {options.threads} threads\n\n{table(rows)}")
    write_results(options, {"threads": options.threads, "rows": list(map(asdict, rows))})
    return 0


if __name__ == "__main__":
    sys.exit(main())
