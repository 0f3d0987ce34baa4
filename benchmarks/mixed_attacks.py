"""Thousands of mixed requests to one server, ordinary ones and attacks of every kind among them.

Ordinary clients (127.0.0.1) ask for what `benchmarks.mixed_requests` has and compare each answer
with the first one, which was taken before any attack. Attackers (127.0.0.2 and 127.0.0.3) send one
attack after the other, each small in time. Memory, files and threads of the server are sampled. It
prints what was answered, lost, mixed up or wrong, and the medians of memory by quarter.
"""

from __future__ import annotations

import argparse
import gzip
import random
import socket
import statistics
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from functools import lru_cache
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from tqdm import tqdm

from benchmarks import attack_kinds as kinds
from benchmarks import image_bombs as bombs
from benchmarks.attacks import resident_mb, serving
from benchmarks.mixed_requests import Ordinary, ordinary_requests
from benchmarks.report import add_output_arguments, write_results

_ATTACKERS = ("127.0.0.2", "127.0.0.3")
_SHARE = 0.2
"""Attacks among all requests."""

_ROOT = Path(__file__).resolve().parents[1]
_SMALL_JSON = 1_500_000


class Attacker:
    """Sends attacks, one after the other.

    Args:
        port: The server's.
        source: The address that it sends from.
        seed: The same seed gives the same attacks.
    """

    def __init__(self, port: int, source: str, seed: int) -> None:
        self._port, self._source = port, source
        self._rng = random.Random(seed)
        self._attacks: Mapping[str, Callable[[], bytes]] = {**requests(self._rng), **self._shapes()}

    def attack(self) -> tuple[str, int]:
        """Send an attack; return its name and the status of the answer, 0 where there is none."""
        name = self._rng.choice(list(self._attacks))
        data = self._attacks[name]()
        return name, kinds.status(self._sent(data) if data else b"")

    def _sent(self, data: bytes) -> bytes:
        answer = bytearray()
        with suppress(OSError), self._connected() as client:
            with suppress(OSError):
                client.sendall(data)
            while part := client.recv(1 << 16):
                answer += part
        return bytes(answer)

    def _connected(self) -> socket.socket:
        return kinds.connected(self._port, 40, self._source)

    def _shapes(self) -> Mapping[str, Callable[[], bytes]]:
        """Return the attacks that are no whole requests."""
        large = kinds.message("/predict/ocr_rec", b'{"images": ["' + b"A" * 3_000_000 + b'"]}')
        start = b"GET / HTTP/1.1\r\nHost: a\r\n"
        return {
            "idle connections": lambda: self._opened(b"", 20),
            "half headers": lambda: self._opened(start + b"X: ", 5),
            "unfinished bodies": lambda: self._opened(large[:-1], 2),
            "leaves while it sends": lambda: self._opened(large[:200_000], 1, 0.0),
            "unread answer": lambda: self._opened(_unread(), 1),
            "endless URL": lambda: b"GET /" + b"a" * 200_000,
            "endless header": lambda: start + b"X: " + b"a" * 200_000,
            "many headers": lambda: start + b"a: b\r\n" * 20_000,
            "trailers": lambda: _chunked() + b"0\r\n" + b"a: b\r\n" * 20_000,
            "one byte behind an early answer": lambda: _early() + b"x",
            "upgrade": _upgrade,
            "two lengths": lambda: _raw(b"Content-Length: 5\r\nContent-Length: 6\r\n", b"hello"),
            "length and chunks": lambda: _raw(
                b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"
            ),
            "bad chunk": lambda: _raw(b"Transfer-Encoding: chunked\r\n", b"zz\r\nhello\r\n"),
            "controls in the path": lambda: (
                start.replace(b"/", b"/%1b%5b31m%07%00%e2%80%ae", 1) + b"Connection: close\r\n\r\n"
            ),
        }

    def _opened(self, data: bytes, count: int, seconds: float = 0.3) -> bytes:
        with ExitStack() as stack, suppress(OSError):
            for _ in range(count):
                client = stack.enter_context(self._connected())
                client.settimeout(2)
                client.sendall(data)
            time.sleep(seconds)
        return b""


def _raw(headers: bytes, body: bytes) -> bytes:
    return b"POST /predict/ocr_rec HTTP/1.1\r\nHost: a\r\n" + headers + b"\r\n" + body


def _chunked() -> bytes:
    headers = b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n"
    return _raw(headers, b"2\r\n{}\r\n")


def _early() -> bytes:
    return b"POST /predict/none HTTP/1.1\r\nHost: a\r\nContent-Length: 90000000\r\n\r\n"


def _upgrade() -> bytes:
    body = b"GET /v2/models HTTP/1.1\r\nHost: a\r\n\r\n"
    headers = b"Connection: Upgrade, close\r\nUpgrade: h2c\r\nContent-Length: %d\r\n" % len(body)
    return _raw(headers, body)


@lru_cache(1)
def _unread() -> bytes:
    return kinds.asked("ocr_system", *([kinds.text_page(6, 400, 200)] * 4))


