"""One small request must not take the server down: each kind of attack, and who is beside it.

The long ones, with figures, are in `benchmarks.attacks`.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import socket
import threading
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import requests
from PIL import Image

from benchmarks import attack_kinds as kinds
from benchmarks.attacks import resident_mb
from tests.server.conftest import encoded
from tests.server.running import Server, figures, running

CAPTCHA = encoded("captchas/a.png")


class Beside:
    """A captcha client and a health probe while a block runs; both must be answered well."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._over = threading.Event()
        self.longest = {"health": 0.0, "captcha": 0.0}
        self.wrong: list[str] = []
        self._threads = [threading.Thread(target=self._ask, args=(name,)) for name in self.longest]

    def __enter__(self) -> Beside:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(60)

    def _ask(self, name: str) -> None:
        url = self._server.url
        with requests.Session() as session:
            while not self._over.wait(0.02):
                start = time.monotonic()
                if name == "health":
                    reply = session.get(f"{url}/v2/health/live", timeout=30)
                    good = reply.status_code == 200
                else:
                    body = {"images": [CAPTCHA]}
                    reply = session.post(f"{url}/predict/ocr_rec", json=body, timeout=30)
                    good = reply.status_code == 200 and '"text":"7394"' in reply.text
                if not good:
                    self.wrong.append(f"{name}: {reply.status_code} {reply.text[:200]}")
                self.longest[name] = max(self.longest[name], time.monotonic() - start)


def flat_png(side: int) -> bytes:
    file = io.BytesIO()
    Image.new("L", (side, side), 255).save(file, "PNG")
    return file.getvalue()


LARGER = {"det_limit_side_len": 4000}
OFTEN = 2
REQUESTS: dict[str, tuple[Callable[[], bytes], int, int]] = {
    # name: (request, how often, MB that it may take)
    "flat WebPs": (lambda: kinds.asked("ocr_rec", *[kinds.flat_webp(5000)] * 32), 1, 600),
    "one pixel enlarged": (
        lambda: kinds.asked("ocr_det", flat_png(1), det_limit_type="resize_long", **LARGER),
        OFTEN,
        100,
    ),
    "small page enlarged": (
        lambda: kinds.asked("ocr_system", flat_png(200), det_limit_type="min", **LARGER),
        OFTEN,
        100,
    ),
    "lists": (lambda: kinds.message("/predict/ocr_rec", kinds.json_of_lists(9_000_000)), 1, 120),
    "objects": (
        lambda: kinds.message("/predict/ocr_rec", kinds.json_of_objects(9_000_000)),
        1,
        120,
    ),
    "nests": (lambda: kinds.message("/predict/ocr_rec", kinds.json_of_nests(9_000_000)), 1, 120),
    "keys": (lambda: kinds.message("/ocr", kinds.json_of_keys(9_000_000)), 1, 120),
    "idna": (lambda: kinds.form(b"xn--a-" + b"b" * 60_000, "idna"), OFTEN, 100),
    "undefined": (lambda: kinds.form(b"x", "undefined"), OFTEN, 100),
    "large field": (lambda: kinds.form(b"x" * 200_000, "utf-8"), OFTEN, 100),
    "deep option": (
        lambda: kinds.message(
            "/predict/ocr_rec",
            b'{"images": ["x"], "options": {"drop_score": ' + b"[" * 960 + b"]" * 960 + b"}}",
        ),
        OFTEN,
        100,
    ),
    "ranges": (
        lambda: kinds.asked(
            "ocr_rec",
            flat_png(40),
            rec_charset=kinds.scattered_charset(time.monotonic_ns()),
            rec_case="lower",
        ),
        6,
        100,
    ),
    "beam": (
        lambda: kinds.asked(
            "ocr_rec",
            noisy_line(),
            rec_charset="hanzi",
            rec_beam_width=100,
            rec_alternatives=50,
            rec_length="1-64",
        ),
        OFTEN,
        250,
    ),
    "large plain image": (lambda: kinds.asked("ocr_rec", flat_png(7000)), 3, 600),
}
REFUSED = {"one pixel enlarged", "small page enlarged", "lists", "objects", "nests", "keys"}
REFUSED |= {"large field", "deep option", "undefined", "idna"}


