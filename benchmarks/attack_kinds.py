"""What an unfriendly client sends to a server: each kind once, made on the spot.

`benchmarks.attacks` measures what a server takes for them, and tests send smaller ones. Everything
goes to 127.0.0.1, from an address of its own (127.0.0.2), and ends by itself.
"""

from __future__ import annotations

import base64
import contextlib
import io
import json
import random
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from benchmarks.image_bombs import encoded, gif_with_comments, progressive_jpeg

SOURCE = "127.0.0.2"
SIDE = 7071
"""Side of a square just below 50 megapixels."""


def message(
    path: str, body: bytes, content_type: str = "application/json", headers: str = ""
) -> bytes:
    """Return a whole POST request, after whose answer the server closes."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n{headers}"
        f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def asked(module: str, *images: bytes, **options: object) -> bytes:
    """Return a request for images with options."""
    content = {"images": [base64.b64encode(image).decode() for image in images]}
    if options:
        content["options"] = options  # type: ignore[assignment]
    return message(f"/predict/{module}", json.dumps(content).encode())


def connected(port: int, timeout: float = 60, source: str = SOURCE) -> socket.socket:
    """Return a connection from an attacker's address."""
    return socket.create_connection(("127.0.0.1", port), timeout, source_address=(source, 0))


def exchange(port: int, request: bytes, timeout: float = 60) -> bytes:
    """Send a request and return all that is answered, as far as the server lets it come."""
    answer = bytearray()
    with contextlib.suppress(OSError), connected(port, timeout) as client:
        with contextlib.suppress(OSError):
            client.sendall(request)
        while data := client.recv(1 << 20):
            answer += data
    return bytes(answer)


def status(answer: bytes) -> int:
    """Return the HTTP status of an answer; 0 where there is none."""
    words = answer.split(b" ", 2)
    return int(words[1]) if len(words) > 1 and words[0].startswith(b"HTTP/") else 0


def flat_webp(side: int = SIDE) -> bytes:
    """Return a page of one colour: less than a kilobyte, and as many pixels as any other."""
    return encoded(Image.new("RGB", (side, side), (255, 255, 255)), "WEBP", lossless=True)


