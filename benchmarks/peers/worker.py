"""What the scripts inside the peers' environments share: the command line, images and timing.

A script gives a `Runner`, a peer with its models loaded. It runs a job once
(``run_X JOB RESULTS``) or stays alive for rounds (``run_X --rounds JOB``), which
`benchmarks.peers.session` drives over the standard streams.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, TextIO

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.peers.envs import peer_environment
from benchmarks.peers.protocol import (
    PeerError,
    PeerJob,
    PeerLine,
    PeerReady,
    PeerResults,
    PeerRound,
    read_job,
    ready_line,
    round_line,
    with_progress,
    write_results,
)

Image = NDArray[np.uint8]
"""An image of shape (H, W, 3), uint8, BGR."""

Lines = list[tuple[PeerLine, ...]]
"""The lines of every image."""


@dataclass(frozen=True)
class Runner:
    """A peer with the models of a job loaded.

    Attributes:
        call: Does the job's task on images; this is what is timed.
        lines: Turns what ``call`` answered into lines, in the order of the images.
        takes_lists: Whether ``call`` takes several images; otherwise it gets one at a time.
        at_once: Whether it usually gets all images of a job in one call.
    """

    call: Callable[[Sequence[Image]], Any]
    lines: Callable[[Any], Lines]
    takes_lists: bool = False
    at_once: bool = False


def load_image(path: str) -> Image:
    """Return the image of a file, or the array of an ``.npy`` file.

    Raises:
        PeerError: There is no image that can be read.
    """
    if path.endswith(".npy"):
        return np.asarray(np.load(path), dtype=np.uint8)
    image = cv2.imread(path, cv2.IMREAD_COLOR)
    if image is None:
        raise PeerError(f"can't read {path}")
    return np.asarray(image, dtype=np.uint8)


def package_versions(packages: Sequence[str]) -> Mapping[str, str]:
    """Return the versions of packages that are installed here."""
    versions = {}
    for package in packages:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            versions[package] = "not installed"
    return versions


def run_worker(
    peer: str,
    description: str,
    prepare: Callable[[PeerJob], Runner],
    arguments: Sequence[str],
    packages: Sequence[str] | None = None,
) -> int:
    """Do the job that the command line names, once or in rounds.

    Args:
        peer: Name of the peer.
        description: What ``--help`` says.
        prepare: Loads the peer for a job.
        arguments: The command line, without the program.
        packages: Packages whose versions are told, where the peer has no environment.
    """
    parser = argparse.ArgumentParser(prog=f"run_{peer}", description=description)
    parser.add_argument("job", type=Path, help="JSON file with the job")
    parser.add_argument(
        "results", type=Path, nargs="?", help="JSON file that the results are written to"
    )
    parser.add_argument(
        "--rounds",
        action="store_true",
        help="stay alive and run all images once for every line of input",
    )
    options = parser.parse_args(arguments)
    if options.rounds == (options.results is not None):
        parser.error("give either the results' file or --rounds")
    packages = peer_environment(peer).packages if packages is None else packages
    job = read_job(options.job)
    cv2.setNumThreads(job.cpu_threads)
    if options.rounds:
        _run_rounds(job, prepare, packages)
    else:
        lines, seconds = run_once(job, prepare(job), peer)
        write_results(
            PeerResults(tuple(lines), seconds, package_versions(packages)), options.results
        )
    return 0


def run_once(job: PeerJob, runner: Runner, peer: str) -> tuple[Lines, float]:
    """Run all images, with progress; return their lines and the seconds of the calls."""
    if _is_at_once(job, runner):
        images = [load_image(path) for path in job.images]
        print(f"{peer}: {len(images)} images in one call", file=sys.stderr, flush=True)
        return _pass(runner, images, at_once=True)
    lines: Lines = []
    seconds = 0.0
    for path in with_progress(job.images, peer):
        found, taken = _pass(runner, [load_image(path)], at_once=False)
        lines += found
        seconds += taken
    return lines, seconds


def _is_at_once(job: PeerJob, runner: Runner) -> bool:
    if job.at_once and not runner.takes_lists:
        raise PeerError(f"it takes one image at a time for the task {job.task}")
    return runner.at_once if job.at_once is None else job.at_once


def _pass(runner: Runner, images: Sequence[Image], *, at_once: bool) -> tuple[Lines, float]:
    groups = [list(images)] if at_once else [[image] for image in images]
    answers, seconds = [], 0.0
    for group in groups:
        start = time.perf_counter()
        answer = runner.call(group)
        seconds += time.perf_counter() - start
        answers.append(runner.lines(answer))
    return [image for answer in answers for image in answer], seconds


def _run_rounds(
    job: PeerJob, prepare: Callable[[PeerJob], Runner], packages: Sequence[str]
) -> None:
    answers = _own_stdout()
    start = time.perf_counter()
    runner = prepare(job)
    load_seconds = time.perf_counter() - start
    images = [load_image(path) for path in job.images]
    if not images:
        raise PeerError("rounds need at least one image")
    _lines, first_seconds = _pass(runner, images[:1], at_once=False)
    versions = package_versions(packages)
    _answer(answers, ready_line(PeerReady(load_seconds, first_seconds, resident_mib(), versions)))
    at_once = _is_at_once(job, runner)
    for number, _line in enumerate(sys.stdin):
        before = time.process_time()
        lines, seconds = _pass(runner, images, at_once=at_once)
        cpu_seconds = time.process_time() - before
        first = tuple(lines) if number == 0 else ()
        _answer(answers, round_line(PeerRound(seconds, cpu_seconds, resident_mib(), first)))


def _own_stdout() -> TextIO:
    """Return stdout for the answers alone; whatever else is printed goes to stderr from now on."""
    sys.stdout.flush()
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return answers


def _answer(stream: TextIO, line: str) -> None:
    stream.write(line + "\n")
    stream.flush()


def resident_mib() -> float:
    """Return the resident memory of this process in MiB, 0 where the system doesn't tell."""
    try:
        status = Path("/proc/self/status").read_text(encoding="utf-8")
    except OSError:
        return 0.0
    return int(status.split("VmRSS:", 1)[1].split()[0]) / 1024
