"""What stands between a socket and the SDK when ``hubocr mcp`` is served over HTTP."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from hubocr.mcp import http
from hubocr.server.held_bytes import HeldBytes
from hubocr.server.keys import KeyRing


class App:
    """Answers the length of the body."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        message = await receive()
        assert not message["more_body"]
        self.bodies.append(message["body"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})


def asked(
    guard: http.Guard, *pieces: bytes, key: str = "key", ends: bool = True, method: str = "POST"
) -> tuple[int, dict[str, str]]:
    """Return the status and the headers of an answer to a body that comes in pieces."""
    left, sent = list(pieces), list[Any]()
    headers = [(b"x-api-key", key.encode())]
    client = ("127.0.0.1", 1)
    scope = {"type": "http", "method": method, "path": "/mcp", "headers": headers, "client": client}

    async def receive() -> Any:
        if not left:
            await asyncio.sleep(3600)
        body = left.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(left) or not ends}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(guard(scope, receive, send))
    found = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], found


@pytest.fixture
def app() -> App:
    return App()


@pytest.fixture
def held() -> HeldBytes:
    return HeldBytes(200_000_000, 30_000_000)


@pytest.fixture
def guard(app: App, held: HeldBytes) -> http.Guard:
    return http.Guard(app, KeyRing(("key",)), held)


def test_a_body_that_comes_in_pieces_is_passed_on_whole(app: App, guard: http.Guard) -> None:
    assert asked(guard, b'{"a"', b": [1", b"]}")[0] == 200
    assert app.bodies == [b'{"a": [1]}']


def test_a_request_without_the_key_is_not_read(app: App, guard: http.Guard) -> None:
    status, headers = asked(guard, b"{}", key="other")
    assert status == 401
    assert headers["www-authenticate"] == "Bearer"
    assert app.bodies == []


@pytest.mark.parametrize(
    ("pieces", "status"),
    [
        ([b"[],[]," * 100_000], 400),
        ([b"[" * 1000 + b"]" * 1000], 400),
        ([b"{"], 400),
        ([b"a" * 10_000_000] * 4, 413),
    ],
)
def test_what_is_costly_does_not_reach_the_sdk(
    app: App, guard: http.Guard, pieces: list[bytes], status: int
) -> None:
    assert asked(guard, *pieces)[0] == status
    assert app.bodies == []
    assert asked(guard, b"{}")[0] == 200


def test_a_body_that_does_not_come_is_given_up(
    app: App, held: HeldBytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "_BODY_S", 0.1)
    guard = http.Guard(app, KeyRing(("key",)), held)
    assert asked(guard, b"{", ends=False)[0] == 408
    assert held.total == 0


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
def test_no_stream_is_opened_that_nothing_is_sent_on(
    app: App, guard: http.Guard, method: str
) -> None:
    """Each would take a connection for as long as its client likes."""
    status, headers = asked(guard, b"", method=method)
    assert (status, headers["allow"]) == (405, "POST")
    assert app.bodies == []


def test_all_bodies_together_have_a_limit(guard: http.Guard, held: HeldBytes) -> None:
    for client in ("127.0.0.8", "127.0.0.9"):
        assert held.grow(client, 0, 74_000_000)
    status, headers = asked(guard, json.dumps(["a" * 5_000_000]).encode())
    assert status == 429
    assert headers["retry-after"] == "2"
    assert asked(guard, b"{}")[0] == 200
