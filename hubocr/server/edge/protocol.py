"""One connection between the socket and the HTTP protocol.

What h11 lets pass and this server refuses, since proxies in front may read it another way (RFC
9112, sections 2.2, 6.1 and 6.3): several Content-Length values, Content-Length beside
Transfer-Encoding, and lines that end in a bare CR or LF.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from http import HTTPStatus
from typing import cast

import h11

from hubocr.server.edge.chunks import ChunkCounter
from hubocr.server.edge.connections import Connection, ConnectionTable, Phase
from hubocr.server.edge.transport import EdgeTransport

logger = logging.getLogger(__name__)

_LINGER_PAUSE_S = 0.001
"""Seconds between two reads of what is thrown away, of all connections together."""

_HEADERS_END = re.compile(rb"\n\r?\n")
_BARE_BREAK = re.compile(rb"\r(?!\n)|(?<!\r)\n")
_LENGTH = re.compile(rb"^content-length[ \t]*:(.*)$", re.IGNORECASE | re.MULTILINE)
_ENCODING = re.compile(rb"^transfer-encoding[ \t]*:", re.IGNORECASE | re.MULTILINE)


class EdgeProtocol(asyncio.Protocol):
    """One connection: passes a request on to an HTTP protocol once its headers are complete.

    What a client sends ahead of an answer (pipelining) waits here, so that each request's headers
    are looked at. Only behind a chunked body, whose end is the HTTP protocol's to find, does it go
    straight on.

    Args:
        table: The worker's connections.
        inner: The HTTP protocol.
    """

    def __init__(self, table: ConnectionTable, inner: asyncio.Protocol) -> None:
        self._table = table
        self._inner: asyncio.Protocol | None = inner
        self._held = bytearray()
        self._searched = 0
        self._body_left: int | None = 0
        self._chunks = ChunkCounter()
        self._connection: Connection | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection in, or answer 503 where there is no room."""
        transport = cast(asyncio.Transport, transport)  # uvloop's isn't one by inheritance
        self._transport = transport
        peer = transport.get_extra_info("peername")
        known = (str(peer[0]), int(peer[1])) if isinstance(peer, tuple) else (str(peer), id(self))
        connection = Connection(known, transport, on_idle=self._continue)
        if not self._table.add(connection):
            self._inner = None
            self._refuse(HTTPStatus.SERVICE_UNAVAILABLE, "too many connections")
            return
        self._connection = connection
        self._seen = EdgeTransport(transport, self._close)
        if self._inner is not None:
            self._inner.connection_made(self._seen)

    def data_received(self, data: bytes) -> None:
        """Pass a body on, and hold headers back until they are complete."""
        connection = self._connection
        if connection is None:
            return
        if connection.phase is Phase.LINGER:
            self._take_turns()
            return
        if connection.phase is Phase.REQUEST:
            if self._body_left is None:
                end = self._chunks.feed(data)
                # No chunk begins like that: the library refuses it, if nothing is answered yet.
                self._pass_on(data if end is None else data[:end] + b"-\r\n")
                return
            body, data = data[: self._body_left], data[self._body_left :]
            if body:
                self._body_left -= len(body)
                connection.is_body_complete = self._body_left == 0
                self._pass_on(body)
            if not data:
                return
        self._held += data
        if connection.phase is Phase.IDLE:
            self._take_headers(connection)
        elif len(self._held) > self._table.limits.header_bytes:
            self._seen.hold()

    def eof_received(self) -> bool | None:
        """See `asyncio.Protocol.eof_received`."""
        return None if self._inner is None else self._inner.eof_received()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        if self._connection is not None:
            self._table.remove(self._connection)
            self._lose(exc)

    def pause_writing(self) -> None:
        """See `asyncio.BaseProtocol.pause_writing`."""
        if self._inner is not None:
            self._inner.pause_writing()

    def resume_writing(self) -> None:
        """See `asyncio.BaseProtocol.resume_writing`."""
        if self._inner is not None:
            self._inner.resume_writing()

    def _continue(self) -> None:
        """Go on with what came while the last request was worked on."""
        connection = self._connection
        if connection is None or self._transport.is_closing():
            return
        self._seen.release()
        if self._held and connection.phase is Phase.IDLE:
            self._take_headers(connection)

    def _take_headers(self, connection: Connection) -> None:
        if not self._searched and self._body_left is not None:
            while self._held.startswith((b"\r", b"\n")):  # empty lines, RFC 9112, section 2.2
                del self._held[:1]
        if not self._held:
            return
        if connection.header_since is None:
            connection.header_since = time.monotonic()
        end = _HEADERS_END.search(self._held, max(0, self._searched - 2))
        self._searched = len(self._held)
        limit = self._table.limits.header_bytes
        if (end.end() if end else len(self._held)) > limit:
            is_line = b"\n" not in self._held[:limit]
            self._refuse(*_TOO_LONG_LINE if is_line else _TOO_LARGE_HEADERS)
            return
        if end is None:
            return
        headers = bytes(self._held[: end.end()])
        problem = _problem(headers)
        if problem:
            self._refuse(HTTPStatus.BAD_REQUEST, problem)
            return
        received, self._held, self._searched = bytes(self._held[end.end() :]), bytearray(), 0
        self._body_left = _body_length(headers)
        self._chunks = ChunkCounter()
        self._table.enter(connection, Phase.REQUEST)
        connection.is_body_complete = self._body_left == 0
        self._pass_on(headers)
        if received and not self._seen.is_closing():
            self.data_received(received)

    def _pass_on(self, data: bytes) -> None:
        if self._inner is None:
            return
        try:
            self._inner.data_received(data)
        except h11.LocalProtocolError:
            # uvicorn answers a broken request with 400, and here an answer has begun already.
            logger.debug("a request breaks off after its answer has begun")
            self._transport.abort()

    def _take_turns(self) -> None:
        """Let the other connections go on before more is read that is thrown away.

        The more of them there are, the longer: what they send takes a part of the event loop's time
        however many they are, and TCP makes the clients wait.
        """
        self._transport.pause_reading()
        pause = _LINGER_PAUSE_S * self._table.lingering
        asyncio.get_running_loop().call_later(pause, self._read_on)

    def _read_on(self) -> None:
        if not self._transport.is_closing():
            self._transport.resume_reading()

    def _refuse(self, status: HTTPStatus, reason: str) -> None:
        body = f"{reason}\n".encode()
        self._transport.write(
            b"HTTP/1.1 %d %s\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n"
            b"Connection: close\r\n\r\n%s" % (status, status.phrase.encode(), len(body), body)
        )
        if self._connection is None:
            self._transport.close()
        else:
            self._linger(self._connection)

    def _close(self) -> None:
        """Close for the HTTP protocol.

        Where the client is still sending, closing at once would reset the connection, and the
        client would lose the answer that says why.
        """
        connection = self._connection
        if connection is None or connection.is_body_complete or self._transport.is_closing():
            self._transport.close()
        else:
            self._linger(connection)
        # It may have answered a broken body in the place of the application, which must not answer
        # once more: for the two of them the connection is over.
        self._lose(None)

    def _lose(self, exc: Exception | None) -> None:
        """Tell the HTTP protocol, once, that the connection is over."""
        inner, self._inner = self._inner, None
        if inner is not None:
            inner.connection_lost(exc)

    def _linger(self, connection: Connection) -> None:
        self._table.enter(connection, Phase.LINGER)
        self._held.clear()
        self._transport.resume_reading()
        if self._transport.can_write_eof():
            self._transport.write_eof()


_TOO_LONG_LINE = (HTTPStatus.REQUEST_URI_TOO_LONG, "the URL is too long")
_TOO_LARGE_HEADERS = (HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "the headers are too large")


def _problem(headers: bytes) -> str | None:
    if _BARE_BREAK.search(headers):
        return "a line of the headers ends in a bare CR or LF"
    lengths = _LENGTH.findall(headers)
    if len(lengths) > 1 or any(b"," in length for length in lengths):
        return "more than one Content-Length"
    if lengths and _ENCODING.search(headers):
        return "Content-Length beside Transfer-Encoding"
    return None


def _body_length(headers: bytes) -> int | None:
    if _ENCODING.search(headers):
        return None
    lengths = _LENGTH.findall(headers)
    text = lengths[0].strip() if lengths else b"0"
    return int(text) if text.isdigit() and len(text) < 20 else None  # None: the library refuses it
