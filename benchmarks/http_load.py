"""A load generator over HTTP: some clients that ask again as soon as they are answered."""

from __future__ import annotations

import asyncio
import base64
import json
import random
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Requests:
    """What clients send, and how they tell that it was answered well.

    Attributes:
        messages: Whole requests, ready to send.
        success: What the body of a good answer holds; that of another one doesn't.
    """

    messages: tuple[bytes, ...]
    success: re.Pattern[bytes]


@dataclass(frozen=True)
class Api:
    """A way to ask a server about one image.

    Attributes:
        path: Path of the route.
        body: Returns the body for the base64 of an image file.
        success: What the body of a good answer holds; that of another one doesn't.
    """

    path: str
    body: Callable[[str], Mapping[str, Any]]
    success: re.Pattern[bytes]

    def requests(self, images: Sequence[Path]) -> Requests:
        """Return a request for each image."""
        return Requests(tuple(self._message(image) for image in images), self.success)

    def _message(self, image: Path) -> bytes:
        body = json.dumps(self.body(base64.b64encode(image.read_bytes()).decode())).encode()
        head = (
            f"POST {self.path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


def hubserving_api(module: str) -> Api:
    """Return the API of a hub module."""
    return Api(
        f"/predict/{module}",
        lambda image: {"images": [image]},
        re.compile(rb'"status": ?"000"'),
    )


def paddlex_api() -> Api:
    """Return the API of PaddleX's pipeline ``OCR``, without lines turned and pictures drawn."""
    return Api(
        "/ocr",
        lambda image: {
            "file": image,
            "fileType": 1,
            "useTextlineOrientation": False,
            "visualize": False,
        },
        re.compile(rb'"errorCode": ?0\b'),
    )


def ddddocr_api() -> Api:
    """Return the API of `benchmarks.peers.serve_ddddocr16`."""
    return Api("/ocr", lambda image: {"image": image}, re.compile(rb'"result": ?"'))


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


def run_load(port: int, requests: Requests, clients: int, seconds: float) -> Load:
    """Let clients ask a server on 127.0.0.1 for some seconds.

    Each client begins at another message and goes round. What runs at the end is waited for, and
    counts with the time that it took.
    """
    return asyncio.run(_run(port, requests, clients, seconds))


def run_arrivals(port: int, requests: Requests, rate: float, count: int, seed: int = 0) -> Load:
    """Send requests to a server on 127.0.0.1 at Poisson's times, whatever has been answered.

    Args:
        port: The server's port.
        requests: What is sent, in turn.
        rate: Requests a second.
        count: How many.
        seed: Of their times.

    Returns:
        What came back, with the latencies from when each request was to be sent.
    """
    return asyncio.run(_run_arrivals(port, requests, rate, count, random.Random(seed)))


async def _run_arrivals(
    port: int, requests: Requests, rate: float, count: int, chance: random.Random
) -> Load:
    free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
    latencies: list[float] = []
    failures = 0

    async def send(message: bytes, due: float) -> None:
        nonlocal failures
        try:
            connection = (
                free.pop()
                if free
                else await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
            )
            connection[1].write(message)
            status, body, kept = await _answer(connection[0])
        except (OSError, asyncio.IncompleteReadError, ValueError):
            failures += 1
            return
        if status == 200 and requests.success.search(body):
            latencies.append(time.perf_counter() - due)
        else:
            failures += 1
        if kept:
            free.append(connection)
        else:
            connection[1].close()

    start = due = time.perf_counter()
    tasks = []
    for number in range(count):
        due += chance.expovariate(rate)
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        message = requests.messages[number % len(requests.messages)]
        tasks.append(asyncio.ensure_future(send(message, due)))
    await asyncio.gather(*tasks)
    for connection in free:
        connection[1].close()
    return Load(time.perf_counter() - start, tuple(latencies), failures)


async def _run(port: int, requests: Requests, clients: int, seconds: float) -> Load:
    latencies: list[float] = []
    start = time.perf_counter()
    step = max(1, len(requests.messages) // clients)
    failures = await asyncio.gather(
        *(
            _client(port, requests, number * step, start + seconds, latencies)
            for number in range(clients)
        )
    )
    return Load(time.perf_counter() - start, tuple(latencies), sum(failures))


async def _client(
    port: int, requests: Requests, first: int, end: float, latencies: list[float]
) -> int:
    failures, place = 0, first
    connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
    while time.perf_counter() < end:
        began = time.perf_counter()
        try:
            if connection is None:
                connection = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
            reader, writer = connection
            writer.write(requests.messages[place % len(requests.messages)])
            status, body, kept = await _answer(reader)
        except (OSError, asyncio.IncompleteReadError, ValueError):
            failures, connection = failures + 1, None
            await asyncio.sleep(0.05)  # a server that refuses is not asked without pause
            continue
        if status == 200 and requests.success.search(body):
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
