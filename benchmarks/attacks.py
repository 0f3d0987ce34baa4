"""What the attacks of `benchmarks.attack_kinds` cost a server, and what its other clients notice.

For each attack a fresh server is started, with four modules and default settings. A captcha client,
a process of its own, asks without pause: alone for some seconds, then beside the attack. Health is
asked ten times a second. Memory is that of the server and its workers: at rest, at the peak, and
ten seconds after the attack's end. ``--source`` measures another checkout of hubocr with the same
attacks; two results become one table with ``--table BEFORE AFTER``.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Event
from pathlib import Path

from tqdm import tqdm

from benchmarks.attack_kinds import Attack, attacks, captcha
from benchmarks.http_load import Load, Requests, hubserving_api, run_load
from benchmarks.report import add_output_arguments, markdown_table, write_results

_MODULES = ("ocr_rec", "ocr_det", "ocr_cls", "ocr_system")
_ROOT = Path(__file__).resolve().parents[1]
_QUIET_S = 4.0
_REST_S = 5.0
"""Seconds without a request until memory is at rest: an idle worker gives it back in three."""

_AFTER_S = 10.0
_START_TIMEOUT_S = 180


@dataclass(frozen=True)
class Row:
    """What one attack did.

    Attributes:
        attack: Its name.
        seconds: How long it went on.
        rest_mb: Resident memory before it.
        peak_mb: The highest.
        after_mb: Ten seconds after its end.
        health_s: The longest answer of the health route.
        quiet_p99_ms: The captcha client's 99th percentile alone.
        beside_p99_ms: The same beside the attack; infinite where it got no answer.
        answered: Its answers beside the attack.
        failed: Its requests that failed.
    """

    attack: str
    seconds: float
    rest_mb: float
    peak_mb: float
    after_mb: float
    health_s: float
    quiet_p99_ms: float
    beside_p99_ms: float
    answered: int
    failed: int


class Watch:
    """Samples the memory of a server and the time of its health route, until it is closed.

    Health is asked by a process of its own: an attacker with many threads would hold it up in this
    one.
    """

    def __init__(self, pid: int, port: int) -> None:
        self.peak_mb = 0.0
        self.health_s = 0.0
        self._pid = pid
        context = get_context("spawn")
        self._closed = threading.Event()
        self._memory_thread = threading.Thread(target=self._watch_memory, daemon=True)
        self._receiver, sender = context.Pipe(duplex=False)
        self._ended = context.Event()
        self._prober = context.Process(
            target=_probe_health, args=(port, self._ended, sender), daemon=True
        )

    def __enter__(self) -> Watch:
        self._prober.start()
        self._receiver.recv()  # it has begun
        self._memory_thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._closed.set()
        self._ended.set()
        self._memory_thread.join(60)
        if self._receiver.poll(60):
            self.health_s = self._receiver.recv()
        self._prober.join(60)

    def _watch_memory(self) -> None:
        while not self._closed.wait(0.05):
            self.peak_mb = max(self.peak_mb, resident_mb(self._pid))


def _probe_health(port: int, ended: Event, sender: Connection) -> None:
    """Ask for the health route ten times a second, and send the longest answer's seconds."""
    url = f"http://127.0.0.1:{port}/v2/health/live"
    longest = 0.0
    sender.send(longest)
    while not ended.wait(0.1):
        start = time.monotonic()
        try:
            with urllib.request.urlopen(url, timeout=40) as reply:
                reply.read()
        except OSError:
            ended.wait(0.5)
        longest = max(longest, time.monotonic() - start)
    sender.send(longest)


def resident_mb(pid: int) -> float:
    """Return the resident memory of a process and of all its descendants, in megabytes."""
    total = 0
    for process in _family(pid):
        try:
            pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
        except (OSError, IndexError, ValueError):
            continue
        total += pages * os.sysconf("SC_PAGE_SIZE")
    return total / 1e6


def _family(pid: int) -> Iterator[int]:
    yield pid
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return
    for child in children:
        yield from _family(int(child))


