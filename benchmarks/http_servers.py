"""What the HTTP servers that could carry hubocr do with hostile requests, and what a request costs.

    python -m benchmarks.http_servers --python ENV/bin/python

The environment has uvicorn with h11 and httptools, granian, hypercorn and uvloop. Each server runs
the same small ASGI application in a process of its own; the edge of hubocr is measured where the
environment can import it.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.machine import describe_machine

_APP = """
import json

async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while (message := await receive())["type"] != "lifespan.shutdown":
            await send({"type": message["type"] + ".complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    if scope["type"] != "http":
        return
    size = 0
    while True:
        message = await receive()
        size += len(message.get("body", b""))
        if not message.get("more_body"):
            break
    body = json.dumps({"n": size}).encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
"""
_EDGED = """
import sys
import uvicorn
from app import app
from hubocr.server.edge.connections import ConnectionLimits, ConnectionTable
from hubocr.server.edge.middleware import EdgeMiddleware
from hubocr.server.edge.protocol import EdgeProtocol
from uvicorn.protocols.http.h11_impl import H11Protocol

table = ConnectionTable(ConnectionLimits())
uvicorn.run(
    EdgeMiddleware(app, table), port=int(sys.argv[1]), ws="none", log_level="critical",
    http=lambda **given: EdgeProtocol(table, H11Protocol(**given)),
)
"""
_UVICORN = (
    "-m",
    "uvicorn",
    "app:app",
    "--no-access-log",
    "--log-level",
    "critical",
    "--ws",
    "none",
)
_SERVERS: Mapping[str, Sequence[str]] = {
    "uvicorn, httptools": (*_UVICORN, "--http", "httptools", "--port", "PORT"),
    "uvicorn, h11": (*_UVICORN, "--http", "h11", "--port", "PORT"),
    "the same behind hubocr's edge": ("edged.py", "PORT"),
    "granian": ("-m", "granian", "--interface", "asgi", "--port", "PORT", "app:app"),
    "hypercorn": ("-m", "hypercorn", "--bind", "127.0.0.1:PORT", "app:app"),
}
_INNER = b"GET /inner HTTP/1.1\r\nHost: a\r\n\r\n"
_POST = b"POST / HTTP/1.1\r\nHost: a\r\n"
_LENGTH = b"Content-Length: %d\r\n\r\n" % len(_INNER)
_PROBES = {
    "offer of h2c": _POST + b"Connection: Upgrade\r\nUpgrade: h2c\r\n" + _LENGTH + _INNER,
    "no Host": b"GET / HTTP/1.1\r\n\r\n",
    "two Hosts": b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "header of 1 MB": b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 1_000_000 + b"\r\n\r\n",
    "URL of 1 MB": b"GET /" + b"a" * 1_000_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    "trailer of 1 MB": _POST
    + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX: "
    + b"a" * 1_000_000
    + b"\r\n\r\n",
    "length and chunks": _POST
    + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
}
_BODY = b"x" * 20_000
_REQUEST = _POST + b"Content-Length: %d\r\n\r\n" % len(_BODY) + _BODY
_CLIENTS, _PER_CLIENT = 16, 150


@contextmanager
def _running(python: str, command: Sequence[str], folder: Path) -> Iterator[tuple[int, int]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = [python, *(word.replace("PORT", str(port)) for word in command)]
    paths = os.pathsep.join((str(folder), str(Path(__file__).resolve().parents[1])))
    process = subprocess.Popen(
        words,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": paths},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        end = time.monotonic() + 20
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"{command} does not start")
            time.sleep(0.1)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(20)


def _answer(port: int, data: bytes) -> str:
    with socket.create_connection(("127.0.0.1", port), 5) as client:
        client.settimeout(1)
        with contextlib.suppress(OSError):
            client.sendall(data)
        received = b""
        with contextlib.suppress(OSError):
            while chunk := client.recv(65536):
                received += chunk
    status = received[9:12].decode() or "closed"
    _, found, rest = received.partition(b'"n": ')
    return f"{status}, body of {rest[:-1].decode()}" if found else status


def _processor_seconds(pid: int) -> float:
    children = subprocess.run(
        ["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False
    )
    total = 0
    for each in (str(pid), *children.stdout.split()):
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


async def _client(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(_PER_CLIENT):
        writer.write(_REQUEST)
        await writer.drain()
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        await reader.readexactly(int(head.split(b"content-length:")[1].split(b"\r\n")[0]))
    writer.close()


async def _load(port: int) -> None:
    await asyncio.gather(*(_client(port) for _ in range(_CLIENTS)))


def _milliseconds(port: int, pid: int) -> float:
    before = _processor_seconds(pid)
    asyncio.run(_load(port))
    return 1000 * (_processor_seconds(pid) - before) / (_CLIENTS * _PER_CLIENT)


def main() -> int:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--python", default=sys.executable, help="the environment's interpreter")
    parser.add_argument("--rounds", type=int, default=5, help="(5)")
    arguments = parser.parse_args()
    print(describe_machine())
    names = ["server", "processor time a request", *_PROBES]
    print(f"| {' | '.join(names)} |\n|{'---|' * len(names)}")
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "app.py").write_text(_APP)
        (Path(folder) / "edged.py").write_text(_EDGED)
        for name, command in _SERVERS.items():
            with _running(arguments.python, command, Path(folder)) as (port, pid):
                answers = [_answer(port, probe) for probe in _PROBES.values()]
                times = [_milliseconds(port, pid) for _ in range(arguments.rounds + 1)][1:]
            cost = f"{statistics.median(times):.3f} ms"
            print(f"| {' | '.join([name, cost, *answers])} |", flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
