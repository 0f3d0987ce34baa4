"""The main process of several workers: starts them, replaces the dead, passes signals on.

A worker tells every second through a pipe that it is alive, from a thread of its own, so that a
busy event loop is not taken for a dead one. It ends by itself when the pipe closes, which it does
whatever the main process dies of.
"""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import multiprocessing.connection
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path

from hubocr.server.listener import SETTLE_S, let_no_more_in

logger = logging.getLogger(__name__)

START_FAILED = 3
"""Exit status of a worker whose models can't be loaded, and of a server that has no worker."""

_ALIVE_EVERY_S = 1.0
_SILENT_S = 30.0
"""Silence after which a worker that uses no processor time is taken for dead."""

_STUCK_S = 300.0
"""Silence after which a worker is taken for dead whatever it does."""

_RETRY_S = 5.0
"""Pause between attempts to replace a worker whose replacement could not start."""

_READY, _ALIVE = "ready", "alive"

Target = Callable[[socket.socket, "Link"], None]
"""Serves on the socket until SIGTERM, in a process of its own; must be picklable."""


class Link:
    """A worker's end of its pipe to the main process.

    Args:
        pipe: The pipe.
    """

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._lock: threading.Lock | None = None  # made in the worker: it can't be sent there

    def open(self) -> None:
        """Tell from now on that this process is alive, and end it with the main process."""
        self._lock = threading.Lock()
        threading.Thread(target=self._tell, daemon=True, name="hubocr-alive").start()

    def ready(self) -> None:
        """Tell that this worker serves."""
        self._send(_READY)

    def _tell(self) -> None:
        while True:
            if not self._send(_ALIVE):
                os.kill(os.getpid(), signal.SIGTERM)
                return
            try:
                if self._pipe.poll(_ALIVE_EVERY_S):  # the main process never sends: it has ended
                    self._pipe.recv_bytes()
            except (OSError, EOFError):
                os.kill(os.getpid(), signal.SIGTERM)
                return

    def _send(self, text: str) -> bool:
        try:
            with self._lock or contextlib.nullcontext():
                self._pipe.send(text)
        except OSError:
            return False
        return True


@dataclass(eq=False)
class _Worker:
    process: multiprocessing.process.BaseProcess
    pipe: Connection
    is_ready: bool = False
    wants_reload: bool = False
    heard: float = field(default_factory=time.monotonic)
    used: float = 0.0

    def listen(self) -> None:
        """Take in what the worker has told."""
        try:
            while self.pipe.poll():
                self.is_ready |= self.pipe.recv() == _READY
                self.heard, self.used = time.monotonic(), _processor_seconds(self.process.pid)
        except (OSError, EOFError):
            pass  # it has ended, which its exit status tells

    def is_dead(self) -> bool:
        """Say whether a running process has stopped working; one that computes has not."""
        silence = time.monotonic() - self.heard
        if silence <= _SILENT_S:
            return False
        return silence > _STUCK_S or _processor_seconds(self.process.pid) <= self.used

    def signal(self, number: int) -> None:
        """Send a signal, where the process still runs."""
        if self.process.pid is not None and self.process.exitcode is None:
            os.kill(self.process.pid, number)


class Supervisor:
    """Keeps a number of workers running on one socket.

    Args:
        target: What a worker does.
        listener: The bound socket.
        count: Number of workers.
        drain_s: Seconds that the workers get to end after SIGTERM.
        on_death: Called with the process id of a worker that has ended.
    """

    def __init__(
        self,
        target: Target,
        listener: socket.socket,
        count: int,
        *,
        drain_s: float,
        on_death: Callable[[int], None],
    ) -> None:
        # Not forked: engines that a parent has loaded don't survive it.
        self._context = multiprocessing.get_context("spawn")
        self._target = target
        self._listener = listener
        self._count = count
        self._drain_s = drain_s
        self._on_death = on_death
        self._workers: list[_Worker] = []
        self._retry_at = 0.0
        self._stop = False
        self._reload = False

    def run(self) -> int:
        """Run until SIGTERM or SIGINT; return the exit status."""
        signal.signal(signal.SIGTERM, self._ask_to_stop)
        signal.signal(signal.SIGINT, self._ask_to_stop)
        if hasattr(signal, "SIGHUP"):
            signal.signal(signal.SIGHUP, self._ask_to_reload)
        self._workers = [self._start() for _ in range(self._count)]
        status = 0
        while not self._stop and status == 0:
            multiprocessing.connection.wait(
                [worker.process.sentinel for worker in self._workers], 0.2
            )
            if self._reload:
                self._reload = False
                for worker in self._workers:
                    worker.wants_reload = True
            status = self._look_after()
        self._end()
        return status

    def _start(self) -> _Worker:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=self._target, args=(self._listener, Link(theirs)))
        process.start()
        theirs.close()
        return _Worker(process, ours)

    def _look_after(self) -> int:
        for index, worker in enumerate(self._workers):
            worker.listen()
            if worker.process.exitcode is None and worker.is_dead():
                logger.warning("worker %s does not answer, killing it", worker.process.pid)
                worker.process.kill()
                worker.process.join()
            if worker.process.exitcode is None:
                if worker.is_ready and worker.wants_reload and hasattr(signal, "SIGHUP"):
                    worker.wants_reload = False
                    worker.signal(signal.SIGHUP)
                continue
            if worker.process.exitcode == START_FAILED and not self._may_retry():
                if not any(other.is_ready and other is not worker for other in self._workers):
                    logger.critical("no worker can start")
                    return START_FAILED
                continue
            logger.warning(
                "worker %s died (%s), starting another",
                worker.process.pid,
                worker.process.exitcode,
            )
            worker.pipe.close()
            if worker.process.pid is not None:
                self._on_death(worker.process.pid)
            self._workers[index] = self._start()
        return 0

    def _may_retry(self) -> bool:
        """Say whether a worker that could not start is tried again, now that others serve."""
        if not any(worker.is_ready and worker.process.exitcode is None for worker in self._workers):
            return False
        if time.monotonic() < self._retry_at:
            return False
        self._retry_at = time.monotonic() + _RETRY_S
        return True

    def _end(self) -> None:
        if let_no_more_in(self._listener):
            time.sleep(SETTLE_S)  # the workers take in what is connected already
        # A port that this process held open would take connections that no worker answers.
        self._listener.close()
        for worker in self._workers:
            worker.signal(signal.SIGTERM)
        end = time.monotonic() + self._drain_s + 5
        for worker in self._workers:
            worker.process.join(max(0.0, end - time.monotonic()))
            if worker.process.exitcode is None:
                logger.warning("worker %s does not end, killing it", worker.process.pid)
                worker.process.kill()
                worker.process.join()

    def _ask_to_stop(self, number: int, frame: object) -> None:
        self._stop = True

    def _ask_to_reload(self, number: int, frame: object) -> None:
        self._reload = True


def _processor_seconds(pid: int | None) -> float:
    """Return the processor time that a process has used; 0 where the system doesn't tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, IndexError, ValueError):
        return 0.0
