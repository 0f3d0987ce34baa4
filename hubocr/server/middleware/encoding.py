"""Compressed bodies (Content-Encoding), unpacked as they arrive."""

from __future__ import annotations

import zlib
from typing import Any

import anyio.lowlevel
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hubocr.errors import RequestError
from hubocr.server.errors import EncodingError, LimitError
from hubocr.server.middleware.base import HttpMiddleware

_PIECE = 262_144
"""Bytes that are unpacked at a time: a millisecond of work."""

_GZIP = 16 + zlib.MAX_WBITS
"""zlib's argument for a gzip header."""


class ContentEncoding(HttpMiddleware):
    """Unpacks bodies in gzip or deflate (RFC 9110, section 8.4.1).

    What it gives to the layers within is bounded by them, piece by piece; the packed bytes are
    bounded here.

    Args:
        app: The layers within.
        limit: Bytes of a packed body.
    """

    def __init__(self, app: ASGIApp, limit: int) -> None:
        super().__init__(app)
        self._limit = limit

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See `HttpMiddleware.handle`.

        Raises:
            EncodingError: The body is packed in another way.
            LimitError: The packed body is too large; raised when it is read.
            RequestError: It can't be unpacked; raised when it is read.
        """
        coding = Headers(scope=scope).get("content-encoding", "").strip().lower()
        if coding in ("", "identity"):
            await self._app(scope, receive, send)
            return
        if coding not in ("gzip", "x-gzip", "deflate"):
            raise EncodingError("the Content-Encoding must be gzip, deflate or none")
        headers = MutableHeaders(raw=list(scope["headers"]))
        del headers["content-encoding"]
        if "content-length" in headers:  # of the packed body
            del headers["content-length"]
        unpacked = _Unpacked(receive, coding, self._limit)
        await self._app({**scope, "headers": headers.raw}, unpacked.receive, send)


class _Unpacked:
    """The messages of a request, its body unpacked.

    Args:
        receive: Gives the messages as they came.
        coding: How the body is packed: gzip or deflate.
        limit: Bytes of the packed body.
    """

    def __init__(self, receive: Receive, coding: str, limit: int) -> None:
        self._receive = receive
        self._coding = coding
        self._limit = limit
        self._packed = 0
        self._unpacker: Any = None
        self._start = b""
        self._waiting = b""
        self._more = True

    async def receive(self) -> Message:
        """Return the next message."""
        if not self._waiting and not self._more:  # the body is done: the wait for the client
            return await self._receive()
        if not self._waiting:
            message = await self._receive()
            if message["type"] != "http.request":
                return message
            self._waiting = message.get("body", b"")
            self._more = message.get("more_body", False)
            self._packed += len(self._waiting)
            if self._packed > self._limit:
                raise LimitError(f"the body is larger than {self._limit} bytes")
        else:
            await anyio.lowlevel.checkpoint()
        data = self._unpack(self._waiting)
        self._waiting = self._unpacker.unconsumed_tail if self._unpacker else b""
        if not self._waiting and not self._more and not self._unpacker.eof:
            raise RequestError("the body ends before its Content-Encoding does")
        return {
            "type": "http.request",
            "body": data,
            "more_body": self._more or bool(self._waiting),
        }

    def _unpack(self, data: bytes) -> bytes:
        if self._unpacker is None:
            self._start += data
            if len(self._start) < 2 and self._more:
                return b""
            data, self._start = self._start, b""
            self._unpacker = zlib.decompressobj(_window(self._coding, data))
        found = b""
        if not self._unpacker.eof:
            try:
                found = self._unpacker.decompress(data, _PIECE)
            except zlib.error as error:
                raise RequestError("the body can't be unpacked as its Content-Encoding") from error
            data = self._unpacker.unused_data
        if self._unpacker.eof and data.strip(b"\0"):
            raise RequestError("the body goes on after the end of its Content-Encoding")
        return found


def _window(coding: str, start: bytes) -> int:
    """Return zlib's argument ``wbits`` for a body that starts with these two bytes."""
    if coding != "deflate":
        return _GZIP
    # RFC 1950, section 2.2; some clients leave this header out.
    has_header = start[:1] and start[0] & 0x0F == 8 and int.from_bytes(start[:2], "big") % 31 == 0
    return zlib.MAX_WBITS if has_header else -zlib.MAX_WBITS
