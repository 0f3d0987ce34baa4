"""Work that takes long, of every kind that a client can cause: who is beside it, and the end."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests

from benchmarks import attack_kinds as kinds
from benchmarks import image_bombs as bombs
from benchmarks.attacks import resident_mb
from tests.server.conftest import encoded
from tests.server.running import Server, running
from tests.server.test_attacks import Beside
from tests.waiting import until

CAPTCHA = encoded("captchas/a.png")
NOISY: dict[str, object] = {"det_db_thresh": 0, "det_db_box_thresh": 0, "det_box_type": "poly"}
LARGER: dict[str, object] = {"det_limit_type": "resize_long", "det_limit_side_len": 4000}


REQUESTS: dict[str, tuple[Callable[[], bytes], int, int]] = {
    # name: (request, how many side by side, MB that they may take)
    "progressive JPEG": (
        lambda: kinds.asked("ocr_rec", bombs.progressive_jpeg(5000)),
        2,
        100,
    ),
    "GIF comments": (
        lambda: kinds.asked("ocr_rec", bombs.gif_with_comments(8_000_000, 1)),
        2,
        200,
    ),
    "PNG chunks": (
        lambda: kinds.asked(
            "ocr_rec", bombs.png_with_chunks(b"iCCP", bombs.packed_profile(1000), 9000)
        ),
        2,
        150,
    ),
    "page of many lines": (
        lambda: kinds.asked("ocr_system", kinds.text_page(900, 2400, 2400), **LARGER),
        2,
        700,
    ),
    "noise as polygons": (
        lambda: kinds.asked("ocr_det", kinds.noise(1500), **NOISY, **LARGER),
        2,
        700,
    ),
    "drawing of 49 MP": (lambda: kinds.visualized(kinds.text_page(40, 7000, 7000)), 1, 900),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_others_are_answered_beside_work_that_takes_long(attacked: Server, name: str) -> None:
    make, count, most_mb = REQUESTS[name]
    before, peak = resident_mb(attacked.process.pid), 0.0
    request, answers = make(), list[bytes]()

    def send() -> None:
        with ThreadPoolExecutor(count) as pool:
            answers.extend(pool.map(lambda _: kinds.exchange(attacked.port, request), range(count)))

    with Beside(attacked) as beside:
        attacker = threading.Thread(target=send)
        attacker.start()
        while attacker.is_alive():
            peak = max(peak, resident_mb(attacked.process.pid))
            time.sleep(0.02)
    assert {kinds.status(answer) for answer in answers} <= {200, 413, 422, 504}, answers[0][:300]
    assert beside.wrong == []
    assert beside.longest["health"] < 3
    assert peak - before < most_mb
    # And after the answer nothing goes on.
    start = time.monotonic()
    reply = requests.post(f"{attacked.url}/predict/ocr_rec", json={"images": [CAPTCHA]}, timeout=30)
    assert reply.status_code == 200
    assert time.monotonic() - start < 3


def test_the_log_of_an_attack_has_few_lines(attacked: Server) -> None:
    """Decoders complain on standard error, a line for each of thousands of damaged chunks."""
    written = len(attacked.log)
    data = bombs.png_with_chunks(b"iCCP", b"x" * 20, 900)
    kinds.exchange(attacked.port, kinds.asked("ocr_rec", data))
    time.sleep(0.5)
    assert len(attacked.log[written:].splitlines()) < 5


def test_the_requests_of_one_address_leave_places_in_the_queue(tmp_path: Path) -> None:
    flags = ("--threads", "1", "--limit-queue", "12", "--limit-queue-per-client", "8")
    with running(tmp_path, *flags, modules=("ocr_rec", "ocr_system")) as server:
        page = kinds.asked("ocr_system", *[kinds.text_page(40, 700, 600)] * 4)
        with Beside(server) as beside, ThreadPoolExecutor(30) as pool:
            answers = list(pool.map(lambda _: kinds.exchange(server.port, page, 90), range(30)))
        statuses = {kinds.status(answer) for answer in answers}
        assert 429 in statuses
        assert statuses <= {200, 429, 504}
        assert beside.wrong == []


def test_sigterm_does_not_wait_for_answers_that_nobody_reads(tmp_path: Path) -> None:
    settings = {"limit_body_s": 3, "drain_s": 60}
    request = kinds.visualized(kinds.noise(1200))
    with running(tmp_path, modules=("ocr_system",), server=settings) as server, ExitStack() as some:
        assert len(kinds.exchange(server.port, request)) > 2_000_000
        for _ in range(3):
            client = some.enter_context(socket.socket())
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.connect(("127.0.0.1", server.port))
            client.sendall(request)
        until(lambda: server.log.count("POST /ocr 200") == 4)
        start = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - start < 15
