"""A folder of images: bare pipeline, `read_documents` and ``hubocr predict``, in paired rounds.

Each way is a process of its own, so that all begin with networks that have seen no image.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

import cv2
import numpy as np

from benchmarks.machine import describe_machine, usable_cores
from benchmarks.report import add_output_arguments, markdown_table, write_results
from hubocr.documents import DocumentOptions, PageError
from hubocr.errors import HubocrError
from hubocr.evaluation.sets import load_set
from hubocr.imaging import BgrImage, read_image
from hubocr.pipeline import OcrPipeline
from hubocr.runtime import Call
from hubocr.services.documents import read_documents
from hubocr.settings import PipelineSettings
from hubocr.settings.layers import effective_settings
from hubocr.settings.pipeline_defaults import PIPELINE_DEFAULTS, PIPELINE_PROFILE

_BARE, _DOCUMENTS = "bare pipeline", "read_documents"
_COMMAND, _START = "hubocr predict", "its start (a blank image)"


@dataclass(frozen=True)
class Time:
    """What some images took.

    Attributes:
        wall: Seconds.
        processor: Processor seconds of all threads and processes.
    """

    wall: float
    processor: float

    def __sub__(self, other: Time) -> Time:
        return Time(self.wall - other.wall, self.processor - other.processor)


def _timed(work: Callable[[], None]) -> Time:
    start, before = time.perf_counter(), _processor_seconds()
    work()
    return Time(time.perf_counter() - start, _processor_seconds() - before)


def _processor_seconds() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _bare(pipeline: OcrPipeline, images: Sequence[BgrImage], jobs: int) -> None:
    """Read decoded images, as many side by side as documents have in work."""
    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(lambda image: pipeline.run(image, call=Call(is_one_of_many=True)), images))


def _documents(pipeline: OcrPipeline, folder: Path, jobs: int) -> None:
    options = DocumentOptions()
    for page in read_documents(pipeline, folder, documents=options, jobs=jobs):
        if isinstance(page, PageError):
            raise page.error


def _command(folder: Path, threads: int, jobs: int, out: Path) -> None:
    command = [sys.executable, "-m", "hubocr", "predict", str(folder), "--save-path", str(out)]
    command += ["--cpu-threads", str(threads), "--jobs", str(jobs)]
    subprocess.run(command, check=True, capture_output=True)


def _in_process(way: str, folder: Path, threads: int, jobs: int) -> Time:
    """Return the time of a way in a new process, without its start and, if bare, the decoding."""
    command = [sys.executable, "-m", "benchmarks.folders", "--way", way, "--folder", str(folder)]
    command += ["--threads", str(threads), "--jobs", str(jobs)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return Time(**json.loads(done.stdout))


def _way(way: str, folder: Path, threads: int, jobs: int) -> Time:
    effective = effective_settings(
        PipelineSettings(),
        {"benchmark": {"cpu_threads": threads}},
        server=PIPELINE_DEFAULTS,
        profile=PIPELINE_PROFILE,
    )
    with OcrPipeline.load(effective.pipeline) as pipeline:
        if way == _DOCUMENTS:
            return _timed(partial(_documents, pipeline, folder, jobs))
        images = [read_image(path) for path in sorted(folder.iterdir())]
        return _timed(partial(_bare, pipeline, images, jobs))


def measure(files: Sequence[Path], repeat: int, rounds: int, threads: int) -> dict[str, list[Time]]:
    """Return the times of each way by round; the ways take turns."""
    jobs = threads + 1
    times: dict[str, list[Time]] = {}
    with tempfile.TemporaryDirectory(prefix="hubocr-bench-") as scratch:
        folder, blank = Path(scratch, "in"), Path(scratch, "blank")
        folder.mkdir()
        blank.mkdir()
        cv2.imwrite(str(blank / "blank.png"), np.full((64, 64, 3), 255, np.uint8))
        for place, path in enumerate(list(files) * repeat):
            (folder / f"{place:05}{path.suffix}").symlink_to(path.resolve())
        for number in range(rounds):
            out = Path(scratch, f"out{number}")
            ways: Mapping[str, Callable[[], Time]] = {
                _BARE: partial(_in_process, _BARE, folder, threads, jobs),
                _DOCUMENTS: partial(_in_process, _DOCUMENTS, folder, threads, jobs),
                _COMMAND: partial(_timed, partial(_command, folder, threads, jobs, out)),
                _START: partial(_timed, partial(_command, blank, threads, jobs, out)),
            }
            for name, work in ways.items():
                times.setdefault(name, []).append(work())
                print(f"round {number + 1}, {name}: {times[name][-1]}", file=sys.stderr)
    return times


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.folders",
        description="Read a set of images in three ways that take turns: decoded ones by the bare "
        "pipeline, their files by read_documents, and by `hubocr predict --save-path`, whose "
        "written files are counted in. Each is a process of its own.",
    )
    parser.add_argument("--set", default="pages", metavar="NAME", help="set of images (pages)")
    parser.add_argument("--limit", type=int, metavar="N", help="its first N images")
    parser.add_argument("--repeat", type=int, default=3, metavar="N", help="each so often (3)")
    parser.add_argument("--rounds", type=int, default=3, metavar="N")
    parser.add_argument("--threads", type=int, default=usable_cores(), metavar="N")
    parser.add_argument("--way", choices=(_BARE, _DOCUMENTS), help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--jobs", type=int, help=argparse.SUPPRESS)
    add_output_arguments(parser, "folders.json")
    options = parser.parse_args(arguments)
    if options.way:
        print(json.dumps(vars(_way(options.way, options.folder, options.threads, options.jobs))))
        return 0
    try:
        files = [sample.path for sample in load_set(options.set).samples][: options.limit]
        times = measure(files, options.repeat, options.rounds, options.threads)
    except (HubocrError, subprocess.CalledProcessError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    count = len(files) * options.repeat
    base = times[_BARE]
    pairs = zip(times[_COMMAND], times[_START], strict=True)
    shown = {**times, "hubocr predict without its start": [one - start for one, start in pairs]}
    rows = []
    for name, found in shown.items():
        if name == _START:
            continue
        wall = median(b.wall / one.wall for b, one in zip(base, found, strict=True))
        processor = median(b.processor / one.processor for b, one in zip(base, found, strict=True))
        rate = count / median(one.wall for one in found)
        rows.append((name, str(count), f"{rate:.2f}", f"{wall:.3f}", f"{processor:.3f}"))
    print(f"{describe_machine().summary}; load {os.getloadavg()[0]:.1f}\n")
    header = ("", "images", "images/s", "throughput to bare", "the same by processor time")
    print(markdown_table(header, rows))
    content = {"set": options.set, "images": count, "threads": options.threads}
    seconds = {name: [vars(one) for one in found] for name, found in times.items()}
    write_results(options, {**content, "seconds": seconds})
    return 0


if __name__ == "__main__":
    sys.exit(main())