def requests(rng: random.Random) -> Mapping[str, Callable[[], bytes]]:
    """Return the attacks that are whole requests."""

    def image(
        make: Callable[[], bytes], module: str = "ocr_rec", /, **options: object
    ) -> Callable[[], bytes]:
        return lru_cache(1)(lambda: kinds.asked(module, make(), **options))

    def body(make: Callable[[], bytes], path: str = "/predict/ocr_rec") -> Callable[[], bytes]:
        return lru_cache(1)(lambda: kinds.message(path, make()))

    larger: dict[str, object] = {"det_limit_type": "resize_long", "det_limit_side_len": 4000}
    beam: dict[str, object] = {
        "rec_charset": "hanzi",
        "rec_beam_width": 100,
        "rec_alternatives": 50,
    }
    line = lambda: kinds.noise(48)  # noqa: E731 - one of many
    packed = gzip.compress(b'{"images": ["' + b"A" * 30_000_000 + b'"]}')
    deep = b'{"images": ["x"], "options": {"drop_score": ' + b"[" * 960 + b"]" * 960 + b"}}"
    return {
        "flat WebP of 50 MP": image(kinds.flat_webp),
        "progressive JPEG": image(lambda: bombs.progressive_jpeg(2_000)),
        "GIF comments": image(lambda: bombs.gif_with_comments(1_000_000, 1)),
        "GIF frames": image(lambda: bombs.gif_of_frames(900, 300)),
        "PNG chunks": image(lambda: bombs.png_with_chunks(b"iCCP", bombs.packed_profile(500), 900)),
        "JPEG segments": image(lambda: bombs.jpeg_with_segments(30_000, 16)),
        "WebP animation": image(lambda: bombs.webp_animation(2, 1500)),
        "APNG": image(lambda: bombs.apng(10, 700)),
        "TIFF of pages": image(lambda: bombs.tiff_of_pages(9_000)),
        "ICO": image(lambda: bombs.ico_of_entries(60_000)),
        "JPEG 2000 of tiles": image(lambda: bombs.jpeg2000_of_tiles(7_000, 10)),
        "1x1 enlarged": image(lambda: kinds.flat_png(1), "ocr_det", **larger),
        "small page enlarged": image(
            lambda: kinds.flat_png(200), "ocr_system", **{**larger, "det_limit_type": "min"}
        ),
        "noise as polygons": image(
            lambda: kinds.noise(160),
            "ocr_det",
            det_box_type="poly",
            det_db_thresh=0,
            det_db_box_thresh=0,
        ),
        "beam": image(line, **beam, rec_length="1-64"),
        "ranges": lambda: kinds.asked(
            "ocr_rec",
            kinds.captcha(),
            rec_charset=kinds.scattered_charset(rng.randrange(1 << 30), 300),
            rec_case="lower",
        ),
        "many lines": image(lambda: kinds.text_page(24, 360, 300), "ocr_system"),
        "32 images": lru_cache(1)(lambda: kinds.asked("ocr_rec", *[kinds.captcha()] * 32)),
        "form, idna": lambda: kinds.form(b"xn--a-" + b"b" * 60_000, "idna"),
        "form, undefined": lambda: kinds.form(b"x", "undefined"),
        "lists": body(lambda: kinds.json_of_lists(_SMALL_JSON)),
        "objects": body(lambda: kinds.json_of_objects(_SMALL_JSON), "/ocr"),
        "nests": body(lambda: kinds.json_of_nests(_SMALL_JSON), "/v1/infer"),
        "keys": body(lambda: kinds.json_of_keys(_SMALL_JSON), "/v2/models/ocr_rec/infer"),
        "deep option": body(lambda: deep),
        "bomb": lambda: kinds.message(
            "/predict/ocr_rec", packed, headers="Content-Encoding: gzip\r\n"
        ),
        "visualize": lru_cache(1)(lambda: kinds.visualized(kinds.text_page(6, 700, 700))),
        "22 MB": lambda: kinds.message("/predict/ocr_rec", b"x" * 22_000_000),
    }


@dataclass
class Tally:
    """What was answered."""

    statuses: Counter[int] = field(default_factory=Counter)
    attacks: Counter[str] = field(default_factory=Counter)
    attack_statuses: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    samples: list[tuple[float, int, int]] = field(default_factory=list)
    longest_s: float = 0.0


