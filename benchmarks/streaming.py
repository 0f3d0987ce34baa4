"""A stream of lines that don't fit into memory: how fast it is, and how much memory it takes.

Lines are read (or drawn, for a YAML file) as ``hubocr train rec --stream on`` reads them, and
nothing is learnt from them: what is measured is the most that the loader can do. A training run
waits for it only if its own steps take more lines a second.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from benchmarks.machine import describe_machine, usable_cores
from benchmarks.report import add_output_arguments, markdown_table, write_results
from hubocr.errors import HubocrError
from hubocr.evaluation.readers import open_lines
from hubocr.training.data.stream import LineStream, StreamBatches
from hubocr.training.recogniser.concatenation import Concatenation
from hubocr.training.recogniser.making import Maker
from hubocr.training.recogniser.presets import PRESETS
from hubocr.training.recogniser.shape import HEIGHT, InputShape

_BATCH = 16
_ROWS = 10


@dataclass(frozen=True)
class Row:
    """How far the stream had come.

    Attributes:
        lines: Lines so far.
        seconds: Wall time so far.
        processor_seconds: Processor time of this process so far; that of its workers is known at
            their end.
        resident_mb: Memory of this process and its workers, MB.
    """

    lines: int
    seconds: float
    processor_seconds: float
    resident_mb: float


def measure(data: Path, count: int, workers: int) -> list[Row]:
    """Take lines from a stream, and note how it goes at every tenth of them."""
    index = open_lines(data)
    characters = sorted(index.characters())
    preset = PRESETS["handwriting"]
    maker = Maker(
        {character: number for number, character in enumerate(characters, start=1)},
        InputShape(HEIGHT, None),
        preset.augmentation,
        seed=0,
        concatenation=Concatenation(preset.concatenation),
    )
    stream = LineStream(str(data), index, np.arange(len(index)))
    batches = StreamBatches([stream], maker, _BATCH, workers)
    per_epoch = -(-len(index) // _BATCH)
    rows: list[Row] = []
    started, taken, number = time.monotonic(), 0, 0
    try:
        while taken < count:
            taken += len(batches.batch(*divmod(number, per_epoch)).lengths)
            number += 1
            if taken >= (len(rows) + 1) * count / _ROWS:
                own = resource.getrusage(resource.RUSAGE_SELF)
                used = own.ru_utime + own.ru_stime
                rows.append(Row(taken, time.monotonic() - started, used, _resident_mb()))
                print(rows[-1], file=sys.stderr, flush=True)
    finally:
        batches.close()
    return rows


def _resident_mb() -> float:
    """Return the memory of this process and its children (Linux)."""
    me = Path("/proc/self")
    children = (me / "task" / me.resolve().name / "children").read_text(encoding="ascii").split()
    total = 0
    for process in ("self", *children):
        try:
            total += int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
        except (OSError, IndexError):
            continue  # it has just ended
    return total * resource.getpagesize() / 1e6


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.streaming",
        description="Stream lines as training does, and print speed and memory as markdown. Needs "
        "hubocr[train].",
    )
    parser.add_argument("data", type=Path, metavar="PATH", help="anything that training reads")
    parser.add_argument("--lines", type=int, default=200_000, metavar="N")
    parser.add_argument("--workers", type=int, default=1, metavar="N")
    add_output_arguments(parser, "streaming.json")
    options = parser.parse_args(arguments)
    try:
        rows = measure(options.data, options.lines, options.workers)
    except HubocrError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    worked = ended.ru_utime + ended.ru_stime
    print(f"{describe_machine().summary}, {usable_cores()} threads, {options.workers} workers\n")
    header = ["lines", "seconds", "processor s, training", "resident MB"]
    cells = [
        [f"{r.lines}", f"{r.seconds:.0f}", f"{r.processor_seconds:.1f}", f"{r.resident_mb:.0f}"]
        for r in rows
    ]
    print(markdown_table(header, cells))
    print(f"processor time of the workers: {worked:.0f} s")
    write_results(options, {"rows": list(map(asdict, rows)), "workers_s": worked})
    return 0


if __name__ == "__main__":
    sys.exit(main())
