"""A small ASGI application behind the edge, on a real socket."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from hubocr.server.edge.connections import ConnectionLimits, ConnectionTable
from hubocr.server.edge.middleware import EdgeMiddleware
from hubocr.server.edge.protocol import EdgeProtocol


@dataclass
class Edge:
    """A running server: its port, its table, and the paths that its application has seen."""

    port: int
    table: ConnectionTable
    seen: list[str] = field(default_factory=list)

    def connect(self, source: str = "127.0.0.1") -> socket.socket:
        client = socket.create_connection(
            ("127.0.0.1", self.port), timeout=5, source_address=(source, 0)
        )
        client.settimeout(5)
        return client

    def talk(self, data: bytes) -> bytes:
        """Send bytes and return all that comes until the server closes or is silent for 0.4 s."""
        with self.connect() as client:
            with contextlib.suppress(OSError):  # refused before everything was sent
                client.sendall(data)
            return received(client)


def received(client: socket.socket, silence: float = 0.4) -> bytes:
    client.settimeout(silence)
    answer = b""
    try:
        while chunk := client.recv(65536):
            answer += chunk
        return answer + b"<closed>"
    except TimeoutError:
        return answer
    except ConnectionResetError:
        return answer + b"<reset>"


def closed_within(client: socket.socket, seconds: float) -> bool:
    client.settimeout(seconds)
    try:
        while client.recv(65536):
            pass
        return True
    except TimeoutError:
        return False
    except ConnectionResetError:
        return True


@contextmanager
def running_edge(limits: ConnectionLimits) -> Iterator[Edge]:
    table = ConnectionTable(limits)
    edge = Edge(0, table)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            while (message := await receive())["type"] != "lifespan.shutdown":
                await send({"type": f"{message['type']}.complete"})
            await send({"type": "lifespan.shutdown.complete"})
            return
        edge.seen.append(scope["path"])
        body, size = b"", 0
        if scope["path"] != "/early":
            while True:
                message = await receive()
                body += message.get("body", b"")
                if not message.get("more_body", False):
                    break
        if scope["path"] == "/large":
            size = 30_000_000
        answer = json.dumps({"body": body.decode("latin-1")[:100], "n": len(body)}).encode()
        answer += b" " * size
        length = str(len(answer)).encode()
        await send(
            {
                "type": "http.response.start",
                "status": 413 if scope["path"] == "/early" else 200,
                "headers": [(b"content-length", length)],
            }
        )
        await send({"type": "http.response.body", "body": answer})

    def protocol(**arguments: Any) -> EdgeProtocol:
        return EdgeProtocol(table, H11Protocol(**arguments))

    config = uvicorn.Config(
        EdgeMiddleware(app, table),
        http=protocol,  # type: ignore[arg-type]  # it calls it as a class
        ws="none",
        log_config=None,
        timeout_graceful_shutdown=1,
    )
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        edge.port = listener.getsockname()[1]
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],))
        thread.start()
        try:
            end = time.monotonic() + 10
            while not server.started:
                assert time.monotonic() < end
                time.sleep(0.01)
            yield edge
        finally:
            server.should_exit = True
            thread.join(10)


@pytest.fixture(scope="package")
def edge() -> Iterator[Edge]:
    with running_edge(ConnectionLimits(header_bytes=8192)) as started:
        yield started
