"""The servers that are compared under load, each started on a free port of 127.0.0.1."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.peers.envs import peer_python

ROOT = Path(__file__).resolve().parents[1]
MODULES = ("ocr_rec", "ocr_system")
_START_TIMEOUT_S = 180


class ServerStartError(RuntimeError):
    """A server could not be started; the message has the end of its log."""


@dataclass(frozen=True)
class ServerSystem:
    """How to start a server.

    Attributes:
        name: Its name in tables.
        command: The command, with ``{config}`` for the path of its config.json.
        config: What config.json holds besides the port.
        folder: Its working folder.
        environment: Further environment variables.
        modules: Folders that ``hub install`` puts into a private home before the start.
    """

    name: str
    command: tuple[str, ...]
    config: Mapping[str, Any]
    folder: Path = ROOT
    environment: Mapping[str, str] = field(default_factory=dict)
    modules: tuple[Path, ...] = ()


@dataclass(frozen=True)
class RunningServer:
    """A started server.

    Attributes:
        name: Its name in tables.
        port: Its port.
        process: Its process.
    """

    name: str
    port: int
    process: subprocess.Popen[bytes]


def own_server(threads: int, *flags: str, name: str = "hubocr serve") -> ServerSystem:
    """Our server with one worker."""
    command = (sys.executable, "-m", "hubocr", "serve", "-c", "{config}", *flags)
    init_args = {"cpu_threads": threads}
    config = {"modules_info": {m: {"init_args": init_args} for m in MODULES}}
    return ServerSystem(name, command, config)


def own_modules_in_paddlehub(threads: int, workers: int = 0) -> ServerSystem:
    """Our modules in the real PaddleHub, in one process or in several with one thread each."""
    hub = Path(sys.executable).with_name("hub")
    init_args = {"version": "1.0.0", "cpu_threads": 1 if workers else threads}
    config: dict[str, Any] = {
        "modules_info": {m: {"init_args": init_args, "predict_args": {}} for m in MODULES}
    }
    name = "our modules in PaddleHub"
    if workers:
        config |= {"use_multiprocess": True, "workers": workers}
        name += f", {workers} processes"
    folders = tuple(ROOT / "deploy" / "hubserving" / module for module in MODULES)
    command = (str(hub), "serving", "start", "-c", "{config}")
    return ServerSystem(name, command, config, modules=folders)


def paddleocr_modules_in_paddlehub(source: Path, threads: int) -> ServerSystem:
    """PaddleOCR's own modules in the real PaddleHub, in the environment ``paddleocr210hub``.

    Args:
        source: A checkout of PaddleOCR 2.10 whose params.py files name the v4 models.
        threads: Threads of Paddle's oneDNN; upstream has 10 as a constant, and setting the number
            of processors instead is in its favour.
    """
    hub = peer_python("paddleocr210hub").with_name("hub")
    init_args = {"version": "1.0.0", "use_gpu": False, "enable_mkldnn": True}
    config = {"modules_info": {m: {"init_args": init_args, "predict_args": {}} for m in MODULES}}
    folders = tuple(source / "deploy" / "hubserving" / module for module in MODULES)
    command = (str(hub), "serving", "start", "-c", "{config}")
    return ServerSystem(
        "PaddleOCR 2.10's modules in PaddleHub",
        command,
        config,
        folder=source,
        environment={"OMP_NUM_THREADS": str(threads), "PYTHONPATH": str(source)},
        modules=folders,
    )


@contextmanager
def running(system: ServerSystem) -> Iterator[RunningServer]:
    """Start a server and wait until it answers; stop it at the end.

    Raises:
        ServerStartError: It didn't.
    """
    with tempfile.TemporaryDirectory(prefix="hubocr-bench-") as scratch:
        folder = Path(scratch)
        environment = {**os.environ, "HUB_HOME": str(folder / "hub"), **system.environment}
        if system.modules:
            _install(system, environment)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        config = folder / "config.json"
        config.write_text(json.dumps({**system.config, "port": port}), encoding="utf-8")
        log = folder / "server.log"
        with log.open("wb") as stream:
            process = subprocess.Popen(
                [part.replace("{config}", str(config)) for part in system.command],
                cwd=system.folder,
                env=environment,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            _wait(system, process, port, log)
            yield RunningServer(system.name, port, process)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _install(system: ServerSystem, environment: Mapping[str, str]) -> None:
    hub = system.command[0]
    if not Path(hub).is_file():
        raise ServerStartError(f"{system.name}: PaddleHub is not installed beside this Python")
    for arguments in (
        ["config", "server==http://127.0.0.1:9"],
        ["install", *map(str, system.modules)],
    ):
        done = subprocess.run(
            [hub, *arguments],
            cwd=system.folder,
            env=dict(environment),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise ServerStartError(f"{system.name}: hub {arguments[0]} failed: {done.stderr}")


def _wait(system: ServerSystem, process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    end = time.monotonic() + _START_TIMEOUT_S
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5).close()
            return
        except (urllib.error.URLError, OSError):
            if process.poll() is not None or time.monotonic() > end:
                tail = log.read_text(errors="replace")[-1500:]
                raise ServerStartError(f"{system.name} did not start:\n{tail}") from None
        time.sleep(0.1)
