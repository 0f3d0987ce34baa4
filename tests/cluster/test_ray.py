"""hubocr on a real Ray cluster of several nodes, each of processes of their own."""

from __future__ import annotations

import base64
import io
import json
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from PIL import Image

from tests.hub.wire_contract import MODULES, Wire, WireContract
from tests.server.conftest import FIXTURES, encoded
from tests.server.running import free_port, running

pytest.importorskip("ray.serve", reason="hubocr[ray] is not installed")

from tests.cluster.clusters import RayServer, cluster, wait_ready

SERVED: dict[str, Any] = {name: {} for name in MODULES}
TWO = ("--replicas", "2")
LINE, PAGE = "captchas/a.png", "pages/receipt.png"


@pytest.fixture(scope="module")
def ray() -> Iterator[RayServer]:
    with cluster(workers=2) as started:
        started.deploy(SERVED, *TWO, legacy_http_200=True)
        wait_ready(started.url)
        yield started


@pytest.fixture(scope="module")
def wire(ray: RayServer) -> Wire:
    return Wire(ray.url)


class Load:
    """Requests one after another in a few threads, until it is stopped."""

    def __init__(self, server: RayServer, threads: int = 3) -> None:
        self.statuses: list[int] = []
        self.failures: list[str] = []
        self.slowest = 0.0
        self._url = f"{server.url}/predict/ocr_rec"
        self._body = {"images": [encoded(LINE)]}
        self._stopped = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(threads)]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def wait(self, more: int, seconds: float = 120) -> None:
        goal = len(self.statuses) + more
        _wait(lambda: len(self.statuses) >= goal, seconds)
        assert len(self.statuses) >= goal, (self.statuses[-5:], self.failures[-5:])

    def _ask(self) -> None:
        with requests.Session() as session:
            while not self._stopped.is_set():
                start = time.monotonic()
                try:
                    reply = session.post(self._url, json=self._body, timeout=90)
                except requests.RequestException as error:
                    self.failures.append(repr(error))
                    time.sleep(0.2)
                    continue
                self.slowest = max(self.slowest, time.monotonic() - start)
                self.statuses.append(reply.status_code)
                if reply.status_code != 200 or reply.json()["status"] != "000":
                    self.failures.append(reply.text)


class TestWire(WireContract):
    pass


def test_it_answers_as_hubocr_serve_does(ray: RayServer, tmp_path: Path) -> None:
    page, line = encoded(PAGE), encoded(LINE)
    tensor = {"name": "images", "datatype": "BYTES", "shape": [1], "data": [line]}
    asked: list[tuple[str, str, Any]] = [
        ("POST", "/predict/ocr_system", {"images": [page, "!"]}),
        ("POST", "/predict/ocr_rec", {"images": [line] * 3}),
        ("POST", "/predict/ocr_rec", {"images": [line], "options": {"drop_score": 7}}),
        ("POST", "/predict/ocr_rec", {"images": []}),
        ("POST", "/predict/ocr_rec", {"images": ["!"] * 33}),
        ("POST", "/predict/other", {"images": [line]}),
        ("POST", "/v2/models/ocr_rec/infer", {"inputs": [tensor]}),
        ("POST", "/ocr", {"file": page, "fileType": 1, "logId": "a", "visualize": False}),
        ("POST", "/ocr", {"file": _pdf(6), "fileType": 0, "logId": "a", "visualize": False}),
        ("POST", "/ocr", {"logId": "a"}),
        ("GET", "/v2/health/live", None),
        ("GET", "/v2/models/ocr_rec", None),
        ("GET", "/nothing", None),
    ]
    flags = ("--threads", "1", "--legacy-http-200")
    with running(tmp_path, *flags, modules=MODULES) as alone:
        for method, path, body in asked:
            headers = {"X-Request-Id": "my-id"}
            one, other = (
                requests.request(method, url + path, json=body, headers=headers, timeout=90)
                for url in (alone.url, ray.url)
            )
            assert other.status_code == one.status_code, (path, other.text)
            assert other.content == one.content, path
            assert other.headers["X-Request-Id"] == "my-id"
            assert other.headers["content-type"] == one.headers["content-type"]


def test_a_body_that_is_too_large_is_refused_in_the_route_s_form(ray: RayServer) -> None:
    reply = requests.post(f"{ray.url}/predict/ocr_rec", data=bytes(21_000_000), timeout=90)
    assert set(reply.json()) == {"status", "msg", "results"}
    assert "larger than" in reply.json()["msg"]


