"""A load generator over HTTP: some clients that ask again as soon as they are answered."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_OK = b'"status":"000"'


@dataclass(frozen=True)
class Load:
    """What the clients saw.

    Attributes:
        seconds: How long it took.
        latencies: Seconds from each request's first byte to its answer's last, in no order.
        failures: Answers that weren't a success, and connections that broke.
    """

    seconds: float
    latencies: tuple[float, ...]
    failures: int

    @property
    def throughput(self) -> float:
        """Successful answers a second."""
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        """Return the latency in seconds that this share of the answers did not exceed."""
        if not self.latencies:
            return float("nan")
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def request_bytes(path: str, images: Sequence[Path]) -> bytes:
    """Return a hubserving request, ready to send."""
    encoded = [base64.b64encode(image.read_bytes()).decode() for image in images]
    body = json.dumps({"images": encoded}).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def run_load(port: int, requests: Sequence[bytes], clients: int, seconds: float) -> Load:
    """Let clients ask a server on 127.0.0.1 for some seconds.

    Each client begins at another place of ``requests`` and goes round. What runs at the end is
    waited for, and counts with the time that it took.
    """
    return asyncio.run(_run(port, requests, clients, seconds))


async def _run(port: int, requests: Sequence[bytes], clients: int, seconds: float) -> Load:
    latencies: list[float] = []
    start = time.perf_counter()
    step = max(1, len(requests) // clients)
    failures = await asyncio.gather(
        *(
            _client(port, requests, number * step, start + seconds, latencies)
            for number in range(clients)
        )
    )
    return Load(time.perf_counter() - start, tuple(latencies), sum(failures))


async def _client(
    port: int, requests: Sequence[bytes], first: int, end: float, latencies: list[float]
) -> int:
    failures, place = 0, first
    connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
    while time.perf_counter() < end:
        began = time.perf_counter()
        try:
            if connection is None:
                connection = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
            reader, writer = connection
            writer.write(requests[place % len(requests)])
            status, body, kept = await _answer(reader)
        except (OSError, asyncio.IncompleteReadError, ValueError):
            failures, connection = failures + 1, None
            await asyncio.sleep(0.05)  # a server that refuses is not asked without pause
            continue
        if status == 200 and _OK in body.replace(b'": "', b'":"'):
            latencies.append(time.perf_counter() - began)
        else:
            failures += 1
        if not kept:
            writer.close()
            connection = None
        place += 1
    if connection is not None:
        connection[1].close()
    return failures


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes, bool]:
    """Read an answer; return its status, its body, and whether the connection stays open."""
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    version, code = head.split(b" ", 2)[:2]
    kept = version == b"http/1.1" and b"connection: close" not in head
    if b"content-length:" in head:
        length = int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
        return int(code), await reader.readexactly(length), kept
    return int(code), await reader.read(), False
