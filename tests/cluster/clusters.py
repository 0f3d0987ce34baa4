"""A Ray cluster on this machine: a head and worker nodes, each with processes of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from tests.server.running import ROOT, free_port

START_S = 240


class RayServer:
    """A server on a cluster."""

    def __init__(self, folder: Path, address: str, port: int) -> None:
        self.folder = folder
        self.address = address
        self.port = port

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def deploy(self, modules: dict[str, Any], *flags: str, **server: Any) -> None:
        """Run ``hubocr deploy ray`` with a configuration, and wait until it is done."""
        config = {"modules_info": modules, "server": server}
        path = self.folder / "config.json"
        path.write_text(json.dumps(config), encoding="utf-8")
        command = [sys.executable, "-m", "hubocr", "deploy", "ray", "-c", str(path)]
        command += ["--address", self.address, "--port", str(self.port), "--num-cpus", "1", *flags]
        done = subprocess.run(
            command, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=START_S
        )
        assert done.returncode == 0, done.stderr[-4000:]

    def replicas(self) -> list[int]:
        """Process ids of the replicas with models."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                line = (folder / "cmdline").read_bytes()
                session = (folder / "environ").read_bytes()
            except OSError:
                continue
            is_worker = line.startswith(b"ray::ServeReplica:hubocr:hubocr") and b"entry" not in line
            if is_worker and str(self.folder).encode() in session:
                found.append(int(folder.name))
        return found


def environment() -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "HUBOCR_HOME": str(ROOT),
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_DISABLE_IMPORT_WARNING": "1",
    }


@contextmanager
def cluster(folder: Path, workers: int = 1) -> Iterator[RayServer]:
    """Start a head without processors for replicas, and worker nodes of one processor each."""
    ray = str(Path(sys.executable).parent / "ray")
    port, temporary = free_port(), folder / "ray"
    shared = {**environment(), "HUBOCR_TEST_CLUSTER": str(folder)}
    common = [ray, "start", "--disable-usage-stats", "--object-store-memory=100000000", "--block"]
    head = [*common, "--head", f"--port={port}", "--num-cpus=0", f"--temp-dir={temporary}"]
    head += ["--include-dashboard=false", "--node-ip-address=127.0.0.1"]
    node = [*common, f"--address=127.0.0.1:{port}", "--num-cpus=1", "--node-ip-address=127.0.0.1"]
    log = (folder / "ray.log").open("wb")
    started: list[subprocess.Popen[bytes]] = []
    try:
        for command in (head, *[node] * workers):
            started.append(
                subprocess.Popen(
                    command, env=shared, stdout=log, stderr=log, cwd=ROOT, start_new_session=True
                )
            )
            if command is head:
                time.sleep(10)
        yield RayServer(folder, f"127.0.0.1:{port}", free_port())
    finally:
        for process in reversed(started):
            process.terminate()
        for process in started:
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, 9)
        log.close()


def wait_ready(url: str) -> None:
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        try:
            if requests.get(f"{url}/v2/health/ready", timeout=5).status_code == 200:
                return
        except requests.RequestException:
            pass
        time.sleep(0.5)
    raise RuntimeError("the cluster did not start")
