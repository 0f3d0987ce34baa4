"""A fuzzer for the bytes on a connection: what the edge and the HTTP library make of them.

``python -m tests.server.fuzzing_sockets --inputs 100000`` starts a server, sends mutated HTTP
messages over real sockets from several threads, and stops at the first connection that is wrong: a
status that says that the server failed, an answer that isn't HTTP, no
end, or a stack trace in the log. The same seed gives the same inputs in each thread.
"""

from __future__ import annotations

import argparse
import re
import socket
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from random import Random

from tqdm import tqdm

from tests.server.fuzzing import Corpus, mutate
from tests.server.fuzzing_routes import RequestSource
from tests.server.running import Server, running

_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})[ \r]")
_SLOWEST_S = 20.0
_TOKENS: Sequence[bytes] = (
    *(b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: gzip, chunked\r\n"),
    *(b"Content-Length: 5\r\n", b"Content-Length: -1\r\n", b"Content-Length: 99999999999999\r\n"),
    *(b"Content-Length:\t7 \r\n", b"Expect: 100-continue\r\n", b"Expect: x\r\n"),
    *(b"Connection: Upgrade\r\nUpgrade: h2c\r\n", b"Connection: keep-alive, close\r\n"),
    *(b"Host: b\r\n", b"Host:\r\n", b" folded\r\n", b"\r\n", b"\n", b"\r", b"\0", b": x\r\n"),
    *(b"0\r\n\r\n", b"5\r\nhello\r\n", b"fffffffffffffffff\r\n", b"5;a=b\r\n", b"-5\r\n"),
    *(b"HTTP/1.0", b"HTTP/0.9", b"HTTP/2.0", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x16\x03\x01"),
    *(b"GET http://a/ HTTP/1.1\r\n", b"OPTIONS * HTTP/1.1\r\n", b"CONNECT a:80 HTTP/1.1\r\n"),
    *(
        b"Trailer: X\r\n",
        b"X-API-Key: \xff\r\n",
        b"X-Forwarded-For: 1, 2\r\n",
        b"Range: bytes=0-\r\n",
    ),
    *(b"Content-Encoding: gzip\r\n", b"Accept-Encoding: *;q=0\r\n", b"X-Request-Id: \x7f\r\n"),
    *(b"Origin: null\r\n", b"Access-Control-Request-Method: POST\r\n", b"%00", b"%2e%2e/", b"//"),
)


_LAST = b"GET /v2/health/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
"""The last request: the connection ends behind it, unless another one has taken it for a body."""


class MessageSource:
    """Draws what a client sends on one connection: one to three messages, mostly damaged."""

    def __init__(self, seed: int) -> None:
        self._rng = Random(seed)
        self._routes, self._corpus = RequestSource(seed), Corpus(seed)

    def draw(self) -> bytes:
        """Return the bytes."""
        count = self._rng.choice((1, 1, 1, 2, 3))
        parts = [self._message() for _ in range(count)]
        data = b"".join(parts) + _LAST
        if self._rng.random() < 0.05:
            data = data[: self._rng.randrange(len(data) + 1)]
        return data

    def _message(self) -> bytes:
        rng = self._rng
        given = rng.choice((self._routes, self._corpus)).draw()
        body = given.body if len(given.body) < 40_000 else given.body[:40_000]
        method = given.method.encode()
        path = re.sub(r"[^!-~]", "", given.path).encode() or b"/"
        lines = [b"%s %s HTTP/1.1\r\nHost: a\r\n" % (method, path)]
        if given.content_type:
            lines.append(b"Content-Type: " + given.content_type.encode("latin-1") + b"\r\n")
        for name, value in given.headers:
            clean = re.sub(r"[\r\n\0]", "", value).encode("latin-1", "replace")
            lines.append(name.encode() + b": " + clean + b"\r\n")
        if rng.random() < 0.3:
            lines.append(b"Transfer-Encoding: chunked\r\n")
            body = self._chunked(body)
        else:
            lines.append(b"Content-Length: %d\r\n" % len(body))
        head = b"".join(lines) + b"\r\n"
        for _ in range(rng.choice((0, 1, 1, 2))):
            edit: Callable[[bytes], bytes] = rng.choice((self._with_token, self._mutated))
            head = edit(head)
        return head + body

    def _with_token(self, head: bytes) -> bytes:
        ends = [match.end() for match in re.finditer(rb"\r\n| ", head)] or [0]
        place = self._rng.choice(ends)
        return head[:place] + self._rng.choice(_TOKENS) + head[place:]

    def _mutated(self, head: bytes) -> bytes:
        return mutate(head, self._rng)

    def _chunked(self, body: bytes) -> bytes:
        cut = self._rng.randrange(len(body) + 1)
        pieces = [piece for piece in (body[:cut], body[cut:]) if piece]
        data = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
        return data + b"0\r\n\r\n"


def exchange(port: int, data: bytes, pieces: int) -> bytes:
    """Send bytes in some pieces, and return all that is answered until the server closes."""
    answer = bytearray()
    with socket.create_connection(("127.0.0.1", port), _SLOWEST_S) as client:
        with suppress(OSError):
            size = max(1, len(data) // pieces)
            for start in range(0, len(data), size):
                client.sendall(data[start : start + size])
        with suppress(ConnectionResetError):
            while part := client.recv(1 << 16):
                answer += part
    return bytes(answer)


def check(data: bytes, answer: bytes) -> str | None:
    """Say what is wrong with an answer, or None."""
    if answer and not _STATUS.match(answer):
        return f"no HTTP: {answer[:100]!r}"
    statuses = [int(status) for status in _STATUS.findall(answer)]
    wrong = [status for status in statuses if status >= 500 and status not in (501, 505)]
    if wrong:
        return f"status {wrong[0]}: {answer[:300]!r}"
    if b"Traceback" in answer:
        return "a stack trace"
    return None


class Run:
    """Sends inputs from several threads until there is a failure."""

    def __init__(self, server: Server, inputs: int) -> None:
        self.counts: Counter[int] = Counter()
        self.failure: tuple[str, bytes] | None = None
        self._server = server
        self._left = inputs
        self._lock = threading.Lock()
        self._bar = tqdm(total=inputs, unit="input", mininterval=10, file=sys.stdout)

    def work(self, seed: int) -> None:
        """Send inputs of one seed for as long as any are left."""
        source, rng = MessageSource(seed), Random(seed)
        while self.failure is None:
            with self._lock:
                if not self._left:
                    return
                self._left -= 1
            data = source.draw()
            start = time.monotonic()
            try:
                answer = exchange(self._server.port, data, rng.choice((1, 1, 2, 5)))
                reason = check(data, answer)
            except OSError as error:
                answer, reason = b"", f"{error!r} after {time.monotonic() - start:.1f} s"
            statuses = [int(status) for status in _STATUS.findall(answer)] or [0]
            with self._lock:
                self.counts.update(statuses)
                self._bar.update()
            if reason is not None:
                self.failure = (reason, data)


def fuzz(inputs: int, seed: int, threads: int) -> tuple[Counter[int], tuple[str, bytes] | None]:
    """Send inputs; return how often each status was answered (0: none), and the first failure."""
    settings: dict[str, object] = {"limit_pixels": 100_000, "limit_images": 4, "limit_lines": 20}
    settings |= {"limit_header_s": 0.5, "limit_body_s": 0.5, "limit_keep_alive_s": 1}
    with tempfile.TemporaryDirectory() as folder:
        modules = ("ocr_rec", "ocr_system")
        with running(Path(folder), server=settings, modules=modules) as server:
            run = Run(server, inputs)
            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(run.work, range(seed * 1000, seed * 1000 + threads)))
            failure = run.failure
            if failure is None and not server.is_up():
                failure = ("the server is not ready afterwards", b"")
            if failure is None and "Traceback" in server.log:
                place = server.log.index("Traceback")
                failure = (f"in the log:\n{server.log[max(0, place - 600) : place + 12000]}", b"")
    return run.counts, failure


def main(arguments: Sequence[str] | None = None) -> int:
    """Fuzz and print what was answered."""
    parser = argparse.ArgumentParser(prog="python -m tests.server.fuzzing_sockets")
    parser.add_argument("--inputs", type=int, default=100_000, help="(default: 100000)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=16)
    options = parser.parse_args(arguments)
    counts, failure = fuzz(options.inputs, options.seed, options.threads)
    print(", ".join(f"{count} x {status or 'none'}" for status, count in sorted(counts.items())))
    if failure is None:
        print("no failure")
        return 0
    print(f"{failure[0]}\n{failure[1][:3000]!r}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
