"""The caller's end of the processes that render PDFs (`hubocr.documents.pdf.worker`)."""

from __future__ import annotations

import atexit
import json
import os
import selectors
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hubocr.documents.pdf.wire import LENGTHS, Message, pack
from hubocr.errors import DocumentError, DocumentTimeoutError

_MOST_IDLE = 2
_MOST_DOCUMENTS = 100
_LONGEST_ANSWER = 256 << 20
"""Most bytes of an answer's JSON: 200,000 characters in as many words take 40 MB."""

# The modules are searched for where the caller searches for them, and nowhere else.
_START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv.pop()); "
    "from hubocr.documents.pdf.worker import main; main()"
)


class PdfProcessEnded(Exception):
    """The process is gone in the middle of a request: a crash, or memory beyond the limit."""


class PdfProcess:
    """One process; for one caller at a time."""

    def __init__(self) -> None:
        path = [os.path.abspath(entry) for entry in sys.path]  # noqa: PTH100 - zip files, too
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-I", "-c", _START, json.dumps(path)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
            )
        except OSError as error:
            raise DocumentError(
                f"the process that renders PDFs can't be started: {error.strerror or error}"
            ) from error
        self.documents = 0

    def call(
        self, request: Message, payload: bytes, *, seconds: float
    ) -> tuple[Message, NDArray[np.uint8]]:
        """Send a request and return the answer with the bytes that belong to it.

        Raises:
            DocumentTimeoutError: The answer takes longer than ``seconds``; the process is stopped.
            PdfProcessEnded: The process is gone.
        """
        deadline = time.monotonic() + seconds
        try:
            self._write(pack(request | {"seconds": seconds}, len(payload)))
            self._write(payload)
            sizes = self._read(LENGTHS.size, deadline).tobytes()
            body_size, payload_size = LENGTHS.unpack(sizes)
            if body_size > _LONGEST_ANSWER or payload_size > request.get("max_pixels", 0) * 3:
                raise PdfProcessEnded
            answer: Any = json.loads(self._read(body_size, deadline).tobytes())
            return answer, self._read(payload_size, deadline)
        except (OSError, ValueError) as error:
            raise PdfProcessEnded from error

    def _write(self, data: bytes) -> None:
        assert self._process.stdin is not None  # noqa: S101 - a pipe was asked for
        view = memoryview(data)
        while view:
            view = view[self._process.stdin.write(view) or 0 :]

    def _read(self, size: int, deadline: float) -> NDArray[np.uint8]:
        assert self._process.stdout is not None  # noqa: S101 - a pipe was asked for
        data = np.empty(size, dtype=np.uint8)
        view = memoryview(data.data)
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while view:
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    raise DocumentTimeoutError("it takes too long")
                count = os.readv(self._process.stdout.fileno(), [view[: 1 << 20]])
                if count == 0:
                    raise PdfProcessEnded
                view = view[count:]
        return data

    @property
    def alive(self) -> bool:
        """Whether the process is still there."""
        return self._process.poll() is None

    def stop(self) -> None:
        """End the process, whatever it is doing."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()


class _Idle:
    """Processes that wait for their next document: starting one takes a few tenths of a second."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._processes: list[PdfProcess] = []

    def take(self) -> PdfProcess:
        while True:
            with self._lock:
                process = self._processes.pop() if self._processes else None
            if process is None:
                return PdfProcess()
            if process.alive:
                return process
            process.stop()

    def give(self, process: PdfProcess) -> None:
        process.documents += 1
        with self._lock:
            keep = process.documents < _MOST_DOCUMENTS and len(self._processes) < _MOST_IDLE
            if keep:
                self._processes.append(process)
        if not keep:
            process.stop()

    def stop(self) -> None:
        with self._lock:
            processes, self._processes = self._processes, []
        for process in processes:
            process.stop()

    def forget(self) -> None:
        """After a fork the processes belong to the parent."""
        self._lock = threading.Lock()
        self._processes = []


_idle = _Idle()
take_process = _idle.take
give_back_process = _idle.give
atexit.register(_idle.stop)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_idle.forget)
