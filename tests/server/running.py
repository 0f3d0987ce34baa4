"""A real `hubocr serve` in a process of its own, for the tests of the server."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from prometheus_client.parser import text_string_to_metric_families

ROOT = Path(__file__).resolve().parents[2]
START_TIMEOUT_S = 60


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Server:
    """A started server: its address, its process and where it logs."""

    port: int
    process: subprocess.Popen[bytes]
    log_path: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def workers(self) -> list[int]:
        """The process ids of the worker processes."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        found = []
        for pid in children.read_text().split():
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
            if b"spawn_main" in command:
                found.append(int(pid))
        return found

    def is_up(self) -> bool:
        try:
            reply = requests.get(f"{self.url}/v2/health/ready", timeout=5)
        except requests.RequestException:
            return False
        return reply.status_code == 200

    def wait_until_up(self) -> None:
        end = time.monotonic() + START_TIMEOUT_S
        while not self.is_up():
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"the server did not start:\n{self.log}")
            time.sleep(0.05)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and return the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            raise


def figures(server: Server) -> dict[tuple[str, str], float]:
    """The server's metrics by name and the values of their labels, in the order of the labels."""
    text = requests.get(f"{server.url}/metrics", timeout=10).text
    return {
        (sample.name, ",".join(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@contextmanager
def running(
    folder: Path,
    *flags: str,
    modules: Mapping[str, Mapping[str, Any]] | Sequence[str] = ("ocr_rec",),
    server: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
    wait: bool = True,
) -> Iterator[Server]:
    """Start a server on a free port, and stop it at the end.

    Args:
        folder: Where its config.json and log go.
        flags: Further flags of `hubocr serve`.
        modules: Names, or names with their init_args.
        server: The object ``server`` of config.json.
        environment: Further environment variables.
        wait: Whether to wait until it is ready.
    """
    port = free_port()
    init_args = modules if isinstance(modules, Mapping) else {name: {} for name in modules}
    config = {
        "modules_info": {
            n: {"init_args": dict(a), "predict_args": {}} for n, a in init_args.items()
        },
        "port": port,
        "server": dict(server or {}),
    }
    config_path = folder / "config.json"
    config_path.write_text(json.dumps(config), encoding="utf-8")
    command = [sys.executable, "-m", "hubocr", "serve", "-c", str(config_path), *flags]
    with started(command, folder, port, environment, wait) as serving:
        yield serving


@contextmanager
def started(
    command: Sequence[str],
    folder: Path,
    port: int,
    environment: Mapping[str, str] | None = None,
    wait: bool = True,
) -> Iterator[Server]:
    """Start a server with a command in a folder, where its log goes, and stop it at the end."""
    log_path = folder / "server.log"
    with log_path.open("wb") as log:
        process = subprocess.Popen(
            command,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )
    server = Server(port, process, log_path)
    try:
        if wait:
            server.wait_until_up()
        yield server
    finally:
        server.stop()
