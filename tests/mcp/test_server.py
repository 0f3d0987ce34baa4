"""The SDK's own client against ``hubocr mcp``, over standard input and output and HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.server.conftest import FIXTURES
from tests.server.running import ROOT, free_port

mcp = pytest.importorskip("mcp", reason="hubocr[mcp] is not installed")

PAGE = FIXTURES / "pages" / "receipt.png"


def command(*flags: str) -> list[str]:
    return ["-m", "hubocr", "mcp", "--root", str(FIXTURES), "--threads", "1", *flags]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    port = free_port()
    environment = {**os.environ, "HUBOCR_API_KEYS": "key", "PYTHONPATH": str(ROOT)}
    flags = command("--http", "--port", str(port))
    process = subprocess.Popen([sys.executable, *flags], cwd=ROOT, env=environment)
    address = f"http://127.0.0.1:{port}/mcp"
    try:
        end = time.monotonic() + 60
        while time.monotonic() < end and process.poll() is None:
            try:
                requests.get(address, timeout=5)
                break
            except requests.ConnectionError:
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(30)


def stdio() -> Any:
    from mcp.client.stdio import StdioServerParameters

    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return StdioServerParameters(
        command=sys.executable, args=command(), env=environment, cwd=str(ROOT)
    )


async def conversation(target: Any) -> None:
    async with mcp.Client(target) as client:
        (tool,) = (await client.list_tools()).tools
        assert tool.name == "read_text"
        schema = tool.input_schema
        assert schema["required"] == ["file"]
        assert set(schema["properties"]) == {"file", "pages", "scene", "format"}
        assert "captcha" in schema["properties"]["scene"]["enum"]
        told: list[float] = []

        async def on_progress(progress: float, total: float | None, message: str | None) -> None:
            told.append(progress)

        read = await client.call_tool(
            "read_text",
            {"file": str(PAGE), "format": "text", "scene": "document"},
            progress_callback=on_progress,
        )
        assert not read.is_error, read
        assert len(read.content[0].text.splitlines()) > 3
        refused = await client.call_tool("read_text", {"file": "/etc/passwd"})
        assert refused.is_error
        assert "--root" in refused.content[0].text
        wrong = await client.call_tool("read_text", {"file": str(PAGE), "scene": "other"})
        assert wrong.is_error
        assert told == [1]


async def conversation_over_http(address: str) -> None:
    import httpx2
    from mcp.client.streamable_http import streamable_http_client

    headers = {"Authorization": "Bearer key"}
    async with httpx2.AsyncClient(headers=headers, timeout=120) as client:
        await conversation(streamable_http_client(address, http_client=client))


def test_over_standard_input_and_output() -> None:
    asyncio.run(conversation(stdio()))


def test_over_http(url: str) -> None:
    asyncio.run(conversation_over_http(url))


def test_http_needs_a_key(url: str) -> None:
    refused = requests.post(url, json={}, timeout=10)
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"] == "Bearer"
    given = requests.post(url, json={}, headers={"X-API-Key": "key"}, timeout=10)
    assert given.status_code != 401


def test_http_has_the_limits_of_the_server(url: str) -> None:
    key = {"X-API-Key": "key", "Content-Type": "application/json"}
    long = requests.get(f"{url}?{'a' * 100_000}", headers=key, timeout=10)
    assert long.status_code == 414
    lists = requests.post(url, data=b"[" + b"[],[]," * 1_000_000 + b"1]", headers=key, timeout=10)
    assert lists.status_code == 400
    assert "too many values" in lists.json()["error"]
    smuggled = b"GET /other HTTP/1.1\r\nHost: a\r\n\r\n"
    head = (
        b"POST /mcp HTTP/1.1\r\nHost: a\r\nX-API-Key: key\r\n"
        b"Connection: Upgrade\r\nUpgrade: h2c\r\n"
        b"Content-Length: %d\r\n\r\n" % len(smuggled)
    )
    port = int(url.split(":")[2].split("/")[0])
    with socket.create_connection(("127.0.0.1", port), 10) as client:
        client.sendall(head + smuggled)
        client.settimeout(1)
        answer = b""
        with contextlib.suppress(TimeoutError):
            while data := client.recv(65_536):
                answer += data
    assert answer.count(b"HTTP/1.1 ") == 1