def test_the_port_has_the_limits_of_hubocr_serve(ray: RayServer) -> None:
    with socket.create_connection(("127.0.0.1", ray.port), timeout=30) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 40_000 + b"\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 431 ")
    with socket.create_connection(("127.0.0.1", ray.port), timeout=30) as client:
        client.sendall(
            b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"
        )
        assert client.recv(100).startswith(b"HTTP/1.1 400 ")


def test_the_pages_of_one_document_are_read_on_both_nodes(ray: RayServer) -> None:
    before = {pid: _cpu_seconds(pid) for pid in ray.replicas()}
    body = {"file": _pdf(12), "fileType": 0, "visualize": False}
    reply = requests.post(f"{ray.url}/ocr", json=body, timeout=120)
    assert len(reply.json()["result"]["ocrResults"]) == 12
    used = sorted(_cpu_seconds(pid) - seconds for pid, seconds in before.items())
    assert used[0] > 0.2 * used[1], used


def test_nothing_is_lost_when_a_replica_is_killed(ray: RayServer) -> None:
    before = ray.replicas()
    assert len(before) == 2
    with Load(ray) as load:
        load.wait(20)
        os.kill(before[0], signal.SIGKILL)
        load.wait(40)
        _wait(lambda: len(set(ray.replicas()) - {before[0]}) == 2)
        load.wait(20)
    assert load.failures == []
    assert len(ray.replicas()) == 2


def test_a_changed_configuration_is_rolled_out_under_load(ray: RayServer) -> None:
    before = set(ray.replicas())
    with Load(ray, threads=2) as load:
        load.wait(5)
        ray.deploy(SERVED, *TWO, limit_images=2)
        load.wait(10)
    assert load.failures == []
    assert not before & set(ray.replicas())
    body = {"images": [encoded(LINE)] * 3}
    reply = requests.post(f"{ray.url}/predict/ocr_rec", json=body, timeout=90)
    assert reply.status_code == 413


def test_nothing_is_lost_with_a_node(ray: RayServer) -> None:
    with Load(ray) as load:
        load.wait(20)
        ray.nodes[1].kill()
        load.wait(40)
        assert len(ray.replicas()) == 1
        ray.add_node().wait_until_up()
        _wait(lambda: len(ray.replicas()) == 2)
        load.wait(20)
    assert load.failures == []
    assert len(ray.replicas()) == 2


def test_nothing_is_lost_with_a_node_that_vanishes(ray: RayServer) -> None:
    ray.run_python("-c", _WAIT_FOR_TWO)
    with Load(ray) as load:
        load.wait(20)
        ray.nodes[-1].freeze()
        load.wait(100)
    assert load.failures == []
    assert load.slowest > 3  # there were requests on that node
    ray.nodes[-1].kill()
    ray.add_node().wait_until_up()


def test_serve_s_own_proxy_can_take_the_requests(ray: RayServer) -> None:
    port = free_port()
    args = {"config": {"modules_info": SERVED}, "replicas": 1, "num_cpus": 1, "entries": 1}
    ray.run_python("-c", _SERVE_CONFIG, str(port), json.dumps(args))
    url = f"http://127.0.0.1:{port}"
    body = {"images": [encoded(LINE)]}
    reply = requests.post(
        f"{url}/predict/ocr_rec", json=body, headers={"X-Request-Id": "my-id"}, timeout=90
    )
    assert reply.json()["status"] == "000"
    assert reply.headers["X-Request-Id"] == "my-id"
    assert requests.get(f"{url}/nothing", timeout=90).status_code == 404


_WAIT_FOR_TWO = """
import time
import ray
from ray import serve
ray.init(namespace="serve", log_to_driver=False)
while serve.status().applications["hubocr"].deployments["hubocr"].replica_states != {"RUNNING": 2}:
    time.sleep(0.5)
"""
_SERVE_CONFIG = """
import json, sys
import ray
from ray import serve
from hubocr.cluster import app
ray.init(namespace="serve", log_to_driver=False)
serve.shutdown()
serve.start(http_options={"host": "127.0.0.1", "port": int(sys.argv[1])}, proxy_location="HeadOnly")
serve.run(app(json.loads(sys.argv[2])), name="hubocr", route_prefix="/")
"""


def _pdf(pages: int) -> str:
    """The base64 of a PDF of scanned pages."""
    page = Image.open(FIXTURES / PAGE).convert("RGB")
    file = io.BytesIO()
    page.save(file, "PDF", save_all=True, append_images=[page] * (pages - 1))
    return base64.b64encode(file.getvalue()).decode()


def _wait(done: Callable[[], bool], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not done() and time.monotonic() < end:
        time.sleep(0.1)


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