def noisy_line() -> bytes:
    pixels = np.random.default_rng(0).integers(0, 256, (48, 2400), np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG")
    return file.getvalue()


@pytest.mark.parametrize("name", REQUESTS)
def test_who_is_beside_an_attack_is_answered_and_memory_stays_bounded(
    attacked: Server, name: str
) -> None:
    make, often, most_mb = REQUESTS[name]
    before = resident_mb(attacked.process.pid)
    request = make()
    peak = 0.0
    with Beside(attacked) as beside:
        attacker = threading.Thread(target=lambda: answers.extend(send(often)))
        answers: list[bytes] = []

        def send(count: int) -> list[bytes]:
            return [kinds.exchange(attacked.port, request) for _ in range(count)]

        attacker.start()
        while attacker.is_alive():
            peak = max(peak, resident_mb(attacked.process.pid))
            time.sleep(0.02)
    statuses = {kinds.status(answer) for answer in answers}
    assert statuses <= ({400, 413, 422} if name in REFUSED else {200, 504}), answers[0][:500]
    assert max(map(len, answers)) < 100_000
    assert beside.wrong == []
    assert peak - before < most_mb
    assert beside.longest["health"] < 3  # on a machine that may be busy with other tests


def test_memory_comes_back_after_large_images_and_inputs(attacked: Server) -> None:
    post = requests.post
    body = {"images": [CAPTCHA]}
    assert post(f"{attacked.url}/predict/ocr_rec", json=body, timeout=30).status_code == 200
    time.sleep(5)
    rest = resident_mb(attacked.process.pid)
    # 3.6 megapixels for the detector, which the default limit allows.
    options: dict[str, object] = {"det_limit_type": "resize_long", "det_limit_side_len": 1888}
    for _ in range(2):
        kinds.exchange(attacked.port, kinds.asked("ocr_det", flat_png(300), **options))
        kinds.exchange(attacked.port, kinds.asked("ocr_rec", *[kinds.flat_webp(4000)] * 8))
    end = time.monotonic() + 15
    while (now := resident_mb(attacked.process.pid)) > 1.15 * rest and time.monotonic() < end:
        time.sleep(0.5)
    assert now <= 1.15 * rest


def test_unfinished_bodies_are_bounded(tmp_path: Path) -> None:
    server_settings = {"limit_bodies_bytes": 30_000_000, "limit_body_s": 5}
    with running(tmp_path, server=server_settings) as server:
        before = resident_mb(server.process.pid)
        clients = []
        body = b'{"images": ["' + b"A" * 6_000_000
        for _ in range(20):
            client = kinds.connected(server.port, 10)
            clients.append(client)
            threading.Thread(
                target=lambda c=client: _ignore(c, kinds.message("/predict/ocr_rec", body)[:-1]),
                daemon=True,
            ).start()
        time.sleep(2)
        assert resident_mb(server.process.pid) - before < 150
        reply = requests.post(
            f"{server.url}/predict/ocr_rec", json={"images": [CAPTCHA]}, timeout=30
        )
        assert reply.json()["results"][0][0]["text"] == "7394"
        counted = figures(server)
        assert counted["hubocr_rejections_total", "bytes"] > 0
        for client in clients:
            client.close()
        end = time.monotonic() + 20  # though no request is answered after them
        while (now := resident_mb(server.process.pid)) > 1.1 * before and time.monotonic() < end:
            time.sleep(0.5)
        assert now <= 1.1 * before


def _ignore(client: socket.socket, data: bytes) -> None:
    try:
        client.sendall(data)
        while client.recv(65_536):
            pass
    except OSError:
        pass


def test_a_client_that_leaves_while_it_sends_writes_one_line(attacked: Server) -> None:
    written = len(attacked.log)
    for _ in range(3):
        with kinds.connected(attacked.port) as client:
            client.sendall(kinds.message("/predict/ocr_rec", b"x" * 500_000)[:300_000])
    end = time.monotonic() + 10
    while attacked.log[written:].count("/predict/ocr_rec") < 3 and time.monotonic() < end:
        time.sleep(0.1)
    lines = attacked.log[written:].splitlines()
    assert len(lines) == 3, lines
    assert "Traceback" not in attacked.log


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br"])
def test_packed_bodies(attacked: Server, coding: str) -> None:
    body = json.dumps({"images": [CAPTCHA]}).encode()
    packed = gzip.compress(body) if coding == "gzip" else zlib.compress(body)
    for path, content, kind in (
        ("/predict/ocr_rec", packed, "application/json"),
        ("/predict/ocr_rec", gzip.compress(base64.b64decode(CAPTCHA)), "image/png"),
    ):
        if kind == "image/png" and coding != "gzip":
            continue
        reply = requests.post(
            f"{attacked.url}{path}",
            data=content,
            headers={"Content-Type": kind, "Content-Encoding": coding},
            timeout=30,
        )
        if coding == "br":
            assert reply.status_code == 415
            assert "Content-Encoding" in reply.json()["msg"]
            assert reply.headers["Accept-Encoding"] == "gzip, deflate"
        else:
            assert reply.json()["results"][0][0]["text"] == "7394"


def test_a_bomb_is_refused_by_its_unpacked_size(attacked: Server) -> None:
    before = resident_mb(attacked.process.pid)
    reply = requests.post(
        f"{attacked.url}/predict/ocr_rec",
        data=gzip.compress(b'{"images": ["' + b"A" * 100_000_000 + b'"]}'),
        headers={"Content-Type": "application/json", "Content-Encoding": "gzip"},
        timeout=30,
    )
    assert reply.status_code == 413
    assert resident_mb(attacked.process.pid) - before < 80


def test_an_empty_list_of_paths_beside_images_opens_nothing(attacked: Server) -> None:
    def ask(paths: object) -> requests.Response:
        body = {"images": [CAPTCHA], "paths": paths}
        return requests.post(f"{attacked.url}/predict/ocr_rec", json=body, timeout=30)

    assert ask([]).json()["results"][0][0]["text"] == "7394"
    refused: tuple[object, ...] = (["/etc/passwd"], "/etc/passwd", "", None, {}, 0)
    for paths in refused:
        assert ask(paths).status_code == 400


@pytest.mark.parametrize("end", ["import sys; sys.exit(3)", "def broken(:", "1 / 0"])
def test_params_that_fail_at_a_reload_are_one_line(tmp_path: Path, end: str) -> None:
    module = tmp_path / "module"
    module.mkdir()
    source = Path(__file__).resolve().parents[2] / "deploy" / "hubserving" / "ocr_rec"
    for file in source.iterdir():
        if file.is_file():
            (module / file.name).write_bytes(file.read_bytes())
    keys = tmp_path / "keys"
    keys.write_text("k\n", encoding="utf-8")
    modules = {"ocr_rec": {"directory": str(module)}}
    with running(tmp_path, "--api-keys", str(keys), modules=modules) as server:
        params = module / "params.py"
        params.write_text(params.read_text(encoding="utf-8") + f"\n{end}\n", encoding="utf-8")
        written = len(server.log)
        server.process.send_signal(1)
        wait = time.monotonic() + 10
        while "reload failed" not in server.log[written:] and time.monotonic() < wait:
            time.sleep(0.1)
        (line,) = [x for x in server.log[written:].splitlines() if "reload" in x]
        assert "params.py can't be run" in line
        assert "Traceback" not in server.log
        reply = requests.post(
            f"{server.url}/predict/ocr_rec",
            json={"images": [CAPTCHA]},
            headers={"X-API-Key": "k"},
            timeout=30,
        )
        assert reply.status_code == 200