def text_page(lines: int, width: int, height: int) -> bytes:
    """Return a PNG of many short lines."""
    page = np.full((height, width), 255, np.uint8)
    for number in range(lines):
        row, column = divmod(number, max(1, width // 120))
        place = (column * 120 + 4, 20 + row * 28)
        cv2.putText(page, f"no {number:04d}", place, cv2.FONT_HERSHEY_SIMPLEX, 0.6, 0, 1)
    return encoded(Image.fromarray(page), "PNG")


def noise(side: int) -> bytes:
    """Return a PNG of noise."""
    pixels = np.random.default_rng(0).integers(0, 256, (side, side), np.uint8)
    return encoded(Image.fromarray(pixels), "PNG")


def captcha() -> bytes:
    """Return a small line, as the friendly client beside sends it."""
    line = np.full((40, 120), 255, np.uint8)
    cv2.putText(line, "7394", (10, 30), cv2.FONT_HERSHEY_SIMPLEX, 1, 0, 2)
    return encoded(Image.fromarray(line), "PNG")


def json_of_lists(size: int = 19_900_000) -> bytes:
    """Return JSON of millions of empty lists."""
    return b'{"images": [' + b"[],[]," * (size // 6) + b"[]]}"


def json_of_objects(size: int = 19_900_000) -> bytes:
    """Return JSON of millions of empty objects under a key that isn't known."""
    return b'{"images": ["x"], "x": [' + b"{}," * (size // 3) + b"{}]}"


def json_of_nests(size: int = 19_900_000) -> bytes:
    """Return JSON of lists that are nested 900 deep, again and again."""
    nest = b"[" * 900 + b"]" * 900 + b","
    return b'{"images": [' + nest * (size // len(nest)) + b"[]]}"


def json_of_keys(size: int = 19_900_000) -> bytes:
    """Return JSON of more than a million unknown keys."""
    return b"{" + b",".join(b'"%07d":1' % number for number in range(size // 12)) + b"}"


def form(field: bytes, charset: str) -> bytes:
    """Return a form request whose Content-Type names a charset."""
    part = b'--B\r\nContent-Disposition: form-data; name="images"; filename="a"\r\n\r\nx\r\n'
    body = part + b'--B\r\nContent-Disposition: form-data; name="options"\r\n\r\n' + field
    body += b"\r\n--B--\r\n"
    return message("/predict/ocr_rec", body, f"multipart/form-data; boundary=B; charset={charset}")


def scattered_charset(seed: int, ranges: int = 2_400) -> str:
    """Return a charset of thousands of ranges, another one for every seed."""
    chosen = random.Random(seed).sample(range(0x4E00, 0x9F00, 2), ranges)
    return "+".join(f"{chr(first)}-{chr(first + 1)}" for first in chosen)


def _lines_request(number: int) -> bytes:
    rng = np.random.default_rng(number)
    lines = []
    for _ in range(8):
        pixels = rng.integers(0, 256, (48, 2400), np.uint8)
        lines.append(encoded(Image.fromarray(pixels), "JPEG"))
    options = {"rec_beam_width": 100, "rec_alternatives": 50, "rec_length": "1-64"}
    return asked("ocr_rec", *lines, rec_charset="hanzi", **options)


def _charset_request(number: int) -> bytes:
    return asked("ocr_rec", captcha(), rec_charset=scattered_charset(number), rec_case="lower")


Send = Callable[[int, float], None]
"""Attacks a port until a moment of ``time.monotonic()``."""


@dataclass(frozen=True)
class Attack:
    """A way to attack.

    Attributes:
        name: What it is, in some words.
        send: Does it.
        deadline_s: Seconds after which the server's answers are of no interest.
    """

    name: str
    send: Send
    deadline_s: float = 40.0


def repeated(make: Callable[[int], bytes], clients: int, most: int) -> Send:
    """Return an attack of clients that send requests, ``most`` each, one after the other."""

    def send(port: int, end: float) -> None:
        def client(first: int) -> None:
            for number in range(first, first + most):
                if time.monotonic() > end:
                    return
                exchange(port, make(number))

        _side_by_side(client, [n * most for n in range(clients)])

    return send


def _side_by_side(work: Callable[[int], None], numbers: list[int]) -> None:
    threads = [threading.Thread(target=work, args=(number,), daemon=True) for number in numbers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)


def endless_headers(port: int, end: float) -> None:
    """Send one header line, or many, without an end."""

    def client(number: int) -> None:
        piece = b"a" * 65_536 if number == 0 else b"a: b\r\n" * 10_000
        while time.monotonic() < end:
            with contextlib.suppress(OSError), connected(port, 5) as sender:
                sender.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX: ")
                while time.monotonic() < end:
                    sender.sendall(piece)
            time.sleep(0.01)

    _side_by_side(client, [0, 1])


def unfinished_bodies(port: int, end: float, connections: int = 150) -> None:
    """Send all but the last byte of many large bodies, and wait."""
    request = message("/predict/ocr_rec", b'{"images": ["' + b"A" * 19_900_000 + b'"]}')[:-1]

    def client(number: int) -> None:
        with contextlib.suppress(OSError), connected(port, 30) as sender:
            sender.sendall(request)
            while time.monotonic() < end and sender.recv(65_536):
                pass

    _side_by_side(client, list(range(connections)))


def unread_answers(port: int, end: float, connections: int = 20) -> None:
    """Ask for large answers, and read none of them."""
    key = b'{"images": ["x"], "options": {"' + b"k" * 60_000 + b'": 1}}'
    page = text_page(800, 1200, 2400)
    request = asked("ocr_system", *([page] * 8))
    waiting = []
    with contextlib.ExitStack() as stack:
        for number in range(connections):
            with contextlib.suppress(OSError):
                client = stack.enter_context(connected(port, 5))
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                client.sendall(request if number % 2 else message("/predict/ocr_rec", key))
                waiting.append(client)
        time.sleep(max(0.0, end - time.monotonic()))


def idle_connections(port: int, end: float, connections: int = 3_000) -> None:
    """Open connections and say nothing."""
    with contextlib.ExitStack() as stack:
        for _ in range(connections):
            with contextlib.suppress(OSError):
                stack.enter_context(connected(port, 2))
        time.sleep(max(0.0, end - time.monotonic()))


def _bomb(module: str, data: Callable[[], bytes], count: int = 1) -> bytes:
    return asked(module, *([data()] * count))


def attacks() -> Mapping[str, Attack]:
    """Return the attacks by name, in the order of the table in ``RESULTS.md``."""
    return {attack.name: attack for attack in _attacks()}


def _same(make: Callable[[], bytes]) -> Callable[[int], bytes]:
    made: list[bytes] = []

    def get(number: int) -> bytes:
        if not made:
            made.append(make())
        return made[0]

    return get


def _attacks() -> Iterator[Attack]:
    def one(name: str, make: Callable[[], bytes], clients: int = 1, most: int = 1) -> Attack:
        return Attack(name, repeated(_same(make), clients, most))

    def predict(body: Callable[[], bytes]) -> Callable[[], bytes]:
        return lambda: message("/predict/ocr_rec", body())

    yield one("32 flat WebPs of 50 MP", lambda: _bomb("ocr_rec", flat_webp, 32), most=2)
    enlarged: dict[str, object] = {"det_limit_type": "resize_long", "det_limit_side_len": 4000}
    yield one("1x1 enlarged to 4000", lambda: asked("ocr_system", flat_png(1), **enlarged), 4)
    yield one(
        "progressive JPEG, 5000 scans",
        lambda: _bomb("ocr_rec", lambda: progressive_jpeg(5_000)),
        clients=2,
    )
    yield one(
        "GIF with 12 MB of comment",
        lambda: _bomb("ocr_rec", lambda: gif_with_comments(12_000_000, 1)),
        clients=2,
    )
    yield one("form, charset=idna", lambda: form(b"xn--a-" + b"b" * 120_000, "idna"), most=3)
    yield one("JSON of lists, 20 MB", predict(json_of_lists), most=2)
    yield one("JSON of nests, 20 MB", predict(json_of_nests), most=2)
    yield one("JSON of keys, 20 MB", predict(json_of_keys), most=2)
    yield Attack("endless headers", endless_headers)
    yield Attack("150 unfinished bodies of 20 MB", unfinished_bodies)
    yield Attack("answers that nobody reads", unread_answers)
    yield Attack("3000 idle connections", idle_connections)
    yield one(
        "140 connections of 8 pages",
        lambda: _bomb("ocr_system", lambda: text_page(60, 1000, 800), 8),
        clients=140,
    )
    yield one("40 requests of 50 MP", lambda: _bomb("ocr_rec", lambda: flat_png(SIDE)), 8, 5)
    yield Attack("beam of 100 on noise, 4 clients", repeated(_lines_request, 4, 3))
    yield Attack("2400 ranges, new each time, 4 clients", repeated(_charset_request, 4, 20))
    noisy: dict[str, object] = {"det_limit_type": "resize_long", "det_limit_side_len": 4000}
    noisy |= {"det_box_type": "poly", "det_db_thresh": 0, "det_db_box_thresh": 0}
    yield one("noise as polygons at 4000", lambda: asked("ocr_det", noise(1500), **noisy), 2)
    yield one("page of 1000 lines", lambda: asked("ocr_system", text_page(990, 2400, 2400)), 2)
    yield one("visualize of 49 MP", lambda: visualized(text_page(40, 7000, 7000)))


def flat_png(side: int) -> bytes:
    """Return a white square."""
    file = io.BytesIO()
    Image.new("L", (side, side), 255).save(file, "PNG")
    return file.getvalue()


def visualized(page: bytes) -> bytes:
    """Return a request for a page's text and its drawing."""
    content = {"file": base64.b64encode(page).decode(), "fileType": 1, "visualize": True}
    return message("/ocr", json.dumps(content).encode())
