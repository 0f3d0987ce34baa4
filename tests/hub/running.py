"""The real PaddleHub in processes of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.server.running import ROOT, free_port

HUB = Path(sys.executable).with_name("hub")
START_TIMEOUT_S = 180


@dataclass(frozen=True)
class HubHome:
    """A private folder of PaddleHub, and how to run commands on it.

    Attributes:
        folder: What ``HUB_HOME`` is set to.
        elsewhere: A working folder that has nothing to do with the repository.
    """

    folder: Path
    elsewhere: Path

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "HUB_HOME": str(self.folder)}

    def module(self, name: str) -> Path:
        """The installed copy of a module."""
        return self.folder / "modules" / name

    def run(self, *arguments: str) -> str:
        """Run ``hub`` and return what it prints."""
        result = subprocess.run(
            [str(HUB), *arguments],
            cwd=self.elsewhere,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=START_TIMEOUT_S,
            check=True,
        )
        return result.stdout + result.stderr

    def install(self, *names: str) -> None:
        """Install modules of the repository, and nothing that PaddleHub would call home about."""
        self.run("config", "server==http://127.0.0.1:9")
        self.run("install", *(str(ROOT / "deploy" / "hubserving" / name) for name in names))
        for name in names:
            assert (self.module(name) / "module.py").is_file()

    @contextmanager
    def serving(self, config: Mapping[str, Any]) -> Iterator[str]:
        """Run ``hub serving start -c`` on a free port and give its address."""
        port = free_port()
        path = self.elsewhere / f"config_{port}.json"
        path.write_text(json.dumps({**config, "port": port}), encoding="utf-8")
        log_path = self.elsewhere / f"log_{port}.txt"
        with log_path.open("wb") as log:
            process = subprocess.Popen(
                [str(HUB), "serving", "start", "-c", str(path)],
                cwd=self.elsewhere,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        url = f"http://127.0.0.1:{port}"
        try:
            end = time.monotonic() + START_TIMEOUT_S
            while not _answers(url):
                if process.poll() is not None or time.monotonic() > end:
                    raise RuntimeError(f"PaddleHub did not start:\n{log_path.read_text()}")
                time.sleep(0.1)
            yield url
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).status_code == 200
    except requests.RequestException:
        return False
