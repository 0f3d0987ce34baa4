"""Resident memory at rest and after mixed pages: ``hubocr serve`` beside RapidOCR.

Our server has one module, ``ocr_system``, and is asked over HTTP by as many clients as it has
threads; RapidOCR reads the same files in its own process, one by one. ``after`` is measured ten
seconds after the last page, ``kept`` while the last quarter is read (median).
"""

from __future__ import annotations

import argparse
import base64
import json
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from tqdm import tqdm

from benchmarks.memory import resident_mib
from benchmarks.report import add_output_arguments, markdown_table, write_results
from benchmarks.served import ServerSystem, running
from benchmarks.speed_systems import local_models
from hubocr.evaluation.sets import load_set

_SETS = ("pages", "screens_zh", "funsd", "icdar15", "pages_en", "scene")
_AFTER_S = 10.0
_PEER_SCRIPT = Path(__file__).resolve().parent / "peers" / "memory_of_rapidocr.py"
_SMALL = {
    "det_model_dir": "PP-OCRv6_small_det",
    "rec_model_dir": "PP-OCRv6_small_rec",
}


@dataclass(frozen=True)
class Row:
    """What a system took, in MiB.

    Attributes:
        system: The system.
        rest: Before the first page.
        after_40: After 40 pages.
        kept: While the last quarter was read, median.
        peak: The highest.
        after: Ten seconds after the last page; the same as ``kept`` where nothing changes at rest.
        lines: Lines of text that it found.
        cpu_s: Processor seconds of all pages.
    """

    system: str
    rest: float
    after_40: float
    kept: float
    peak: float
    after: float
    lines: int
    cpu_s: float


def pages(count: int) -> list[Path]:
    """Return the files of pages of all sizes, in turns of the sets."""
    sets = [[sample.path for sample in load_set(name).samples] for name in _SETS]
    longest = max(map(len, sets))
    mixed = [files[n] for n in range(longest) for files in sets if n < len(files)]
    return mixed[:count]


def own(name: str, init_args: Mapping[str, object], files: Sequence[Path], threads: int) -> Row:
    """Measure our server."""

    def configure(folder: Path, port: int) -> None:
        module = {"init_args": {**init_args, "cpu_threads": threads}}
        config = {"modules_info": {"ocr_system": module}, "port": port}
        (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")

    command = (sys.executable, "-m", "hubocr", "serve", "-c", "{scratch}/config.json")
    system = ServerSystem(name, (*command, "--limit-deadline-s", "300"), configure)
    with running(system) as server, ThreadPoolExecutor(threads) as pool:
        time.sleep(_AFTER_S)
        pid = server.process.pid
        rest, before = resident_mib(pid), _cpu_s(pid)

        def ask(file: Path) -> tuple[float, int]:
            image = base64.b64encode(file.read_bytes()).decode()
            request = urllib.request.Request(
                f"http://127.0.0.1:{server.port}/predict/ocr_system",
                json.dumps({"images": [image]}).encode(),
                {"Content-Type": "application/json"},
            )
            with urllib.request.urlopen(request, timeout=300) as reply:
                lines = len(json.load(reply)["results"][0])
            return resident_mib(pid), lines

        read = list(tqdm(pool.map(ask, files), total=len(files), desc=name, unit="page"))
        taken = _cpu_s(pid) - before
        time.sleep(_AFTER_S)
        return _row(name, rest, read, resident_mib(pid), taken)


def peer(name: str, python: Path, parameters: Mapping[str, object], files: Sequence[Path]) -> Row:
    """Measure a RapidOCR in its own environment."""
    with tempfile.TemporaryDirectory() as folder:
        job = Path(folder, "job.json")
        content = {"parameters": dict(parameters), "images": list(map(str, files))}
        job.write_text(json.dumps(content), encoding="utf-8")
        process = subprocess.Popen(
            (str(python), str(_PEER_SCRIPT), str(job)), stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        read: list[tuple[float, int]] = []
        taken = before = 0.0
        for line in tqdm(process.stdout, total=len(files) + 1, desc=name, unit="page"):
            answer = json.loads(line)
            read.append((answer["mib"], answer["lines"]))
            before, taken = before or _cpu_s(process.pid), _cpu_s(process.pid)
        if process.wait() or len(read) != len(files) + 1:
            raise RuntimeError(f"{name} ended with status {process.returncode}")
    return _row(name, read[0][0], read[1:], read[-1][0], taken - before)


def _row(
    name: str, rest: float, read: Sequence[tuple[float, int]], after: float, cpu_s: float
) -> Row:
    samples = [mib for mib, _ in read]
    kept = statistics.median(samples[-max(1, len(samples) // 4) :])
    lines = sum(count for _, count in read)
    after_40 = samples[min(40, len(samples)) - 1]
    return Row(name, rest, after_40, kept, max(samples), after, lines, cpu_s)


def _cpu_s(pid: int) -> float:
    """Return the processor seconds of a process; 0 where it has gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / 100


def _systems(options: argparse.Namespace) -> Mapping[str, Callable[[Sequence[Path]], Row]]:
    small = local_models().small
    native = {
        "Global.log_level": "warning",
        "Det.model_path": small.det,
        "Rec.model_path": small.rec,
        "Rec.rec_keys_path": small.dictionary,
        "Global.use_cls": False,
        "EngineConfig.onnxruntime.intra_op_num_threads": options.threads,
    }
    openvino = {
        "Global.log_level": "warning",
        "EngineConfig.openvino.inference_num_threads": options.threads,
        **{f"{stage}.engine_type": "openvino" for stage in ("Det", "Cls", "Rec")},
    }
    onnx = {
        "Global.log_level": "warning",
        "EngineConfig.onnxruntime.intra_op_num_threads": options.threads,
    }
    threads = options.threads
    no_classifier = {**_SMALL, "use_angle_cls": False}
    return {
        "v4": lambda files: own("hubocr serve, v4 mobile", {}, files, threads),
        "v6": lambda files: own("hubocr serve, v6 small", no_classifier, files, threads),
        "rapidocr": lambda files: peer("RapidOCR 3.10, ONNX", options.rapidocr, onnx, files),
        "rapidocr-ov": lambda files: peer(
            "RapidOCR 3.10, OpenVINO", options.rapidocr, openvino, files
        ),
        "lite": lambda files: peer("rapidocrlite 5.0", options.lite, native, files),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.memory_of_pages", description=__doc__
    )
    parser.add_argument("systems", nargs="+", metavar="SYSTEM", help="v4, v6, rapidocr, lite, ...")
    parser.add_argument("--pages", type=int, default=200, metavar="N")
    parser.add_argument("--threads", type=int, default=2, metavar="N")
    parser.add_argument("--rapidocr", type=Path, help="Python that has RapidOCR 3.10")
    parser.add_argument("--lite", type=Path, help="Python that has rapidocrlite 5.0")
    add_output_arguments(parser, "memory_of_pages.json")
    options = parser.parse_args(arguments)
    files, known = pages(options.pages), _systems(options)
    rows = []
    for name in options.systems:
        rows.append(known[name](files))
        tqdm.write(str(rows[-1]))
    header = ("system", "at rest", "40", "last quarter", "peak", "10 s later", "lines", "CPU s")
    lines = [
        (
            r.system,
            *(f"{x:.0f}" for x in (r.rest, r.after_40, r.kept, r.peak, r.after, r.lines, r.cpu_s)),
        )
        for r in rows
    ]
    print(markdown_table(header, lines))
    write_results(options, {"rows": [asdict(row) for row in rows], "pages": len(files)})
    return 0


if __name__ == "__main__":
    sys.exit(main())
