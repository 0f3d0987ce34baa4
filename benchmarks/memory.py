"""Resident memory of our server over thousands of mixed requests, good and bad ones."""

from __future__ import annotations

import argparse
import base64
import io
import json
import queue
import random
import statistics
import sys
import threading
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import requests
from PIL import Image
from tqdm import tqdm

from benchmarks.machine import describe_machine, usable_cores
from benchmarks.report import add_output_arguments, write_results
from benchmarks.served import ServerStartError, own_server, running
from hubocr.errors import DatasetError
from hubocr.evaluation.sets import load_set

_SIDES = (20, 4000)
_PAGE_SHARE = 0.2


class Mix:
    """Draws requests: real images at random sizes, noise, and what isn't an image at all.

    Args:
        lines: Images of lines, for the recogniser.
        pages: Images of pages, for the pipeline.
        seed: The same seed gives the same requests.
    """

    def __init__(self, lines: Sequence[Path], pages: Sequence[Path], seed: int) -> None:
        self._rng = random.Random(seed)
        self._lines = [_load(path) for path in lines]
        self._pages = [_load(path) for path in pages]

    def draw(self) -> tuple[str, bytes]:
        """Return a module and a body."""
        rng = self._rng
        kind = rng.random()
        if kind < 0.05:
            return "ocr_rec", rng.choice(
                (b"{", b"null", b'{"images": "x"}', b'{"images": ["!!"]}', b'{"images": []}')
            )
        if kind < 0.1:
            damaged = _jpeg(rng.choice(self._lines))[: rng.randint(1, 400)]
            return "ocr_system", _body(damaged)
        if kind < 0.1 + _PAGE_SHARE:
            image = rng.choice(self._pages)
            # Most pages are small, some have 4000 pixels a side.
            side = int(_SIDES[0] * (_SIDES[1] / _SIDES[0]) ** rng.random())
            width = max(_SIDES[0], int(side * rng.uniform(0.3, 1)))
            size = (width, side) if rng.random() < 0.5 else (side, width)
            return "ocr_system", _body(_jpeg(image.resize(size)))
        image = rng.choice(self._lines)
        height = rng.randint(20, 100)
        width = min(2000, max(20, round(image.width * height / image.height)))
        if rng.random() < 0.05:
            noise = np.random.default_rng(rng.randrange(10**6)).integers(0, 256, (height, width, 3))
            image = Image.fromarray(noise.astype(np.uint8))
        return "ocr_rec", _body(_jpeg(image.resize((width, height))))


def _load(path: Path) -> Image.Image:
    with Image.open(path) as image:
        return image.convert("RGB")


def _jpeg(image: Image.Image) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=85)
    return stream.getvalue()


def _body(data: bytes) -> bytes:
    return json.dumps({"images": [base64.b64encode(data).decode()]}).encode()


def resident_mib(pid: int) -> float:
    """Return the resident memory of a process and its children, in MiB."""
    total, pending = 0.0, [pid]
    while pending:
        number = pending.pop()
        try:
            status = Path(f"/proc/{number}/status").read_text()
            children = Path(f"/proc/{number}/task/{number}/children").read_text()
        except OSError:
            continue
        total += int(status.split("VmRSS:", 1)[1].split()[0]) / 1024
        pending += map(int, children.split())
    return total


def measure(port: int, pid: int, mix: Mix, count: int, clients: int) -> tuple[list[float], Counter]:  # type: ignore[type-arg]
    """Send requests from some clients; return the memory after each, and the HTTP codes."""
    pending: queue.Queue[tuple[str, bytes] | None] = queue.Queue(maxsize=2 * clients)
    samples: list[float] = []
    codes: Counter[int] = Counter()
    lock = threading.Lock()
    bar = tqdm(total=count, unit="request")

    def work() -> None:
        session = requests.Session()
        while (item := pending.get()) is not None:
            module, body = item
            reply = session.post(
                f"http://127.0.0.1:{port}/predict/{module}",
                data=body,
                headers={"Content-Type": "application/json"},
                timeout=120,
            )
            with lock:
                codes[reply.status_code] += 1
                samples.append(resident_mib(pid))
                bar.update()
                bar.set_postfix_str(f"{samples[-1]:.0f} MiB")

    threads = [threading.Thread(target=work) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for _ in range(count):
        pending.put(mix.draw())
    for _ in threads:
        pending.put(None)
    for thread in threads:
        thread.join()
    bar.close()
    return samples, codes


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.memory",
        description="Send mixed requests (lines, pages from 20x20 to 4000x4000, broken ones) to "
        "hubocr serve with ocr_rec and ocr_system, and print its resident memory by quarter.",
    )
    parser.add_argument("--requests", type=int, default=20_000, metavar="N")
    parser.add_argument("--clients", type=int, default=4, metavar="N")
    parser.add_argument("--threads", type=int, default=usable_cores(), metavar="N")
    parser.add_argument("--seed", type=int, default=0)
    add_output_arguments(parser, "memory.json")
    options = parser.parse_args(arguments)
    try:
        lines = [s.path for name in ("captcha_real", "lines_zh") for s in load_set(name).samples]
        pages = [s.path for name in ("scene", "pages") for s in load_set(name).samples]
        mix = Mix(lines[::4], pages[::3], options.seed)
        with running(own_server(options.threads)) as server:
            start = resident_mib(server.process.pid)
            samples, codes = measure(
                server.port, server.process.pid, mix, options.requests, options.clients
            )
    except (DatasetError, ServerStartError) as error:
        print(error, file=sys.stderr)
        return 1
    length = len(samples) // 4
    quarters = [statistics.median(samples[n * length : (n + 1) * length]) for n in range(4)]
    print(describe_machine().summary)
    print(f"answers: {', '.join(f'{n} x {code}' for code, n in sorted(codes.items()))}")
    print(f"ready: {start:.0f} MiB, peak: {max(samples):.0f} MiB")
    print(f"median of each quarter: {', '.join(f'{value:.0f}' for value in quarters)} MiB")
    print(f"last quarter / second quarter: {quarters[3] / quarters[1]:.3f}")
    content = {
        "settings": {
            key: getattr(options, key) for key in ("requests", "clients", "threads", "seed")
        },
        "codes": {str(code): n for code, n in sorted(codes.items())},
        "ready_mib": start,
        "peak_mib": max(samples),
        "quarter_medians_mib": quarters,
    }
    write_results(options, content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