class Run:
    """Sends requests until there have been enough."""

    def __init__(self, pid: int, port: int, count: int, seed: int) -> None:
        self.tally = Tally()
        self._pid, self._port, self._left, self._seed = pid, port, count, seed
        self._lock = threading.Lock()
        self._requests = ordinary_requests()
        self._weights = [request.weight for request in self._requests]
        self._bar = tqdm(total=count, unit="request", mininterval=10)
        connection = self._connection()
        self._first = {
            r.name: r.ask(connection, f"first-{n}") for n, r in enumerate(self._requests)
        }
        again = {r.name: r.ask(connection, f"again-{n}") for n, r in enumerate(self._requests)}
        differing = [name for name, answer in again.items() if answer != self._first[name]]
        if differing:
            raise RuntimeError(f"these answers differ by themselves: {differing}")

    def _connection(self) -> HTTPConnection:
        return HTTPConnection("127.0.0.1", self._port, timeout=60)

    def _take(self) -> bool:
        with self._lock:
            self._left -= 1
            return self._left >= 0

    def client(self, number: int) -> None:
        """Be an ordinary client."""
        rng, connection, sent = random.Random(self._seed + number), self._connection(), 0
        while self._take():
            (request,) = rng.choices(self._requests, self._weights)
            sent += 1
            start = time.monotonic()
            problem = self._problem(request, connection, f"{number}-{sent}")
            with self._lock:
                self._bar.update()
                self.tally.longest_s = max(self.tally.longest_s, time.monotonic() - start)
                if problem:
                    self.tally.wrong.append(problem)
            if rng.random() < 0.02:  # a new connection now and then
                connection.close()

    def _problem(self, request: Ordinary, connection: HTTPConnection, mark: str) -> str | None:
        try:
            answer = request.ask(connection, mark)
        except ValueError as error:
            return f"mixed: {error}"
        except (OSError, HTTPException) as error:
            connection.close()
            return f"lost: {request.name}: {error!r}"
        with self._lock:
            self.tally.statuses[answer[0]] += 1
        if answer != self._first[request.name]:
            return f"differs: {request.name}: {answer[0]} {answer[1][:200]!r}"
        return None

    def attacker(self, number: int) -> None:
        """Be an attacker."""
        attacker = Attacker(self._port, _ATTACKERS[number], self._seed + number)
        rng = random.Random(self._seed - number)
        while self._take():
            name, status = attacker.attack()
            with self._lock:
                self._bar.update()
                self.tally.attacks[name] += 1
                self.tally.attack_statuses[status] += 1
                if status == 500:
                    self.tally.wrong.append(f"attack {name}: 500")
            # So that attacks are a part of the requests, however fast the ordinary ones are.
            while self._is_ahead():
                time.sleep(0.02 * rng.random())

    def _is_ahead(self) -> bool:
        with self._lock:
            ordinary = sum(self.tally.statuses.values())
            attacks = sum(self.tally.attacks.values())
            return self._left > 0 and attacks > _SHARE * (attacks + ordinary + 1)

    def watch(self, ended: threading.Event) -> None:
        """Sample memory, files and threads."""
        while not ended.wait(0.5):
            with suppress(OSError):
                files = _entries(f"/proc/{self._pid}/fd")
                threads = _entries(f"/proc/{self._pid}/task")
                self.tally.samples.append((resident_mb(self._pid), files, threads))


def run(pid: int, port: int, count: int, clients: int, seed: int) -> Tally:
    """Send requests to a server, and return what was answered."""
    work, ended = Run(pid, port, count, seed), threading.Event()
    watcher = threading.Thread(target=work.watch, args=(ended,))
    watcher.start()
    with ThreadPoolExecutor(clients + len(_ATTACKERS)) as pool:
        done = [pool.submit(work.client, number) for number in range(clients)]
        done += [pool.submit(work.attacker, number) for number in range(len(_ATTACKERS))]
        for one in done:
            one.result()
    ended.set()
    watcher.join()
    return work.tally


def _entries(folder: str) -> int:
    return sum(1 for _ in Path(folder).iterdir())


def quarters(samples: Sequence[float]) -> list[float]:
    """Return the median of each quarter."""
    length = max(1, len(samples) // 4)
    return [statistics.median(samples[n * length : (n + 1) * length]) for n in range(4)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; the exit status says whether anything was wrong."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mixed_attacks", description=__doc__)
    parser.add_argument("--requests", type=int, default=20_000, metavar="N")
    parser.add_argument("--clients", type=int, default=4, metavar="N")
    parser.add_argument("--seed", type=int, default=0)
    add_output_arguments(parser, "mixed_attacks.json")
    options = parser.parse_args(arguments)
    with serving(_ROOT, 1) as (pid, port):
        tally = run(pid, port, options.requests, options.clients, options.seed)
        time.sleep(10)
        after = resident_mb(pid)
    memory = quarters([sample[0] for sample in tally.samples])
    files, threads = ([sample[n] for sample in tally.samples] for n in (1, 2))
    content = {
        "answers": {str(status): n for status, n in sorted(tally.statuses.items())},
        "attacks": dict(tally.attacks.most_common()),
        "attack_statuses": {str(status): n for status, n in sorted(tally.attack_statuses.items())},
        "memory_mb_by_quarter": memory,
        "last_to_second": memory[3] / memory[1],
        "peak_mb": max(sample[0] for sample in tally.samples),
        "after_mb": after,
        "files": [quarters(files), max(files)],
        "threads": [quarters(threads), max(threads)],
        "longest_s": tally.longest_s,
        "wrong": len(tally.wrong),
    }
    for key, value in content.items():
        print(f"{key}: {value}")
    for problem in tally.wrong[:40]:
        print(problem)
    write_results(options, content)
    return 1 if tally.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
