"""Workers that come and go, as real processes under a supervisor of their own."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sends POSIX signals")

_WORKERS = """
import os, pathlib, signal, socket, sys, time
from hubocr.server.supervisor import START_FAILED, Link, Supervisor

FOLDER = pathlib.Path(sys.argv[1])

def note(text):
    with open(FOLDER / "notes", "a") as file:
        file.write(text + "\\n")

def work(listener, link):
    link.open()
    signal.signal(signal.SIGHUP, lambda *_: note(f"hup {os.getpid()}"))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if (FOLDER / "broken").exists():
        sys.exit(START_FAILED)
    if (FOLDER / "slow").exists():
        time.sleep(2)
    link.ready()
    note(f"ready {os.getpid()}")
    while True:
        client, _ = listener.accept()
        client.sendall(b"%d" % os.getpid())
        client.close()

if __name__ == "__main__":
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    note("main 0")
    listener = socket.socket()
    listener.bind(("127.0.0.1", int(sys.argv[2])))
    listener.listen()
    supervisor = Supervisor(work, listener, 2, drain_s=2, on_death=lambda pid: note(f"dead {pid}"))
    sys.exit(supervisor.run())
"""


class Workers:
    """A supervisor in a process of its own."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.port = folder, port
        script = folder / "workers.py"
        script.write_text(textwrap.dedent(_WORKERS))
        self.process = subprocess.Popen([sys.executable, str(script), str(folder), str(port)])

    def notes(self, kind: str) -> list[int]:
        with contextlib.suppress(FileNotFoundError):
            lines = (self.folder / "notes").read_text().splitlines()
            return [int(line.split()[1]) for line in lines if line.startswith(kind)]
        return []

    def ask(self) -> int:
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as client:
            return int(client.recv(100))


def _wait(condition: Callable[[], object], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


@contextmanager
def _workers(folder: Path) -> Iterator[Workers]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    workers = Workers(folder, port)
    try:
        yield workers
    finally:
        workers.process.kill()
        workers.process.wait()


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_dead_worker_is_told_and_replaced(tmp_path: Path) -> None:
    with _workers(tmp_path) as workers:
        _wait(lambda: len(workers.notes("ready")) == 2)
        victim = workers.notes("ready")[0]
        os.kill(victim, signal.SIGKILL)
        _wait(lambda: len(workers.notes("ready")) == 3)
        assert workers.notes("dead") == [victim]
        assert workers.ask() in workers.notes("ready")[1:]
        workers.process.terminate()
        assert workers.process.wait(10) == 0


def test_workers_end_with_a_main_process_that_is_killed(tmp_path: Path) -> None:
    with _workers(tmp_path) as workers:
        _wait(lambda: len(workers.notes("ready")) == 2)
        workers.process.kill()
        _wait(lambda: not any(_runs(pid) for pid in workers.notes("ready")), 10)


def test_a_reload_reaches_ready_workers_now_and_starting_ones_when_they_are_ready(
    tmp_path: Path,
) -> None:
    (tmp_path / "slow").touch()
    with _workers(tmp_path) as workers:
        _wait(lambda: workers.notes("main"))
        while len(workers.notes("ready")) < 2:
            workers.process.send_signal(signal.SIGHUP)
            time.sleep(0.1)
        _wait(lambda: set(workers.notes("hup")) == set(workers.notes("ready")))
        assert workers.process.poll() is None


def test_a_replacement_that_cannot_start_leaves_the_others_serving(tmp_path: Path) -> None:
    with _workers(tmp_path) as workers:
        _wait(lambda: len(workers.notes("ready")) == 2)
        (tmp_path / "broken").touch()
        os.kill(workers.notes("ready")[0], signal.SIGKILL)
        time.sleep(2)
        assert workers.ask() == workers.notes("ready")[1]
        (tmp_path / "broken").unlink()
        _wait(lambda: len(workers.notes("ready")) == 3)


def test_no_worker_that_can_start_ends_the_server(tmp_path: Path) -> None:
    (tmp_path / "broken").touch()
    with _workers(tmp_path) as workers:
        assert workers.process.wait(20) == 3


def test_the_port_closes_with_the_workers(tmp_path: Path) -> None:
    with _workers(tmp_path) as workers:
        _wait(lambda: len(workers.notes("ready")) == 2)
        workers.process.terminate()
        assert workers.process.wait(10) == 0
        with pytest.raises(ConnectionRefusedError):
            workers.ask()
