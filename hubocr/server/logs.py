"""Structured logs: one line an event, as text or JSON, with the request's id.

Lines are written by a thread of their own: a log that can't be written for a while, such as a pipe
that nobody reads, never stops a request. What doesn't fit into the queue is lost and counted.
"""

from __future__ import annotations

import atexit
import contextlib
import contextvars
import json
import logging
import logging.handlers
import os
import queue
import re
import sys
import threading
import time
from pathlib import Path

from hubocr.errors import SettingsError
from hubocr.server.settings import ServerSettings

request_id: contextvars.ContextVar[str] = contextvars.ContextVar("request_id", default="-")

_STANDARD = frozenset(vars(logging.makeLogRecord({})))
_OWN = ("message", "asctime", "color_message", "request_id")

_QUEUE_SIZE = 10_000
"""Lines that wait to be written; a server logs some hundreds a second at most."""

_STANDARD_ERROR = 2

_FLUSH_S = 2.0
"""Seconds that the end of the process waits for lines to be written."""

# Control characters, and those that change the order or the lines of the text around them: they
# could make a terminal show something else than was sent.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def escaped(text: str) -> str:
    """Return a text with its control characters written as escapes."""
    return _UNSAFE.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return {10: "\\n", 13: "\\r", 9: "\\t"}.get(
        code, f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"
    )


def _extra(record: logging.LogRecord) -> dict[str, object]:
    return {
        key: value
        for key, value in vars(record).items()
        if key not in _STANDARD and key not in _OWN
    }


def _id_of(record: logging.LogRecord) -> str:
    return str(getattr(record, "request_id", "-"))


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, request_id, and what was logged."""

    def format(self, record: logging.LogRecord) -> str:
        """See `logging.Formatter.format`."""
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        entry: dict[str, object] = {
            "time": f"{moment}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": _id_of(record),
            "process": record.process,
            **_extra(record),
        }
        if record.exc_text:
            entry["exception"] = record.exc_text
        text = json.dumps(entry, ensure_ascii=False, default=str)
        return _UNSAFE.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


class TextFormatter(logging.Formatter):
    """One readable line; what a client sent can't break it, since it is shown escaped."""

    def format(self, record: logging.LogRecord) -> str:
        """See `logging.Formatter.format`."""
        moment = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(record.created))
        extra = "".join(f" {key}={value!r}" for key, value in _extra(record).items())
        line = escaped(f"{record.levelname:<7} {_id_of(record)} {record.getMessage()}{extra}")
        if record.exc_text:
            shown = "\n".join(escaped(part) for part in record.exc_text.split("\n"))
            return f"{moment} {line}\n{shown}"
        return f"{moment} {line}"


class _ErrorStream(logging.Handler):
    """Writes to standard error without a lock or a buffer, from one thread.

    A pipe that nobody reads holds that thread up, and the end of the process would wait for it: for
    the lock of a handler, or that of a stream.
    """

    def createLock(self) -> None:
        """Have no lock."""
        self.lock = None

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record; where that fails it is lost and the server goes on."""
        if sys.stderr is None:  # the number may be another file's by now
            return
        left = memoryview(f"{self.format(record)}\n".encode(errors="backslashreplace"))
        with contextlib.suppress(OSError):
            while left:
                left = left[os.write(_STANDARD_ERROR, left) :]


class _LogFile(logging.handlers.WatchedFileHandler):
    """A log file that may be rotated from outside, and whose disk may be full."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record; where that fails it is lost and the server goes on."""
        try:
            super().emit(record)
        except OSError:
            self.handleError(record)

    def close(self) -> None:
        """Close the file; what it still held in memory may be lost."""
        with contextlib.suppress(OSError):
            super().close()


class DetachedHandler(logging.Handler):
    """Hands records to a thread that writes them.

    Args:
        target: The handler that writes.
    """

    def __init__(self, target: logging.Handler) -> None:
        super().__init__()
        self._target = target
        self._queue: queue.Queue[logging.LogRecord] = queue.Queue(_QUEUE_SIZE)
        self._lost = 0
        threading.Thread(target=self._write, daemon=True, name="hubocr-log").start()
        atexit.register(self.flush)

    def emit(self, record: logging.LogRecord) -> None:
        """Queue a record, made independent of this thread and of the frames of an exception."""
        record.request_id = request_id.get()
        record.msg, record.args = record.getMessage(), None
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        record.exc_info = None
        try:
            self._queue.put_nowait(record)
        except queue.Full:
            self._lost += 1

    def flush(self) -> None:
        """Wait for what is queued, but not for ever."""
        end = time.monotonic() + _FLUSH_S
        while self._queue.unfinished_tasks and time.monotonic() < end:
            time.sleep(0.01)

    def _write(self) -> None:
        while True:
            self._target.handle(self._queue.get())
            lost, self._lost = self._lost, 0
            if lost:
                message = f"{lost} lines of the log were lost, since it could not be written"
                self._target.handle(
                    logging.LogRecord(__name__, logging.WARNING, __file__, 0, message, None, None)
                )
            self._queue.task_done()


def configure_logging(settings: ServerSettings) -> None:
    """Send all logs of this process to one place, in one form.

    Raises:
        SettingsError: ``log_file`` can't be written.
    """
    # A full disk must not end a request: the record is lost, the server goes on.
    logging.raiseExceptions = False
    target: logging.Handler = _ErrorStream()
    if settings.log_file:
        try:
            with Path(settings.log_file).open("ab"):
                pass
        except OSError as error:
            raise SettingsError(
                f"log_file: can't write {settings.log_file}: {error.strerror}"
            ) from error
        target = _LogFile(settings.log_file, encoding="utf-8", delay=True)
    target.setFormatter(JsonFormatter() if settings.log_format == "json" else TextFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[DetachedHandler(target)], force=True)
    # The server writes its own line for every request, and answers what isn't HTTP with 400.
    logging.getLogger("uvicorn.access").disabled = True
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
