"""Calling the HTTP application without a socket: for gRPC and for Ray."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.types import ASGIApp, Message

Headers = Sequence[tuple[bytes, bytes]]


@dataclass(frozen=True)
class InnerRequest:
    """A request.

    Attributes:
        method: Its method.
        path: Its path, decoded.
        headers: Its headers, names in lower case.
        body: Its body.
        query: Its query string.
        client: Host and port of the caller, where they are known.
    """

    method: str
    path: str
    headers: Headers = ()
    body: bytes = b""
    query: bytes = b""
    client: tuple[str, int] | None = None


@dataclass(frozen=True)
class InnerReply:
    """The answer to a request.

    Attributes:
        status: Its status.
        headers: Its headers.
        body: Its body.
    """

    status: int
    headers: Headers
    body: bytes


async def call_app(app: ASGIApp, request: InnerRequest) -> InnerReply:
    """Return the application's answer. Cancelling this is the client's leaving."""
    waiting: list[Message] = [{"type": "http.request", "body": request.body, "more_body": False}]
    sent: list[Message] = []

    async def receive() -> Message:
        if waiting:
            return waiting.pop()
        await asyncio.Event().wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    length = (b"content-length", str(len(request.body)).encode())
    headers = [(name, value) for name, value in request.headers if name != length[0]]
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": "http",
        "path": request.path,
        "raw_path": request.path.encode(),
        "query_string": request.query,
        "root_path": "",
        "headers": [*headers, length],
        "client": request.client,
        "server": None,
    }
    await app(scope, receive, send)
    body = b"".join(message.get("body", b"") for message in sent)
    return InnerReply(sent[0]["status"], sent[0]["headers"], body)
