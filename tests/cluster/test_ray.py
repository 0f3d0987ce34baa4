"""hubocr on a real Ray cluster of several nodes, each of processes of their own."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.cluster.clusters import RayServer, cluster, wait_ready
from tests.server.conftest import encoded
from tests.server.running import running

pytest.importorskip("ray.serve", reason="hubocr[ray] is not installed")

MODULES: dict[str, Any] = {"ocr_rec": {}, "ocr_system": {}}
LINE, PAGE = "captchas/a.png", "pages/receipt.png"


@pytest.fixture(scope="module")
def ray(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RayServer]:
    with cluster(tmp_path_factory.mktemp("r"), workers=2) as started:
        started.deploy(MODULES, "--replicas", "2", "--entries", "1")
        wait_ready(started.url)
        yield started


class Load:
    """Requests one after another in a few threads, until it is stopped."""

    def __init__(self, server: RayServer, threads: int = 3) -> None:
        self.statuses: list[int] = []
        self.failures: list[str] = []
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
        goal, end = len(self.statuses) + more, time.monotonic() + seconds
        while len(self.statuses) < goal and time.monotonic() < end:
            time.sleep(0.05)
        assert len(self.statuses) >= goal, (self.statuses[-5:], self.failures[-5:])

    def _ask(self) -> None:
        with requests.Session() as session:
            while not self._stopped.is_set():
                try:
                    reply = session.post(self._url, json=self._body, timeout=90)
                except requests.RequestException as error:
                    self.failures.append(repr(error))
                    continue
                self.statuses.append(reply.status_code)
                if reply.status_code != 200:
                    self.failures.append(reply.text)


def test_it_answers_as_hubocr_serve_does(
    ray: RayServer, tmp_path_factory: pytest.TempPathFactory
) -> None:
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
        ("POST", "/ocr", {"logId": "a"}),
        ("GET", "/v2/health/live", None),
        ("GET", "/v2/models/ocr_rec", None),
        ("GET", "/nothing", None),
    ]
    folder = tmp_path_factory.mktemp("alone")
    with running(folder, "--threads", "1", modules=("ocr_rec", "ocr_system")) as alone:
        for method, path, body in asked:
            headers = {"X-Request-Id": "my-id"}
            replies = [
                requests.request(method, url + path, json=body, headers=headers, timeout=90)
                for url in (alone.url, ray.url)
            ]
            one, other = replies
            assert other.status_code == one.status_code, (path, other.text)
            assert other.content == one.content, path
            assert other.headers["X-Request-Id"] == "my-id"
            assert other.headers["content-type"] == one.headers["content-type"]


def test_a_body_that_is_too_large_is_refused_in_the_route_s_form(ray: RayServer) -> None:
    reply = requests.post(f"{ray.url}/predict/ocr_rec", data=bytes(21_000_000), timeout=90)
    assert reply.status_code == 413
    assert set(reply.json()) == {"status", "msg", "results"}


def test_nothing_is_lost_when_a_replica_is_killed(ray: RayServer) -> None:
    before = ray.replicas()
    assert len(before) == 2
    with Load(ray) as load:
        load.wait(20)
        os.kill(before[0], signal.SIGKILL)
        load.wait(40)
        end = time.monotonic() + 120
        while len(set(ray.replicas()) - {before[0]}) < 2 and time.monotonic() < end:
            time.sleep(0.5)
        load.wait(20)
    assert load.failures == []
    assert set(load.statuses) == {200}
    assert len(ray.replicas()) == 2


def test_a_changed_configuration_is_rolled_out_under_load(ray: RayServer) -> None:
    before = set(ray.replicas())
    with Load(ray, threads=2) as load:
        load.wait(5)
        ray.deploy(MODULES, "--replicas", "2", "--entries", "1", limit_images=2)
        load.wait(10)
    assert load.failures == []
    assert not before & set(ray.replicas())
    body = {"images": [encoded(LINE)] * 3}
    reply = requests.post(f"{ray.url}/predict/ocr_rec", json=body, timeout=90)
    assert reply.status_code == 413
