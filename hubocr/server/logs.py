"""Structured logs: one line an event, as text or JSON, with the request's id."""

from __future__ import annotations

import contextlib
import contextvars
import json
import logging
import logging.handlers
import time

from hubocr.server.settings import ServerSettings

request_id: contextvars.ContextVar[str] = contextvars.ContextVar("request_id", default="-")

_STANDARD = frozenset(vars(logging.makeLogRecord({})))


def _extra(record: logging.LogRecord) -> dict[str, object]:
    return {
        key: value
        for key, value in vars(record).items()
        if key not in _STANDARD and key not in ("message", "asctime", "color_message")
    }


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
            "request_id": request_id.get(),
            "process": record.process,
            **_extra(record),
        }
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False, default=str)


class TextFormatter(logging.Formatter):
    """One readable line; what a client sent can't break it, since it is shown escaped."""

    def format(self, record: logging.LogRecord) -> str:
        """See `logging.Formatter.format`."""
        moment = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(record.created))
        message = record.getMessage().replace("\n", "\\n").replace("\r", "\\r")
        extra = "".join(f" {key}={value!r}" for key, value in _extra(record).items())
        line = f"{moment} {record.levelname:<7} {request_id.get()} {message}{extra}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


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


def configure_logging(settings: ServerSettings) -> None:
    """Send all logs of this process to one place, in one form."""
    # A full disk must not end a request: the record is lost, the server goes on.
    logging.raiseExceptions = False
    handler: logging.Handler = (
        _LogFile(settings.log_file, encoding="utf-8", delay=True)
        if settings.log_file
        else logging.StreamHandler()
    )
    handler.setFormatter(JsonFormatter() if settings.log_format == "json" else TextFormatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # The server writes its own line for every request.
    logging.getLogger("uvicorn.access").disabled = True
