"""Settings that would leave a server open, and signals, logs and deaths that would end it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import requests

from benchmarks import attack_kinds as kinds
from tests.server.conftest import encoded
from tests.server.running import Server, figures, free_port, running, started
from tests.waiting import until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sends POSIX signals")

CAPTCHA = {"images": [encoded("captchas/a.png")]}


def ask(server: Server, **headers: str) -> requests.Response:
    return requests.post(f"{server.url}/predict/ocr_rec", json=CAPTCHA, headers=headers, timeout=30)


def refused(
    tmp_path: Path, config: dict[str, Any], *flags: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Start a server that must end by itself."""
    path = tmp_path / "config.json"
    full = {"modules_info": {"ocr_rec": {"init_args": {}}}, "port": free_port(), **config}
    path.write_text(json.dumps(full), encoding="utf-8")
    return subprocess.run(
        [sys.executable, "-m", "hubocr", "serve", "-c", str(path), *flags],
        cwd=tmp_path,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=40,
        check=False,
    )


@pytest.mark.parametrize(
    ("config", "name"),
    [
        ({"server": {"api_keys": [""]}}, "api_keys"),
        ({"server": {"api_keys": {"k": "v"}}}, "api_keys"),
        ({"server": {"api_keys": [12345]}}, "api_keys"),
        ({"server": {"api_keys": 5}}, "api_keys"),
        ({"server": {"api_keys": []}}, "api_keys"),
        ({"server": {"cors_origins": 5}}, "cors_origins"),
        ({"server": {"cors_origins": "http://page.example"}}, "cors_origins"),
        ({"server": {"api_keys": "secret-key"}}, "api_keys"),
        ({"use_multiprocess": "false"}, "use_multiprocess"),
        ({"modules_info": {}}, "modules_info"),
    ],
)
def test_values_of_a_wrong_type_are_refused_by_name(
    tmp_path: Path, config: dict[str, Any], name: str
) -> None:
    ended = refused(tmp_path, config)
    assert ended.returncode != 0
    assert name in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("value", ["", " , "])
def test_an_empty_variable_of_keys_is_refused(tmp_path: Path, value: str) -> None:
    ended = refused(tmp_path, {}, HUBOCR_API_KEYS=value)
    assert ended.returncode != 0
    assert "HUBOCR_API_KEYS" in ended.stderr


def test_a_page_may_ask_a_server_in_a_private_network(tmp_path: Path) -> None:
    settings = {"api_keys": ["secret-key"], "cors_origins": ["http://page.example"]}
    with running(tmp_path, server=settings) as server:
        assert ask(server, **{"X-API-Key": "secret-key"}).status_code == 200
        assert {ask(server, **{"X-API-Key": letter}).status_code for letter in "secr-ty"} == {401}
        preflight = {
            "Origin": "http://page.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Private-Network": "true",
        }

        def options(**more: str) -> requests.Response:
            headers = {**preflight, **more}
            return requests.options(f"{server.url}/predict/ocr_rec", headers=headers, timeout=10)

        reply = options()
        assert reply.status_code == 200
        assert reply.headers["Access-Control-Allow-Private-Network"] == "true"
        assert reply.headers["Access-Control-Allow-Origin"] == "http://page.example"
        assert options(Origin="http://other.example").status_code == 400


def test_a_file_of_keys_is_read_again_and_its_marks_and_comments_are_no_keys(
    tmp_path: Path,
) -> None:
    keys = tmp_path / "keys"
    keys.write_bytes(b"\xef\xbb\xbfold-key\n  # a comment\n\n")
    with running(tmp_path, "--api-keys", str(keys)) as server:
        assert ask(server, **{"X-API-Key": "old-key"}).status_code == 200
        assert ask(server, **{"X-API-Key": "# a comment"}).status_code == 401
        keys.write_text("new-key\n", encoding="utf-8")
        server.process.send_signal(signal.SIGHUP)
        until(lambda: ask(server, **{"X-API-Key": "new-key"}).status_code == 200)
        assert ask(server, **{"X-API-Key": "old-key"}).status_code == 401
        config = json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))
        config["modules_info"] = {}
        (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
        written = len(server.log)
        server.process.send_signal(signal.SIGHUP)
        until(lambda: "reload failed" in server.log[written:])
        assert "modules_info" in server.log[written:] or "module" in server.log[written:]
        assert ask(server, **{"X-API-Key": "new-key"}).status_code == 200
        assert server.is_up()


def test_a_signal_to_reload_during_the_start_ends_nothing(tmp_path: Path) -> None:
    with running(tmp_path, wait=False) as server:
        end = time.monotonic() + 30
        while not server.is_up():
            # Before Python has begun nobody can take it.
            if "listens on" in server.log:
                server.process.send_signal(signal.SIGHUP)
            assert server.process.poll() is None
            assert time.monotonic() < end
            time.sleep(0.1)
        assert ask(server).status_code == 200


def test_a_second_server_on_a_taken_port_leaves_the_first_one_s_file(tmp_path: Path) -> None:
    home = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    with running(tmp_path, environment=home) as server:
        second = refused(tmp_path, {"port": server.port}, **home)
        assert second.returncode != 0
        assert str(server.port) in second.stderr
        assert ask(server).status_code == 200
        command = [sys.executable, "-m", "hubocr", "serving", "stop", "-p", str(server.port)]
        subprocess.run(command, env={**os.environ, **home}, timeout=60, check=True)
        assert server.process.wait(30) == 0


def test_a_cache_that_can_not_be_written_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    home = {"XDG_CACHE_HOME": str(tmp_path / "file" / "cache"), "HOME": str(tmp_path / "file")}
    with running(tmp_path, environment=home) as server:
        assert ask(server).status_code == 200
        assert "Traceback" not in server.log


def test_a_log_file_that_can_not_be_written_is_refused(tmp_path: Path) -> None:
    ended = refused(tmp_path, {}, "--log-file", str(tmp_path / "nowhere" / "log"))
    assert ended.returncode != 0
    assert "log" in ended.stderr
    assert "nowhere" in ended.stderr
    assert "Traceback" not in ended.stderr


UNSAFE = ["%1b%5b31m", "%07", "%08", "%00", "%0b", "%e2%80%ae", "%e2%80%a8", "%c2%9b", "%0d%0aX"]


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_control_character_of_a_client_is_in_the_log(tmp_path: Path, form: str) -> None:
    with running(tmp_path, "--log-format", form) as server:
        for path in UNSAFE:
            kinds.exchange(server.port, kinds.message(f"/{path}/last", b"{}"))
            head = f"GET /{path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
            kinds.exchange(server.port, head.encode())
        until(lambda: server.log.count("/last") == len(UNSAFE), 10)
        log = server.log_path.read_bytes().decode()
        found = re.findall(
            "[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]", log
        )
        assert found == []


def test_a_log_that_nobody_reads_stops_no_request(tmp_path: Path) -> None:
    port = free_port()
    config = {"modules_info": {"ocr_rec": {"init_args": {}}}, "port": port}
    path = tmp_path / "config.json"
    path.write_text(json.dumps(config), encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "hubocr", "serve", "-c", str(path)],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
    )
    server = Server(port, process, tmp_path / "none")
    try:
        until(server.is_up)
        with requests.Session() as session:
            for _ in range(900):  # a pipe holds 64 KiB, some 400 lines
                url = f"{server.url}/nothing/{'x' * 60}"
                assert session.get(url, timeout=10).status_code == 404
        assert ask(server).status_code == 200
        process.terminate()
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()
        assert process.stderr is not None
        process.stderr.close()