@contextmanager
def serving(source: Path, workers: int) -> Iterator[tuple[int, int]]:
    """Start a server from a checkout; yields its process id and port."""
    with tempfile.TemporaryDirectory(prefix="hubocr-attacks-") as folder:
        port = free_port()
        config = {
            "modules_info": {module: {"init_args": {}} for module in _MODULES},
            "port": port,
            "server": {"workers": workers},
        }
        path = Path(folder) / "config.json"
        path.write_text(json.dumps(config), encoding="utf-8")
        with (Path(folder) / "log").open("wb") as log:
            process = subprocess.Popen(
                (sys.executable, "-m", "hubocr", "serve", "-c", str(path)),
                cwd=source,
                env={**os.environ, "PYTHONPATH": str(source)},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            _wait_until_ready(process, port)
            yield process.pid, port
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def free_port() -> int:
    """Return a port that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(process: subprocess.Popen[bytes], port: int) -> None:
    end = time.monotonic() + _START_TIMEOUT_S
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/v2/health/ready", timeout=5):
                return
        except OSError as error:
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError("the server did not start") from error
        time.sleep(0.2)


def measure(attack: Attack, source: Path, seconds: float, workers: int) -> Row:
    """Attack a server of its own and return what happened."""
    with serving(source, workers) as (pid, port), _captcha_client() as client:
        quiet = client(port, _QUIET_S)()
        time.sleep(_REST_S)
        rest = resident_mb(pid)
        with Watch(pid, port) as watch:
            beside = client(port, seconds)
            start = time.monotonic()
            time.sleep(0.5)
            attack.send(port, start + seconds)
            took = time.monotonic() - start
            load = beside()
        time.sleep(_AFTER_S)
        return Row(
            attack.name,
            took,
            rest,
            watch.peak_mb,
            resident_mb(pid),
            watch.health_s,
            1000 * quiet.percentile(0.99),
            1000 * load.percentile(0.99) if load.latencies else math.inf,
            len(load.latencies),
            load.failures,
        )


@contextmanager
def _captcha_client():  # type: ignore[no-untyped-def]
    """Yield a function that lets one captcha client ask, and returns how to wait for it."""
    with tempfile.TemporaryDirectory() as folder:
        image = Path(folder) / "captcha.png"
        image.write_bytes(captcha())
        requests = hubserving_api("ocr_rec").requests([image])
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:

            def begin(port: int, seconds: float):  # type: ignore[no-untyped-def]
                return pool.submit(_ask, port, requests, seconds).result

            yield begin


def _ask(port: int, requests: Requests, seconds: float) -> Load:
    return run_load(port, requests, 1, seconds)


def table(after: Sequence[Row], before: Mapping[str, Row]) -> str:
    """Return the rows as a markdown table, with those of another checkout where there are any."""
    header = ("attack", "", "at rest", "peak", "10 s later", "health", "alone", "beside", "lost")
    lines = []
    for row in after:
        pairs = [("before", before[row.attack])] if row.attack in before else []
        for name, found in [*pairs, ("after", row)]:
            lines.append(
                (
                    row.attack if name == "before" or not pairs else "",
                    name,
                    *(f"{mb:.0f}" for mb in (found.rest_mb, found.peak_mb, found.after_mb)),
                    f"{found.health_s:.2f}",
                    *(f"{ms:.0f}" for ms in (found.quiet_p99_ms, found.beside_p99_ms)),
                    f"{found.failed} of {found.failed + found.answered}",
                )
            )
    return markdown_table(header, lines)


def _read_rows(path: Path) -> list[Row]:
    names = {field.name for field in dataclasses.fields(Row)}
    rows = json.loads(path.read_text(encoding="utf-8"))["rows"]
    return [Row(**{name: row[name] for name in names}) for row in rows]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print a table and, if asked to, write the results."""
    kinds = attacks()
    parser = argparse.ArgumentParser(prog="python -m benchmarks.attacks", description=__doc__)
    parser.add_argument("--attacks", nargs="+", choices=list(kinds), metavar="NAME")
    parser.add_argument("--list", action="store_true", help="list the attacks' names")
    parser.add_argument("--seconds", type=float, default=10, help="of each attack (default: 10)")
    parser.add_argument("--source", type=Path, default=_ROOT, help="checkout to measure")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--table", nargs=2, type=Path, metavar=("BEFORE", "AFTER"))
    add_output_arguments(parser, "attacks.json")
    options = parser.parse_args(arguments)
    if options.list:
        print("\n".join(kinds))
        return 0
    if options.table:
        before, after = map(_read_rows, options.table)
        print(table(after, {row.attack: row for row in before}))
        return 0
    rows = []
    for name in tqdm(options.attacks or list(kinds), unit="attack"):
        rows.append(measure(kinds[name], options.source, options.seconds, options.workers))
        tqdm.write(str(rows[-1]))
    print(table(rows, {}))
    write_results(options, {"rows": [asdict(row) for row in rows], "workers": options.workers})
    return 0


if __name__ == "__main__":
    sys.exit(main())
