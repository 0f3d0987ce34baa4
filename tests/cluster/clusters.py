"""A Ray cluster on this machine: a head and worker nodes, each with processes of its own."""

from __future__ import annotations

import json
import os
import re
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from tests.server.running import ROOT, free_port

START_S = 240
RAY = str(Path(sys.executable).parent / "ray")
_WORKER = re.compile(rb"ray::ServeReplica:hubocr:hubocr(?!-)")


@dataclass
class Node:
    """A node: the process that was started, and those that it started."""

    address: str
    process: subprocess.Popen[bytes]
    log: Path

    def wait_until_up(self) -> None:
        end = time.monotonic() + START_S
        while "Ray runtime started" not in self.log.read_text(errors="replace"):
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"a node did not start:\n{self.log.read_text(errors='replace')}")
            time.sleep(0.2)

    def kill(self) -> None:
        """End it with all its processes; the system closes their connections."""
        for pid in [self.process.pid, *_descendants(self.process.pid)]:
            _kill(pid)
        self.process.wait(30)

    def freeze(self) -> None:
        """Stop all its processes and leave their connections open, as a machine without power."""
        for pid in [self.process.pid, *_descendants(self.process.pid)]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGSTOP)

    def stop(self) -> None:
        below = _descendants(self.process.pid)
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            _kill(self.process.pid)
            self.process.wait(15)
        for pid in below:
            if _environ(pid).find(b"HUBOCR_TEST_CLUSTER=") >= 0:  # not a new one of this number
                _kill(pid)


@dataclass
class RayServer:
    """A server on a cluster. Its port is at the head; replicas with models are on the others."""

    folder: Path
    address: str
    environment: dict[str, str]
    port: int = field(default_factory=free_port)
    nodes: list[Node] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def deploy(self, modules: dict[str, Any], *flags: str, **server: Any) -> None:
        """Run ``hubocr deploy ray`` with a configuration, and wait until it is done."""
        config = {"modules_info": modules, "server": server}
        path = self.folder / "config.json"
        path.write_text(json.dumps(config), encoding="utf-8")
        command = ["-m", "hubocr", "deploy", "ray", "-c", str(path), "--address", self.address]
        self.run_python(*command, "--port", str(self.port), "--num-cpus", "1", *flags)

    def run_python(self, *arguments: str) -> None:
        """Run Python to its end with access to the cluster."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            env={**self.environment, "RAY_ADDRESS": self.address},
            capture_output=True,
            text=True,
            timeout=START_S,
        )
        assert done.returncode == 0, done.stderr[-4000:]

    def add_node(self) -> Node:
        """Start a node of one processor."""
        flags = [f"--address={self.address}", "--num-cpus=1"]
        return self._start(f"127.0.0.{len(self.nodes) + 2}", *flags)

    def replicas(self) -> list[int]:
        """Process ids of the replicas with models."""
        mark = f"HUBOCR_TEST_CLUSTER={self.folder}".encode()
        return [
            pid
            for pid in map(int, (p.name for p in Path("/proc").glob("[0-9]*")))
            if _WORKER.match(_command(pid)) and mark in _environ(pid).split(b"\0")
        ]

    def start_head(self) -> None:
        flags = ["--head", f"--port={self.address.rpartition(':')[2]}", "--num-cpus=0"]
        flags += [f"--temp-dir={self.folder}", "--include-dashboard=false"]
        self._start("127.0.0.2", *flags)
        self.nodes[0].wait_until_up()

    def _start(self, address: str, *flags: str) -> Node:
        # Ray takes 127.0.0.1 for "any address of this machine": nodes have other ones of loopback.
        log = self.folder / f"node{len(self.nodes)}.log"
        command = [RAY, "start", f"--node-ip-address={address}", "--disable-usage-stats", "--block"]
        command += ["--object-store-memory=100000000", "--min-worker-port=0"]
        command += ["--max-worker-port=0", *flags]
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                start_new_session=True,
            )
        self.nodes.append(Node(address, process, log))
        return self.nodes[-1]


@contextmanager
def cluster(workers: int = 2) -> Iterator[RayServer]:
    """Start a head without processors for replicas, and nodes of one processor each."""
    # Not pytest's folder: the path of a Unix socket may have 107 characters.
    with tempfile.TemporaryDirectory(prefix="hubocr-ray-", ignore_cleanup_errors=True) as folder:
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "HUBOCR_HOME": str(ROOT),
            "HUBOCR_TEST_CLUSTER": folder,
            "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_raylet_start_wait_time_s": str(START_S),
            "RAY_worker_niceness": "0",  # not 15: as `hubocr serve` beside it
            # A node that doesn't answer is taken for dead within some 20 s, not 65.
            "RAY_health_check_period_ms": "1000",
            "RAY_health_check_timeout_ms": "5000",
            "RAY_health_check_failure_threshold": "3",
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN": secrets.token_hex(32),
        }
        server = RayServer(Path(folder), f"127.0.0.2:{free_port()}", environment)
        try:
            server.start_head()
            for _ in range(workers):
                server.add_node().wait_until_up()
            yield server
        finally:
            for node in reversed(server.nodes):
                node.stop()


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


def _descendants(pid: int) -> list[int]:
    try:
        tasks = list(Path(f"/proc/{pid}/task").glob("*/children"))
        below = [int(child) for task in tasks for child in task.read_text().split()]
    except OSError:
        return []
    return [*below, *(deeper for child in below for deeper in _descendants(child))]


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _environ(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return b""


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
