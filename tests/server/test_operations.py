"""Starting, stopping, draining, reloading, and workers that die."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from hubocr.models import find_model
from tests.server.conftest import encoded
from tests.server.running import Server, free_port, running
from tests.waiting import until


def read(server: Server, count: int = 1, timeout: float = 60) -> requests.Response:
    body = {"images": [encoded("lines/zh_plain.png")] * count}
    return requests.post(f"{server.url}/predict/ocr_rec", json=body, timeout=timeout)


def test_sigterm_lets_running_requests_finish(tmp_path: Path) -> None:
    with running(tmp_path, "--threads", "1") as server, ThreadPoolExecutor(8) as pool:
        # Long enough that all are in work for a while on a busy machine, too.
        replies = [pool.submit(read, server, 30) for _ in range(8)]
        until(
            lambda: "requests_in_flight 8" in requests.get(f"{server.url}/metrics", timeout=10).text
        )
        assert server.stop() == 0
        for reply in replies:
            assert reply.result().status_code == 200
            assert len(reply.result().json()["results"][0]) == 30
        with pytest.raises(requests.ConnectionError):
            read(server)


def test_sigint_ends_it_too(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        assert server.stop(signal.SIGINT) in (0, 130)


def test_the_log_says_where_it_listens_and_what_it_serves(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        until(lambda: "/predict/ocr_rec" in server.log)  # written by a thread of its own
        assert f"http://127.0.0.1:{server.port}" in server.log


def test_json_logs_carry_the_request_id(tmp_path: Path) -> None:
    with running(tmp_path, "--log-format", "json") as server:
        url = f"{server.url}/v2/health/live"
        requests.get(url, headers={"X-Request-Id": "abc-1"}, timeout=10)
        _wait_for_log(server, "abc-1")  # the line is written after the answer
        entries = [json.loads(line) for line in server.log.splitlines()]
    mine = [entry for entry in entries if entry["request_id"] == "abc-1"]
    assert mine[0]["message"] == "GET /v2/health/live 200"
    assert mine[0]["client"] == "127.0.0.1"
    assert mine[0]["ms"] >= 0


def test_a_full_disk_for_logs_stops_nothing(tmp_path: Path) -> None:
    with running(tmp_path, "--log-file", "/dev/full") as server:
        assert all(read(server).status_code == 200 for _ in range(5))


def test_a_missing_model_is_said_at_the_start(tmp_path: Path) -> None:
    modules = {"ocr_rec": {"rec_model_dir": "inference/nothing_here"}}
    with running(tmp_path, modules=modules, wait=False) as server:
        assert server.process.wait(30) != 0
        assert "inference/nothing_here" in server.log
        assert "Traceback" not in server.log


def test_an_occupied_port_is_said(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with running(tmp_path / "a") as server:
        command = [sys.executable, "-m", "hubocr", "serve", "-m", "ocr_rec"]
        result = subprocess.run(
            [*command, "--port", str(server.port)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert result.returncode != 0
        assert "in use" in result.stderr
        assert read(server).status_code == 200


def _model_copy(folder: Path) -> Path:
    copy = folder / "my_rec"
    shutil.copytree(find_model("PP-OCRv4_mobile_rec").folder, copy)
    return copy


def _wait_for_log(server: Server, text: str, count: int = 1) -> None:
    end = time.monotonic() + 30
    while server.log.count(text) < count:
        assert time.monotonic() < end, server.log
        time.sleep(0.05)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_corrupt_model_at_reload_leaves_the_old_one_serving(tmp_path: Path, workers: str) -> None:
    model = _model_copy(tmp_path)
    modules = {"ocr_rec": {"rec_model_dir": str(model)}}
    with running(tmp_path, "--workers", workers, modules=modules) as server:
        before = read(server).json()
        good = (model / "inference.pdmodel").read_bytes()
        (model / "inference.pdmodel").write_bytes(b"broken")
        server.process.send_signal(signal.SIGHUP)
        _wait_for_log(server, "reload failed, the old models stay", int(workers))
        assert read(server).json() == before
        assert server.is_up()
        (model / "inference.pdmodel").write_bytes(good)
        loaded = server.log.count("loaded ocr_rec")
        server.process.send_signal(signal.SIGHUP)
        _wait_for_log(server, "loaded ocr_rec", loaded + int(workers))
        assert read(server).json() == before


def test_a_reload_takes_up_a_changed_config(tmp_path: Path) -> None:
    environment = {"HUBOCR_API_KEYS": "key"}
    headers = {"X-API-Key": "key"}
    with running(tmp_path, environment=environment) as server:
        config = json.loads((tmp_path / "config.json").read_text())
        config["modules_info"]["ocr_cls"] = {"init_args": {}}
        (tmp_path / "config.json").write_text(json.dumps(config))
        refused = requests.post(f"{server.url}/admin/reload", timeout=60)
        assert refused.status_code == 401
        reply = requests.post(f"{server.url}/admin/reload", headers=headers, timeout=60)
        assert reply.json() == {"reloaded": ["ocr_rec", "ocr_cls"]}
        body = {"images": [encoded("lines/zh_turned.png")]}
        answer = requests.post(
            f"{server.url}/predict/ocr_cls", json=body, headers=headers, timeout=30
        )
        assert answer.json()["results"][0][0]["angle"] == "180"


def test_a_reload_over_http_reaches_every_worker(tmp_path: Path) -> None:
    with running(tmp_path, "--workers", "2", environment={"HUBOCR_API_KEYS": "key"}) as server:
        _wait_for_log(server, "loaded ocr_rec", 2)
        reply = requests.post(
            f"{server.url}/admin/reload", headers={"X-API-Key": "key"}, timeout=60
        )
        assert reply.status_code == 200
        _wait_for_log(server, "loaded ocr_rec", 5)  # the one that answered does it twice


def test_reloading_over_http_is_off_without_keys(server: Server) -> None:
    assert requests.post(f"{server.url}/admin/reload", timeout=10).status_code == 401


def test_requests_go_on_while_models_are_exchanged(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        stop, failures = threading.Event(), []

        def ask() -> None:
            while not stop.is_set():
                reply = read(server)
                if reply.status_code != 200:
                    failures.append(reply.text)

        with ThreadPoolExecutor(4) as pool:
            for _ in range(4):
                pool.submit(ask)
            for done in (2, 3, 4):
                server.process.send_signal(signal.SIGHUP)
                _wait_for_log(server, "loaded ocr_rec", done)
            stop.set()
        assert failures == []


def test_a_killed_worker_is_replaced_and_the_port_never_closes(tmp_path: Path) -> None:
    with running(tmp_path, "--workers", "2") as server:
        while len(server.workers()) < 2:
            time.sleep(0.05)
        victim = server.workers()[0]
        stop, refused, answered = threading.Event(), [], []

        def ask() -> None:
            while not stop.is_set():
                try:
                    answered.append(read(server).status_code)
                except requests.ConnectionError as error:
                    # A request that was in the killed worker is lost; the port itself must be open.
                    if "refused" in str(error):
                        refused.append(error)

        with ThreadPoolExecutor(6) as pool:
            for _ in range(6):
                pool.submit(ask)
            time.sleep(0.5)
            os.kill(victim, signal.SIGKILL)
            end = time.monotonic() + 30
            while victim in server.workers() or len(server.workers()) < 2:
                assert time.monotonic() < end, server.log
                time.sleep(0.05)
            count = len(answered)
            while len(answered) < count + 20:
                time.sleep(0.05)
            stop.set()
        assert refused == []
        assert set(answered) == {200}
        assert server.stop() == 0


def test_a_client_that_leaves_frees_its_place(tmp_path: Path) -> None:
    flags = ("--threads", "1", "--limit-images", "100", "--limit-queue", "1")
    with running(tmp_path, *flags) as server:
        with pytest.raises(requests.ReadTimeout):
            read(server, 100, timeout=0.3)
        start = time.monotonic()
        while read(server).status_code == 429:
            time.sleep(0.02)
        assert time.monotonic() - start < 1  # 100 lines would take longer


def test_serving_start_and_stop_have_paddlehub_s_flags(tmp_path: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "hubocr", "serving"]
    with (tmp_path / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "start", "-m", "ocr_rec==1.0.0", "-p", str(port)],
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    server = Server(port, process, tmp_path / "server.log")
    try:
        server.wait_until_up()
        assert read(server).status_code == 200
        stopped = subprocess.run(
            [*command, "stop", "-p", str(port)], capture_output=True, timeout=60, check=False
        )
        assert stopped.returncode == 0
        assert process.wait(10) == 0
        again = subprocess.run(
            [*command, "stop", "-p", str(port)], capture_output=True, timeout=60, check=False
        )
        assert again.returncode == 1
    finally:
        server.stop()
