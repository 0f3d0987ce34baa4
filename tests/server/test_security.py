"""API keys, CORS, and what clients never get to see."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.server.conftest import encoded
from tests.server.running import Server, running

KEYS = ("first-key", "第二把钥匙")
PREDICT = "/predict/ocr_rec"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with two keys in a file, and one origin for web pages."""
    folder = tmp_path_factory.mktemp("guarded")
    keys = folder / "keys"
    keys.write_text("# comment\n" + "\n".join(KEYS) + "\n", encoding="utf-8")
    flags = ("--api-keys", str(keys), "--cors-origins", "https://page.example")
    with running(folder, *flags) as started:
        yield started


def ask(server: Server, **headers: str) -> requests.Response:
    encoded_headers = {name: value.encode() for name, value in headers.items()}
    body = {"images": [encoded("captchas/a.png")]}
    return requests.post(server.url + PREDICT, json=body, headers=encoded_headers, timeout=30)


def test_without_a_key_nothing_is_answered(guarded: Server) -> None:
    reply = ask(guarded)
    assert reply.status_code == 401
    assert reply.headers["WWW-Authenticate"] == "Bearer"
    assert reply.json()["status"] == "101"
    for path in ("/metrics", "/v2/models", "/options", "/openapi.json", "/docs", "/"):
        assert requests.get(guarded.url + path, timeout=10).status_code == 401, path


@pytest.mark.parametrize("key", KEYS)
def test_each_key_opens_in_both_forms(guarded: Server, key: str) -> None:
    assert ask(guarded, **{"X-API-Key": key}).status_code == 200
    assert ask(guarded, Authorization=f"Bearer {key}").status_code == 200


@pytest.mark.parametrize("key", ["", "first", "first-key ", "FIRST-KEY", "first-key,第二把钥匙"])
def test_a_wrong_key_doesn_t(guarded: Server, key: str) -> None:
    reply = ask(guarded, **{"X-API-Key": key or "x", "Authorization": f"Basic {key}"})
    assert reply.status_code in (401, 200)
    assert (reply.status_code == 200) == (key.strip() in KEYS)


def test_health_needs_no_key(guarded: Server) -> None:
    for path in ("/v2/health/live", "/v2/health/ready"):
        assert requests.get(guarded.url + path, timeout=10).status_code == 200


def test_keys_come_from_the_environment_too(tmp_path: Path) -> None:
    with running(tmp_path, environment={"HUBOCR_API_KEYS": "a-key, b-key"}) as server:
        assert ask(server).status_code == 401
        assert ask(server, **{"X-API-Key": "b-key"}).status_code == 200


def test_keys_are_never_logged(guarded: Server) -> None:
    ask(guarded, **{"X-API-Key": KEYS[0]})
    assert KEYS[0] not in guarded.log


def test_cors_is_off_unless_set(server: Server, guarded: Server) -> None:
    origin = {"Origin": "https://page.example", "Access-Control-Request-Method": "POST"}
    off = requests.options(server.url + PREDICT, headers=origin, timeout=10)
    assert "access-control-allow-origin" not in off.headers
    on = requests.options(guarded.url + PREDICT, headers=origin, timeout=10)
    assert on.headers["access-control-allow-origin"] == "https://page.example"
    other = {**origin, "Origin": "https://other.example"}
    refused = requests.options(guarded.url + PREDICT, headers=other, timeout=10)
    assert "access-control-allow-origin" not in refused.headers


def test_no_file_of_the_server_is_opened(server: Server, tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(b"")
    for body in (
        {"images": [], "paths": [str(secret)]},
        {"images": [str(secret)]},
        {"images": [f"file://{secret}"]},
    ):
        reply = requests.post(server.url + PREDICT, json=body, timeout=10)
        assert reply.status_code in (400, 422)
        assert reply.json()["status"] == "101"


def test_a_url_is_refused(server: Server) -> None:
    for url in ("http://127.0.0.1:9/x.png", "https://example.org/x.png", "file:///etc/passwd"):
        reply = requests.post(f"{server.url}/ocr", json={"file": url}, timeout=10)
        assert reply.status_code == 422
        assert reply.json()["errorCode"] == 422


def test_a_strange_request_id_is_replaced(server: Server) -> None:
    url = f"{server.url}/v2/health/live"
    plain = requests.get(url, headers={"X-Request-Id": "job-17.a_b"}, timeout=10)
    assert plain.headers["X-Request-Id"] == "job-17.a_b"
    for strange in ("a b", "x" * 65, "<script>", ""):
        reply = requests.get(url, headers={"X-Request-Id": strange}, timeout=10)
        assert reply.headers["X-Request-Id"] != strange
        assert len(reply.headers["X-Request-Id"]) == 32
