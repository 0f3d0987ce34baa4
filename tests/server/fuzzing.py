"""A mutation fuzzer for everything of a request that the server parses: body, form, image files.

``python -m tests.server.fuzzing --inputs 100000`` sends mutated requests to the application in this
process, through its ASGI interface, and stops at the first answer that isn't allowed: a 5xx, no
envelope, or one that took too long. The same seed gives the same inputs.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from hubocr.server import Limits, ModuleEntry, ServerSettings, create_app

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
ALLOWED = frozenset({200, 400, 413, 415, 422})
SLOWEST_S = 5.0
_BOUNDARY = "x-boundary-x"
_NAMES = (
    *("captchas/a.png", "lines/digits.png", "odd/palette.gif", "odd/cmyk.jpg", "odd/grey.png"),
    *("odd/rgba_transparent.png", "odd/exif_orientation_6.jpg", "odd/grey_16bit.png"),
)
_CONTENT_TYPES = (
    *("application/json", f"multipart/form-data; boundary={_BOUNDARY}", "image/png"),
    *("application/octet-stream", "text/plain", "", "application/json; charset=utf-16"),
)
_INTERESTING = (b"\0", b"\xff", b"\xff\xff\xff\xff", b"\x80", b'"', b"{", b"[", b"\\u0000", b"-1")


@dataclass(frozen=True)
class Input:
    """One request."""

    content_type: str
    body: bytes
    path: str = "/predict/ocr_rec"
    method: str = "POST"
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Failure:
    """An answer that isn't allowed, and what caused it."""

    number: int
    reason: str
    given: Input


def mutate(data: bytes, rng: random.Random) -> bytes:
    """Return the bytes with one to four edits."""
    edited = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        place = rng.randrange(len(edited) + 1)
        # Headers and structure stand at the start.
        place = min(place, rng.choice((place, rng.randrange(120))))
        edit = rng.randrange(6)
        if edit == 0 and edited:
            edited[min(place, len(edited) - 1)] = rng.randrange(256)
        elif edit == 1:
            edited[place:place] = rng.choice(_INTERESTING)
        elif edit == 2:
            del edited[place : place + rng.randint(1, 40)]
        elif edit == 3:
            edited[place : place + 4] = rng.randbytes(4)
        elif edit == 4:
            del edited[place:]
        else:
            start = rng.randrange(len(edited) + 1)
            edited[place:place] = edited[start : start + rng.randint(1, 60)]
    return bytes(edited)


def _json_value(rng: random.Random, depth: int = 0) -> Any:
    simple: tuple[Callable[[], Any], ...] = (
        lambda: None,
        lambda: rng.choice((True, False)),
        lambda: rng.randint(-(10**20), 10**20),
        lambda: rng.uniform(-2, 2),
        lambda: rng.choice((float("nan"), float("inf"), 1e308)),
        lambda: "".join(chr(rng.randrange(1, 0xD7FF)) for _ in range(rng.randrange(20))),
        lambda: base64.b64encode(rng.randbytes(rng.randrange(30))).decode(),
    )
    kind = rng.randrange(len(simple) + (2 if depth < 3 else 0))
    if kind < len(simple):
        return simple[kind]()
    values = [_json_value(rng, depth + 1) for _ in range(rng.randrange(4))]
    if kind == len(simple):
        return values
    keys = ("images", "options", "paths", "drop_score", "x", "")
    return {rng.choice(keys): value for value in values}


