"""Where a running server is noted, so that ``hubocr serving stop`` finds it."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hubocr.paths import cache_folder

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class RunningServer:
    """A server that was noted.

    Attributes:
        pid: Its process id.
        started: When the process began, in clock ticks; a process id that is used again belongs
            to another start.
        host: The address that it listens on.
    """

    pid: int
    started: str | None
    host: str

    @property
    def is_running(self) -> bool:
        """Whether it still runs."""
        return self.started is not None and _start_time(self.pid) == self.started

    def stop(self, timeout_s: float) -> bool:
        """Send SIGTERM and wait; return whether it has ended."""
        os.kill(self.pid, signal.SIGTERM)
        end = time.monotonic() + timeout_s
        while self.is_running:
            if time.monotonic() > end:
                return False
            time.sleep(0.05)
        return True


class PidFile:
    """Notes this process as the server of a port, for as long as the block lasts.

    Serving doesn't depend on it: where the folder can't be written, that is a warning.
    """

    def __init__(self) -> None:
        self._path: Path | None = None

    def __enter__(self) -> PidFile:
        """See the class."""
        return self

    def __exit__(self, *error: object) -> None:
        """Remove the note, if it is this process's own."""
        if self._path is None:
            return
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            if _read(self._path).pid == os.getpid():
                self._path.unlink()

    def write(self, host: str, port: int) -> None:
        """Note that this process has the port; called once it is bound."""
        path = _path(host, port)
        note = {"pid": os.getpid(), "started": _start_time(os.getpid()), "host": host}
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(note), encoding="utf-8")
        except OSError as error:
            reason = error.strerror or str(error)
            logger.warning("hubocr serving stop won't find this server: %s: %s", path, reason)
        else:
            self._path = path


def running_servers(port: int) -> Iterator[RunningServer]:
    """Give the servers that run on a port, of whatever address."""
    for path in sorted(_folder().glob(f"{port}*.json")):
        if path.stem != str(port) and not path.stem.startswith(f"{port}-"):
            continue
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            server = _read(path)
            if server.is_running:
                yield server
            else:
                path.unlink()


def _folder() -> Path:
    return cache_folder() / "serving"


def _path(host: str, port: int) -> Path:
    return _folder() / f"{port}-{host.replace(':', '_')}.json"


def _read(path: Path) -> RunningServer:
    entry = json.loads(path.read_text(encoding="utf-8"))
    return RunningServer(int(entry["pid"]), entry["started"], str(entry["host"]))


def _start_time(pid: int) -> str | None:
    """Return when a process began, in clock ticks, or None once it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return None if fields[0] == "Z" else fields[19]
    except (OSError, IndexError):
        return None
