"""A peer that stays alive and runs the same images again and again, in a process of its own.

```python
from benchmarks.peers.protocol import PeerJob
from benchmarks.peers.session import peer_session

with peer_session("rapidocr144", PeerJob(task="rec", images=("line.png",))) as session:
    print(session.ready.load_seconds, session.round().seconds)
```
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import IO, NoReturn

from benchmarks.peers.envs import peer_python
from benchmarks.peers.protocol import (
    PeerError,
    PeerJob,
    PeerReady,
    PeerRound,
    read_ready,
    read_round,
    write_job,
)

_REPOSITORY = Path(__file__).resolve().parents[2]
_OWN = "hubocr"
"""The peer that needs no environment: it runs in ours."""

_TAIL = 1500
"""Characters of a peer's messages that an error quotes."""


class PeerSession:
    """A running peer; a context manager that starts and ends it.

    Args:
        name: Name for messages.
        command: What starts the peer; the path of its job is added.
        job: The job.
        timeout_s: Longest wait for the models, and for a round.
    """

    ready: PeerReady
    """What the peer told when it had started."""

    start_seconds: float
    """Wall time from the start of the process to its first result."""

    def __init__(
        self, name: str, command: Sequence[str], job: PeerJob, *, timeout_s: float = 600
    ) -> None:
        self.name = name
        self._command = tuple(command)
        self._job = job
        self._timeout_s = timeout_s
        self._received = b""

    def __enter__(self) -> PeerSession:
        """Start the peer and wait until it is ready.

        Raises:
            PeerError: It ended, took too long, or answered something else.
        """
        self._folder = tempfile.TemporaryDirectory(prefix="hubocr-session-")
        job_file = Path(self._folder.name, "job.json")
        write_job(self._job, job_file)
        self._messages: IO[bytes] = Path(self._folder.name, "messages").open("w+b")
        start = time.monotonic()
        self._process = self._start([*self._command, str(job_file)])
        try:
            self.ready = read_ready(self._answer("starting"))
        except BaseException:
            self.close()
            raise
        self.start_seconds = time.monotonic() - start
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the peer."""
        self.close()

    def round(self) -> PeerRound:
        """Let the peer run all images once.

        Raises:
            PeerError: It ended, took too long, or answered something else.
        """
        assert self._process.stdin is not None  # noqa: S101 - it is a pipe
        with suppress(OSError):  # It has ended; reading tells how.
            self._process.stdin.write(b"\n")
            self._process.stdin.flush()
        done = read_round(self._answer("a round"))
        if done.images and len(done.images) != len(self._job.images):
            raise PeerError(
                f"{self.name} answered {len(done.images)} of {len(self._job.images)} images"
            )
        return done

    def close(self) -> None:
        """End the peer, by force where it doesn't end by itself; may be called again."""
        process = self._process
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                with suppress(OSError):
                    stream.close()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._messages.close()
        self._folder.cleanup()

    def _start(self, command: Sequence[str]) -> subprocess.Popen[bytes]:
        threads = str(self._job.cpu_threads)
        environment = {
            **os.environ,
            "PYTHONPATH": str(_REPOSITORY),
            # Warnings in a peer's own code say nothing about the job.
            "PYTHONWARNINGS": "ignore",
            "OMP_NUM_THREADS": threads,
        }
        with limited_cores(self._job.cpu_threads):
            return subprocess.Popen(
                command,
                cwd=_REPOSITORY,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._messages,
            )

    def _answer(self, what: str) -> str:
        assert self._process.stdout is not None  # noqa: S101 - it is a pipe
        descriptor = self._process.stdout.fileno()
        end = time.monotonic() + self._timeout_s
        while b"\n" not in self._received:
            readable, _, _ = select.select([descriptor], [], [], max(0.0, end - time.monotonic()))
            if not readable:
                self._fail(f"took longer than {self._timeout_s:g} s for {what}")
            part = os.read(descriptor, 1 << 20)
            if not part:
                self._fail(f"ended with status {self._ending()} while {what} was awaited")
            self._received += part
        line, self._received = self._received.split(b"\n", 1)
        return line.decode("utf-8", errors="replace")

    def _ending(self) -> int | str:
        try:
            return self._process.wait(5)
        except subprocess.TimeoutExpired:
            return "unknown"

    def _fail(self, what: str) -> NoReturn:
        self._messages.flush()
        self._messages.seek(0)
        messages = self._messages.read().decode("utf-8", errors="replace")
        raise PeerError(f"{self.name} {what}; its last messages:\n{messages[-_TAIL:].strip()}")


@contextmanager
def limited_cores(count: int) -> Iterator[None]:
    """Let processes that are started inside use that many cores only, the first of our own."""
    before = os.sched_getaffinity(0)
    # It holds for this thread, and children inherit it.
    os.sched_setaffinity(0, sorted(before)[:count])
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def peer_session(name: str, job: PeerJob, *, timeout_s: float = 600) -> PeerSession:
    """Return a session of a peer of `benchmarks.peers.envs`, or of ``hubocr`` itself.

    Args:
        name: The peer.
        job: The job.
        timeout_s: Longest wait for the models, and for a round.

    Raises:
        PeerEnvironmentError: The peer is unknown, or its environment has not been made.
    """
    python = sys.executable if name == _OWN else str(peer_python(name))
    command = (python, "-m", f"benchmarks.peers.run_{name}", "--rounds")
    return PeerSession(name, command, job, timeout_s=timeout_s)