def test_metrics_stay_true_when_workers_die(tmp_path: Path) -> None:
    with running(tmp_path, "--workers", "2") as server:
        for _ in range(2):
            before = server.workers()
            for pid in before:
                os.kill(pid, signal.SIGKILL)
            until(partial(_are_replaced, server, before))
            with contextlib.suppress(requests.RequestException):
                ask(server)
        until(lambda: _ready(server) == 2)
        found = figures(server)
        assert found.get(("hubocr_requests_in_flight", ""), 0) <= 1  # this one
        assert found.get(("hubocr_queue_depth", ""), 0) == 0


def _are_replaced(server: Server, old: list[int]) -> bool:
    return len(set(server.workers()) - set(old)) == 2


def _ready(server: Server) -> float:
    try:
        return figures(server)["hubocr_ready_workers", ""]
    except (requests.RequestException, KeyError):
        return 0


def test_a_busy_worker_is_not_taken_for_dead(tmp_path: Path) -> None:
    """A worker that is stopped for longer than a heartbeat goes on when it may."""
    with running(tmp_path, "--workers", "2") as server:
        workers = server.workers()
        for pid in workers:
            os.kill(pid, signal.SIGSTOP)
        time.sleep(8)  # one that was killed after five seconds of silence would be gone
        for pid in workers:
            os.kill(pid, signal.SIGCONT)
        time.sleep(2)
        assert server.workers() == workers
        assert ask(server).status_code == 200


@pytest.mark.parametrize("workers", ["1", "2"])
def test_sigterm_under_load_resets_no_connection(tmp_path: Path, workers: str) -> None:
    """Each request is answered, or its connection was refused as a whole."""
    with running(tmp_path, "--workers", workers) as server:
        wrong: list[str] = []
        ended = threading.Event()

        def client() -> None:
            while not ended.is_set():
                try:
                    opened = socket.create_connection(("127.0.0.1", server.port), 10)
                except OSError:  # closed
                    return
                with opened:
                    try:
                        body = json.dumps(CAPTCHA).encode()
                        opened.sendall(kinds.message("/predict/ocr_rec", body))
                        answer = b""
                        while data := opened.recv(65536):
                            answer += data
                    except OSError as error:
                        wrong.append(str(error))
                        return
                    if kinds.status(answer) != 200:
                        wrong.append(str(answer[:100]))

        clients = [threading.Thread(target=client) for _ in range(8)]
        for thread in clients:
            thread.start()
        time.sleep(1)
        server.process.terminate()
        assert server.process.wait(30) == 0
        ended.set()
        for thread in clients:
            thread.join(20)
        assert wrong == []


def test_probes_ask_in_every_way(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        for path in ("/v2/health/live", "/v2/health/ready", "/health"):
            for method in ("GET", "HEAD", "OPTIONS"):
                reply = requests.request(method, f"{server.url}{path}", timeout=10)
                assert reply.status_code in (200, 204), (method, path)


def test_a_config_with_a_byte_order_mark(tmp_path: Path) -> None:
    port = free_port()
    path = tmp_path / "config.json"
    config = {"modules_info": {"ocr_rec": {"init_args": {}}}, "port": port}
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(config).encode())
    command = [sys.executable, "-m", "hubocr", "serve", "-c", str(path)]
    with started(command, tmp_path, port) as server:
        assert ask(server).status_code == 200


def test_an_ipv6_address_in_the_log_is_a_url(tmp_path: Path) -> None:
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    with running(tmp_path, "--host", "::1", wait=False) as server:
        until(lambda: "listens on" in server.log or server.process.poll() is not None)
        assert f"http://[::1]:{server.port}" in server.log or "can't listen" in server.log
