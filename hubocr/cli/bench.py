"""``hubocr bench``: how fast this machine reads the user's own images, and where the time goes."""

from __future__ import annotations

import argparse
import statistics
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tqdm import tqdm

from hubocr.cli.options import add_pipeline_arguments, read_settings
from hubocr.imaging import read_image
from hubocr.pipeline import OcrPipeline
from hubocr.runtime import Call

if TYPE_CHECKING:
    from hubocr.cli.command import Commands

_PARTS = (
    *("decode", "detection.prepare", "detection.engine", "detection.polygons", "cropping"),
    *("classification.prepare", "classification.engine"),
    *("recognition.prepare", "recognition.engine", "recognition.decode"),
)


def add_command(commands: Commands) -> None:
    """Add ``bench``."""
    parser = commands.add_parser(
        "bench",
        help="measure the pipeline on image files",
        description="Read images again and again, one after the other, and print the median time "
        "of each. With --breakdown, print where the time goes, as shares of the wall time: with "
        "one thread they add up to it, and the rest is the code between the parts; with more, "
        "concurrent work counts once for each thread.",
    )
    parser.add_argument("images", nargs="+", type=Path, metavar="PATH", help="image files")
    parser.add_argument("--breakdown", action="store_true", help="print the parts of the pipeline")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="(default: 5)")
    names = ("engine", "precision", "cpu_threads")
    add_pipeline_arguments(parser, names, defaults={"cpu_threads": 1})
    parser.set_defaults(run=_bench)


def _bench(arguments: argparse.Namespace) -> int:
    pipeline = OcrPipeline.load(read_settings(arguments))
    for path in arguments.images:  # compiles what the sizes need
        pipeline.run(read_image(path))
    seconds: dict[Path, list[float]] = {path: [] for path in arguments.images}
    parts: defaultdict[str, float] = defaultdict(float)
    lines = 0
    for _ in tqdm(range(max(1, arguments.rounds)), unit="round", disable=None):
        for path in arguments.images:
            start = time.perf_counter()
            image = read_image(path)
            parts["decode"] += time.perf_counter() - start
            call = Call()
            lines += len(pipeline.run(image, call=call).lines)
            seconds[path].append(time.perf_counter() - start)
            for part, value in call.parts.items():
                parts[part] += value
            parts["cropping"] += call.seconds.get("cropping", 0.0)
    for path, times in seconds.items():
        print(f"{1000 * statistics.median(times):9.1f} ms  {path}")
    if arguments.breakdown:
        _print_breakdown(parts, [value for times in seconds.values() for value in times], lines)
    return 0


def _print_breakdown(parts: Mapping[str, float], times: Sequence[float], lines: int) -> None:
    wall, count = sum(times), len(times)
    print(f"\n{lines / count:.1f} lines and {1000 * wall / count:.1f} ms an image")
    rows: list[tuple[str, float]] = [(part, parts[part]) for part in _PARTS if part in parts]
    rows.append(("rest", wall - sum(value for _, value in rows)))
    engine = sum(value for part, value in rows if part.endswith(".engine"))
    for part, value in (*rows, ("all engines", engine)):
        print(f"{1000 * value / count:9.2f} ms {value / wall:6.1%}  {part}")
