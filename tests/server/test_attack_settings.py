"""Keys, configuration files and limits of the system that a server must not fall over."""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.server.conftest import encoded
from tests.server.running import Server, free_port, running, started
from tests.waiting import until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sends POSIX signals")

CAPTCHA = {"images": [encoded("captchas/a.png")]}


def ask(server: Server, key: str = "") -> requests.Response:
    url, headers = f"{server.url}/predict/ocr_rec", {"X-API-Key": key}
    return requests.post(url, json=CAPTCHA, headers=headers, timeout=30)


def reload(server: Server, **config: Any) -> str:
    """Change the configuration, reload it, and return what the log says about it."""
    path = server.log_path.with_name("config.json")
    content = {**json.loads(path.read_text(encoding="utf-8")), **config}
    path.write_text(json.dumps(content), encoding="utf-8")
    written = len(server.log)
    server.process.send_signal(signal.SIGHUP)
    until(lambda: "loaded" in server.log[written:] or "reload" in server.log[written:])
    return server.log[written:]


def test_a_key_that_is_taken_out_of_its_file_opens_nothing_after_a_reload(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    keys.write_text("old-key\n", encoding="utf-8")
    with running(tmp_path, "--api-keys", str(keys)) as server:
        assert ask(server, "old-key").status_code == 200
        keys.write_text("new-key\n", encoding="utf-8")
        reload(server)
        until(lambda: ask(server, "new-key").status_code == 200)
        assert ask(server, "old-key").status_code == 401
        keys.write_text("# none\n", encoding="utf-8")
        assert "holds no API key" in reload(server)
        assert ask(server).status_code == 401
        assert ask(server, "new-key").status_code == 200


def test_a_reload_without_modules_is_refused_and_the_old_ones_stay(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        assert "modules_info" in reload(server, modules_info={})
        assert server.is_up()
        assert ask(server).json()["results"][0][0]["text"] == "7394"


def failed_start(tmp_path: Path, config: bytes, *flags: str) -> subprocess.CompletedProcess[str]:
    """Start a server that must end by itself."""
    path = tmp_path / "config.json"
    path.write_bytes(config)
    return subprocess.run(
        [sys.executable, "-m", "hubocr", "serve", "-c", str(path), *flags],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=40,
        check=False,
    )


def config_of(port: int, **module: object) -> str:
    return json.dumps({"modules_info": {"ocr_rec": module}, "port": port, "x": "中"})


@pytest.mark.parametrize("codec", ["utf-16", "gbk"])
def test_a_config_in_another_encoding_is_refused_in_words(tmp_path: Path, codec: str) -> None:
    text = config_of(free_port()).replace("\\u4e2d", "中")
    ended = failed_start(tmp_path, text.encode(codec))
    assert ended.returncode == 1
    assert "UTF-8" in ended.stderr
    assert "codec" not in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


def test_keys_in_another_encoding_are_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("key\n", encoding="utf-16")
    config = config_of(free_port()).encode()
    ended = failed_start(tmp_path, config, "--api-keys", str(tmp_path / "keys"))
    assert ended.returncode != 0
    assert "UTF-8" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_arguments_that_are_null_are_none(tmp_path: Path) -> None:
    port = free_port()
    path = tmp_path / "config.json"
    path.write_text(config_of(port, init_args=None, predict_args=None), encoding="utf-8")
    command = [sys.executable, "-m", "hubocr", "serve", "-c", str(path)]
    with started(command, tmp_path, port) as server:
        assert ask(server).status_code == 200


def test_servers_of_one_port_on_two_addresses_are_both_stopped(tmp_path: Path) -> None:
    """Each is noted under its own address, and a free port under the real one."""
    home = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    folders = [tmp_path / name for name in ("first", "second")]
    for folder in folders:
        folder.mkdir()
    with ExitStack() as stack:
        first = stack.enter_context(running(folders[0], environment=home))
        second = folders[1] / "config.json"
        second.write_text(config_of(first.port), encoding="utf-8")
        command = [sys.executable, "-m", "hubocr", "serve", "-c", str(second)]
        other = stack.enter_context(
            started([*command, "--host", "127.0.0.2"], folders[1], first.port, home, wait=False)
        )
        until(lambda: "ready:" in other.log)
        stop = [sys.executable, "-m", "hubocr", "serving", "stop", "-p", str(first.port)]
        subprocess.run(stop, env={**os.environ, **home}, timeout=60, check=True)
        assert first.process.wait(30) == 0
        assert other.process.wait(30) == 0


def test_a_server_on_any_free_port_is_stopped_by_the_real_one(tmp_path: Path) -> None:
    home = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    path = tmp_path / "config.json"
    path.write_text(config_of(0), encoding="utf-8")
    command = [sys.executable, "-m", "hubocr", "serve", "-c", str(path), "--port", "0"]
    with started(command, tmp_path, 0, home, wait=False) as server:
        until(lambda: "ready:" in server.log)
        port = server.log.split("listens on http://127.0.0.1:")[1].split()[0]
        stop = [sys.executable, "-m", "hubocr", "serving", "stop", "-p", port]
        subprocess.run(stop, env={**os.environ, **home}, timeout=60, check=True)
        assert server.process.wait(30) == 0


def test_few_files_are_no_reason_to_lose_a_request(tmp_path: Path) -> None:
    """With room for 160 files, 300 idle connections push out each other and no request."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    path = tmp_path / "config.json"
    port = free_port()
    path.write_text(config_of(port), encoding="utf-8")
    serve = f"ulimit -n 160; exec {sys.executable} -m hubocr serve -c {path}"
    assert limits[1] >= 500
    with started(["bash", "-c", serve], tmp_path, port) as server, ExitStack() as stack:
        assert "limit_connections is" in server.log
        for _ in range(300):
            stack.enter_context(socket.create_connection(("127.0.0.1", port), 10))
        for _ in range(10):
            assert ask(server).json()["results"][0][0]["text"] == "7394"
