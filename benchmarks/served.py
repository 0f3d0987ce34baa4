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
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.http_load import Api, ddddocr_api, hubserving_api, paddlex_api
from benchmarks.parity import model_folders
from benchmarks.peers.envs import peer_python
from benchmarks.peers.paddlex_models import pipeline_config, write_models, write_yaml
from benchmarks.peers.protocol import PeerError
from hubocr.settings import ModelSettings

ROOT = Path(__file__).resolve().parents[1]
MODULES = ("ocr_rec", "ocr_system")
_START_TIMEOUT_S = 180

_CONFIG = "config.json"
_CONFIG_PATH = f"{{scratch}}/{_CONFIG}"
_PIPELINE = "OCR.yaml"
_OWN_COMMAND = (
    *(sys.executable, "-m", "hubocr", "serve", "-c", _CONFIG_PATH),
    *("--limit-deadline-s", "300"),
)


class ServerStartError(RuntimeError):
    """A server could not be started; the message has the end of its log."""


@dataclass(frozen=True)
class ServerSystem:
    """How to start a server.

    Attributes:
        name: Its name in tables.
        command: The command, with ``{scratch}`` for its private folder and ``{port}``.
        configure: Writes what the server reads into the private folder; is given the folder and
            the port.
        folder: Its working folder.
        environment: Further environment variables, with ``{scratch}`` as in the command.
        modules: Folders that ``hub install`` puts into a private home before the start.
        apis: How it is asked for each task that it does.
        ready_path: Path that is answered with success as soon as the server is ready.
    """

    name: str
    command: tuple[str, ...]
    configure: Callable[[Path, int], None]
    folder: Path = ROOT
    environment: Mapping[str, str] = field(default_factory=dict)
    modules: tuple[Path, ...] = ()
    apis: Mapping[str, Api] = field(
        default_factory=lambda: {module: hubserving_api(module) for module in MODULES}
    )
    ready_path: str = "/"


@dataclass(frozen=True)
class RunningServer:
    """A started server.

    Attributes:
        name: Its name in tables.
        port: Its port.
        process: Its process.
        apis: How it is asked for each task that it does.
    """

    name: str
    port: int
    process: subprocess.Popen[bytes]
    apis: Mapping[str, Api]


def own_server(threads: int) -> ServerSystem:
    """Our server with one worker, and a deadline that no load here reaches, as others have none."""
    init_args = {"cpu_threads": threads}
    config = {"modules_info": {m: {"init_args": init_args} for m in MODULES}}
    return ServerSystem("hubocr serve", _OWN_COMMAND, _hub_config(config))


def own_captcha_server(threads: int) -> ServerSystem:
    """Our server as docs/captchas.md sets PP-OCRv4 for captchas: natural width, and bf16."""
    settings = {"rec_image_shape": "3, 48, 64", "precision": "prefer_bf16"}
    return _own_recogniser("captcha settings", {"cpu_threads": threads, **settings})


def own_recogniser_server(model: Path, precision: str, threads: int) -> ServerSystem:
    """Our server with one recogniser from a folder."""
    settings = {"rec_model_dir": str(model), "precision": precision}
    return _own_recogniser(f"{model.name}, {precision}", {"cpu_threads": threads, **settings})


def _own_recogniser(how: str, init_args: Mapping[str, object]) -> ServerSystem:
    return ServerSystem(
        f"hubocr serve, {how}",
        _OWN_COMMAND,
        _hub_config({"modules_info": {"ocr_rec": {"init_args": init_args}}}),
        apis={"ocr_rec": hubserving_api("ocr_rec")},
    )


def ddddocr_server() -> ServerSystem:
    """Return ddddocr behind a plain HTTP server, in the environment ``ddddocr16``."""
    script = "benchmarks.peers.serve_ddddocr16"
    return ServerSystem(
        "ddddocr 1.6",
        (str(peer_python("ddddocr16")), "-m", script, "{port}"),
        lambda _scratch, _port: None,
        apis={"ocr_rec": ddddocr_api()},
    )


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
    command = (str(hub), "serving", "start", "-c", _CONFIG_PATH)
    return ServerSystem(name, command, _hub_config(config), modules=folders)


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
    command = (str(hub), "serving", "start", "-c", _CONFIG_PATH)
    return ServerSystem(
        "PaddleOCR 2.10's modules in PaddleHub",
        command,
        _hub_config(config),
        folder=source,
        environment={"OMP_NUM_THREADS": str(threads), "PYTHONPATH": str(source)},
        modules=folders,
    )


def paddlex_server(threads: int) -> ServerSystem:
    """PaddleX's basic serving with our models, in the environment ``paddleocr37``.

    It has no route for the recogniser alone. Lines are not turned, which is in its favour: it
    would load our direction classifier, but it gives it stretched lines, which that was not
    trained on, and turns one upright line in seven.
    """
    paddlex = peer_python("paddleocr37").with_name("paddlex")
    command = (str(paddlex), "--serve", "--pipeline", f"{{scratch}}/{_PIPELINE}")
    return ServerSystem(
        "PaddleX 3.7's basic serving",
        (*command, "--host", "127.0.0.1", "--port", "{port}", "--device", "cpu"),
        partial(_write_paddlex_config, threads),
        environment={
            "PADDLE_PDX_CACHE_HOME": "{scratch}/cache",
            # Or it first tries to reach the hosts of models, which are all here.
            "PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK": "True",
        },
        apis={"ocr_system": paddlex_api()},
        ready_path="/health",
    )


def _hub_config(content: Mapping[str, Any]) -> Callable[[Path, int], None]:
    """Return a function that writes a config.json of this content and the port."""

    def write(scratch: Path, port: int) -> None:
        text = json.dumps({**content, "port": port})
        (scratch / _CONFIG).write_text(text, encoding="utf-8")

    return write


def _write_paddlex_config(threads: int, scratch: Path, _port: int) -> None:
    try:
        models = write_models(model_folders(ModelSettings()), scratch / "models")
    except PeerError as error:
        raise ServerStartError(f"PaddleX can't take our models: {error}") from error
    write_yaml(pipeline_config(models, threads), scratch / _PIPELINE)


@contextmanager
def running(system: ServerSystem) -> Iterator[RunningServer]:
    """Start a server and wait until it answers; stop it at the end.

    Raises:
        ServerStartError: It didn't.
    """
    with tempfile.TemporaryDirectory(prefix="hubocr-bench-") as scratch:
        folder = Path(scratch)
        own = {key: _fill(value, folder) for key, value in system.environment.items()}
        environment = {**os.environ, "HUB_HOME": str(folder / "hub"), **own}
        if system.modules:
            _install(system, environment)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        system.configure(folder, port)
        log = folder / "server.log"
        with log.open("wb") as stream:
            process = subprocess.Popen(
                [_fill(part, folder).replace("{port}", str(port)) for part in system.command],
                cwd=system.folder,
                env=environment,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            _wait(system, process, port, log)
            yield RunningServer(system.name, port, process, system.apis)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _fill(text: str, scratch: Path) -> str:
    return text.replace("{scratch}", str(scratch))


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
    url = f"http://127.0.0.1:{port}{system.ready_path}"
    while True:
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except (urllib.error.URLError, OSError):
            if process.poll() is not None or time.monotonic() > end:
                tail = log.read_text(errors="replace")[-1500:]
                raise ServerStartError(f"{system.name} did not start:\n{tail}") from None
        time.sleep(0.1)
