"""Seconds from the start of a process to its first result, and its memory then."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tqdm import tqdm

from benchmarks.peers.protocol import ModelFolders, Parameter, PeerError, Task
from benchmarks.peers.session import limited_cores, peer_session
from benchmarks.speed_systems import BF16, FP32, OWN, Contender, Models

_SCRIPT = """
import sys
from pathlib import Path
from hubocr.imaging import read_image
from hubocr.recognition import TextRecognizer
from hubocr.settings import EngineSettings
from functools import partial

recognizer = TextRecognizer.load(
    "PP-OCRv4_mobile_rec", EngineSettings(cpu_threads=int(sys.argv[2]))
)
print(recognizer.recognize([read_image(sys.argv[1])])[0].text, flush=True)
print(Path("/proc/self/status").read_text().split("VmRSS:")[1].split()[0], flush=True)
"""
_TIMEOUT_S = 300


@dataclass(frozen=True)
class Start:
    """One system's starts.

    Attributes:
        name: The system.
        precision: What it calculates in.
        task: ``rec``: a captcha with the recogniser alone; ``system``: a receipt.
        seconds: Median of the wall times from the start of the process to its first result.
        spread: The shortest and the longest.
        resident_mib: Median of the resident memory after that result.
    """

    name: str
    precision: str
    task: str
    seconds: float
    spread: tuple[float, float]
    resident_mib: float


def measure_starts(
    images: Mapping[Task, Path],
    models: Models,
    threads: int,
    repeats: int,
    *,
    has_bf16: bool,
    wanted: Callable[[str], bool],
    available: Collection[str],
) -> list[Start]:
    """Start every system several times, in turn, after one start that warms the caches.

    Args:
        images: The first image of each task.
        models: Our models.
        threads: Processor threads.
        repeats: How many starts count.
        has_bf16: Whether the processor calculates in bf16.
        wanted: Whether a system with that name takes part.
        available: Peers whose environments are there, and ``hubocr``.
    """
    starters: dict[tuple[str, str, Task], Callable[[], tuple[float, float]]] = {}
    for task, image in images.items():
        if task == "rec" and wanted(OWN):
            name = f"{OWN}, plain script"
            starters[name, FP32, task] = partial(_start_script, image, threads)
        for one in _contenders(task, models):
            if not wanted(one.name) or one.peer not in available:
                continue
            if has_bf16 or one.precision != BF16:
                starters[one.name, one.precision, task] = partial(_start, one, task, image, threads)
    found: dict[tuple[str, str, Task], list[tuple[float, float]]] = defaultdict(list)
    failed: set[Any] = set()
    with tqdm(total=len(starters) * (repeats + 1), desc="startup", unit="start") as bar:
        for number in range(repeats + 1):
            for key, start in starters.items():
                bar.set_postfix_str(key[0][:40])
                try:
                    figures = start() if key not in failed else None
                except PeerError as error:
                    failed.add(key)
                    tqdm.write(f"{key[0]} drops out: {error}")
                else:
                    if figures is not None and number:
                        found[key].append(figures)
                bar.update()
    return [_summary(key, figures) for key, figures in found.items() if key not in failed]


def _contenders(task: Task, models: Models) -> Sequence[Contender]:
    openvino: dict[str, Parameter] = {"engine": "openvino"}
    onnxruntime: dict[str, Parameter] = {"engine": "onnxruntime"}
    none = ModelFolders()
    found = [
        Contender(OWN, "", OWN),
        Contender("RapidOCR 1.4.4 ONNX Runtime", "", "rapidocr144"),
        Contender("RapidOCR 3.10 v4 OpenVINO", "", "rapidocr310", BF16, openvino, models.onnx),
        Contender(
            "RapidOCR 3.10 v4 ONNX Runtime", "", "rapidocr310", FP32, onnxruntime, models.onnx
        ),
        Contender(
            "RapidOCR 3.10 v6 small ONNX Runtime", "", "rapidocr310", FP32, onnxruntime, none
        ),
        Contender("PaddleOCR 2.10 oneDNN", "", "paddleocr210", FP32, {}, models.paddle),
        Contender("PaddleOCR 3.7 oneDNN", "", "paddleocr37", FP32, {}, models.paddle),
    ]
    if task == "rec":
        found.append(Contender("ddddocr 1.6", "", "ddddocr16"))
    return found


def _start(one: Contender, task: Task, image: Path, threads: int) -> tuple[float, float]:
    job = one.job(task, (str(image),), threads)
    with peer_session(one.peer, job, timeout_s=_TIMEOUT_S) as session:
        return session.start_seconds, session.ready.resident_mib


def _start_script(image: Path, threads: int) -> tuple[float, float]:
    with limited_cores(threads):
        start = time.monotonic()
        process = subprocess.Popen(
            (sys.executable, "-c", _SCRIPT, str(image), str(threads)),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    with process:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        text = process.stdout.readline()
        seconds = time.monotonic() - start
        kib = process.stdout.read()
    if process.returncode or not text:
        raise PeerError(f"the script ended with status {process.returncode}")
    return seconds, int(kib) / 1024


def _summary(key: tuple[str, str, Task], figures: Sequence[tuple[float, float]]) -> Start:
    seconds = [figure[0] for figure in figures]
    return Start(
        *key,
        seconds=statistics.median(seconds),
        spread=(min(seconds), max(seconds)),
        resident_mib=statistics.median(figure[1] for figure in figures),
    )
