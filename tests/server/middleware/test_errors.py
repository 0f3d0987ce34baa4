"""Faults that nobody foresaw, in the application called through its ASGI interface."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import pytest

from hubocr.server import ModuleEntry, ServerSettings, create_app
from hubocr.server.held_bytes import HeldBytes
from hubocr.server.keys import KeyRing
from hubocr.server.middleware import entry_middlewares
from hubocr.server.state import ServerState

TOLD = "the server failed; its log says why"


def ask(path: str) -> tuple[int, dict[str, str], bytes]:
    """Send a request to a server of one module; return status, headers and body."""
    app = create_app(ServerSettings(modules=(ModuleEntry("ocr_rec"),)))
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"{}", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope: dict[str, Any] = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "headers": [(b"content-type", b"application/json"), (b"x-request-id", b"job-1")],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    asyncio.run(app(scope, receive, send))
    start, *parts = sent
    headers = {key.decode(): value.decode() for key, value in start["headers"]}
    return start["status"], headers, b"".join(part.get("body", b"") for part in parts)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/predict/ocr_rec", {"status": "101", "msg": TOLD, "results": ""}),
        ("/ocr", {"logId": "job-1", "errorCode": 500, "errorMsg": TOLD}),
    ],
)
def test_a_fault_is_told_in_the_dialect_and_logged_once(
    path: str,
    expected: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*arguments: object) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(ServerState, "module", fail)
    monkeypatch.setattr(ServerState, "first_module", fail)
    with caplog.at_level(logging.ERROR):
        status, headers, body = ask(path)
    assert (status, headers["x-request-id"]) == (500, "job-1")
    assert json.loads(body) == expected
    (record,) = [entry for entry in caplog.records if entry.exc_info]
    assert record.exc_info is not None
    assert record.exc_info[0] is ZeroDivisionError


def test_models_that_are_not_loaded_yet() -> None:
    status, _, body = ask("/predict/ocr_rec")
    assert status == 503
    assert json.loads(body)["msg"] == "the models aren't ready: loading"


def test_what_an_entry_refuses_stands_in_its_log(caplog: pytest.LogCaptureFixture) -> None:
    """What it passes on is logged by those that answer."""
    settings = ServerSettings(api_keys=("key",))
    reached: list[str] = []

    async def workers(scope: Any, receive: Any, send: Any) -> None:
        reached.append(scope["path"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    app: Any = workers
    for layer in reversed(entry_middlewares(settings, KeyRing(("key",)), HeldBytes(1000, 1000))):
        app = layer.cls(app, *layer.args, **layer.kwargs)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"{}", "more_body": False}

    statuses: list[int] = []

    async def send(message: Any) -> None:
        statuses.append(message.get("status", 0))

    scope = {"type": "http", "method": "POST", "client": ("10.1.2.3", 1), "query_string": b""}
    for path, key in (("/predict/ocr_rec", b"key"), ("/predict/\x1b[31m", b"wrong")):
        headers = [(b"x-api-key", key)]
        asyncio.run(app({**scope, "path": path, "headers": headers}, receive, send))
    assert statuses[::2] == [200, 401]
    assert reached == ["/predict/ocr_rec"]
    (line,) = caplog.messages
    assert line.startswith(r"POST /predict/\x1b[31m 401 UnauthorizedError, client 10.1.2.3, ")