class Corpus:
    """Draws requests near the border between right and wrong."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)
        self._files = [(FIXTURES / name).read_bytes() for name in _NAMES]

    def draw(self) -> Input:
        """Return the next request."""
        rng = self._rng
        kind = rng.randrange(5)
        if kind == 0:  # a damaged file, sent as it is
            given = Input("image/png", self._file())
        elif kind == 1:  # damaged files in sound JSON
            images = [self._encoded() for _ in range(rng.randint(1, 3))]
            given = Input("application/json", json.dumps({"images": images}).encode())
        elif kind == 2:  # sound files in damaged JSON
            images = [base64.b64encode(rng.choice(self._files)).decode()]
            body = json.dumps({"images": images, "options": {"drop_score": 0.5}}).encode()
            given = Input("application/json", mutate(body, rng))
        elif kind == 3:  # JSON that means something else
            content = _json_value(rng)
            if rng.random() < 0.5:
                content = {"images": content, rng.choice(("options", "paths", "y")): None}
            given = Input("application/json", json.dumps(content).encode())
        else:
            given = Input(f"multipart/form-data; boundary={_BOUNDARY}", self._form())
        if rng.random() < 0.05:
            given = Input(rng.choice(_CONTENT_TYPES), given.body)
        return given

    def _file(self) -> bytes:
        return mutate(self._rng.choice(self._files), self._rng)

    def _encoded(self) -> str:
        text = base64.b64encode(self._file()).decode()
        if self._rng.random() < 0.2:
            text = mutate(text.encode(), self._rng).decode("latin-1")
        return text

    def _form(self) -> bytes:
        part = (
            f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="images"; filename="a.png"\r\n'
            "Content-Type: image/png\r\n\r\n"
        )
        option = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="options"\r\n\r\n'
        body = part.encode() + self._rng.choice(self._files) + b"\r\n"
        if self._rng.random() < 0.5:
            body += option.encode() + json.dumps(_json_value(self._rng)).encode() + b"\r\n"
        return mutate(body + f"--{_BOUNDARY}--\r\n".encode(), self._rng)


class Target:
    """The application, called without a socket.

    Args:
        modules: What it serves.
    """

    def __init__(self, *modules: str) -> None:
        limits = Limits(pixels=100_000, images=4, lines=20)
        entries = tuple(ModuleEntry(name) for name in modules or ("ocr_rec",))
        settings = ServerSettings(modules=entries, limits=limits)
        self._app = create_app(settings)

    def start(self) -> None:
        """Load the models."""
        self._app.state.hubocr.load()

    async def send(self, given: Input) -> tuple[int, bytes]:
        """Return the status and the body of the answer."""
        messages = [{"type": "http.request", "body": given.body, "more_body": False}]
        status, parts = 0, []

        async def receive() -> dict[str, Any]:
            if messages:
                return messages.pop()
            await asyncio.sleep(3600)  # the client waits
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            else:
                parts.append(message.get("body", b""))

        headers = [(b"content-length", str(len(given.body)).encode())]
        if given.content_type:
            headers.append((b"content-type", given.content_type.encode()))
        headers += [(name.encode(), value.encode("latin-1")) for name, value in given.headers]
        path, _, query = given.path.partition("?")
        scope: dict[str, Any] = {
            "type": "http",
            "http_version": "1.1",
            "method": given.method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "scheme": "http",
            "headers": headers,
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 80),
            "state": {},
        }
        await self._app(scope, receive, send)
        return status, b"".join(parts)


def check(_: Input, status: int, body: bytes, seconds: float) -> str | None:
    """Say what is wrong with an answer, or None."""
    if status not in ALLOWED:
        return f"status {status}: {body[:200]!r}"
    if seconds > SLOWEST_S:
        return f"it took {seconds:.1f} s"
    try:
        envelope = json.loads(body)
    except ValueError:
        return f"no JSON: {body[:200]!r}"
    if set(envelope) != {"status", "msg", "results"}:
        return f"no envelope: {sorted(envelope)}"
    if (envelope["status"] == "000") != (status == 200):
        return f"HTTP {status} with status {envelope['status']}"
    return "a stack trace" if "Traceback" in envelope["msg"] else None


def send_all(
    target: Target,
    draw: Callable[[], Input],
    check: Callable[[Input, int, bytes, float], str | None],
    inputs: int,
    progress: bool,
) -> tuple[Counter[int], Failure | None]:
    """Send inputs until one fails; return how often each status was answered, and the failure.

    Args:
        target: The server.
        draw: Returns the next input.
        check: Returns what is wrong with an answer: of an input, status, body and seconds.
        inputs: How many.
        progress: Whether to show how far it is.
    """
    counts = Counter[int]()
    target.start()

    async def run() -> Failure | None:
        numbers = tqdm(
            range(inputs), disable=not progress, unit="input", mininterval=10, file=sys.stdout
        )
        for number in numbers:
            given = draw()
            start = time.perf_counter()
            try:
                status, body = await asyncio.wait_for(target.send(given), 60)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is a finding
                return Failure(number, f"{type(error).__name__}: {error}", given)
            counts[status] += 1
            reason = check(given, status, body, time.perf_counter() - start)
            if reason is not None:
                return Failure(number, reason, given)
        return None

    return counts, asyncio.run(run())


def fuzz(inputs: int, seed: int, progress: bool = False) -> tuple[Counter[int], Failure | None]:
    """Send mutated bodies to ``/predict``; see `send_all`."""
    return send_all(Target(), Corpus(seed).draw, check, inputs, progress)


def fuzz_from_command_line(
    name: str,
    fuzz: Callable[[int, int, bool], tuple[Counter[int], Failure | None]],
    arguments: Sequence[str] | None,
    inputs: int = 100_000,
) -> Failure | None:
    """Fuzz as the command line says and print what was answered; return the failure."""
    parser = argparse.ArgumentParser(prog=f"python -m tests.server.{name}")
    parser.add_argument("--inputs", type=int, default=inputs, help="(default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    counts, failure = fuzz(options.inputs, options.seed, True)
    print(", ".join(f"{count} x {status}" for status, count in sorted(counts.items())))
    print("no failure" if failure is None else f"input {failure.number}: {failure.reason}")
    return failure


def main(arguments: Sequence[str] | None = None) -> int:
    """Fuzz the server's parsers, and write the body of a failure to a file."""
    failure = fuzz_from_command_line("fuzzing", fuzz, arguments)
    if failure is None:
        return 0
    output = Path("fuzz_failure.bin")
    output.write_bytes(failure.given.body)
    print(f"the body, {failure.given.content_type}, is in {output}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
