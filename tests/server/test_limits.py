"""Limits: each with its own clear error."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from tests.server.conftest import encoded
from tests.server.running import Server, running

PAGE = "pages/receipt.png"


@pytest.fixture(scope="module")
def tight(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with limits that are easy to reach."""
    flags = (
        *("--limit-body-bytes", "200000", "--limit-images", "3", "--limit-pixels", "1000000"),
        *("--limit-queue", "2", "--limit-header-s", "1", "--limit-body-s", "1.5"),
        *("--limit-lines", "5", "--threads", "1"),
    )
    names = ("ocr_rec", "ocr_system")
    with running(tmp_path_factory.mktemp("tight"), *flags, modules=names) as started:
        yield started


def post(server: Server, module: str, images: list[str], **more: object) -> requests.Response:
    return requests.post(
        f"{server.url}/predict/{module}", json={"images": images, **more}, timeout=60
    )


def test_a_large_body_is_refused_by_its_announcement(tight: Server) -> None:
    reply = post(tight, "ocr_rec", ["A" * 300_000])
    assert reply.status_code == 413
    assert "200000 bytes" in reply.json()["msg"]


def test_a_large_body_without_announcement_is_refused_as_well(tight: Server) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(50):
            yield b"A" * 10_000

    reply = requests.post(
        f"{tight.url}/predict/ocr_rec",
        data=chunks(),
        headers={"Content-Type": "application/json"},
        timeout=30,
    )
    assert reply.status_code == 413


def test_the_number_of_images_is_bounded(tight: Server) -> None:
    reply = post(tight, "ocr_rec", [encoded("captchas/a.png")] * 4)
    assert reply.status_code == 413
    assert reply.json()["msg"] == "images has 4 entries, the limit is 3"


def test_pixels_are_counted_in_the_header(tight: Server) -> None:
    bomb, good = encoded("odd/bomb_header.png"), encoded("captchas/a.png")
    alone = post(tight, "ocr_rec", [bomb])
    assert alone.status_code == 413
    beside = post(tight, "ocr_rec", [good, bomb]).json()["results"][0]
    assert beside[0]["text"] == "7394"
    assert "images[1]" in beside[1]["error"]


def test_the_number_of_lines_is_bounded(tight: Server) -> None:
    reply = post(tight, "ocr_system", [encoded(PAGE)])
    assert reply.status_code == 413
    assert "the limit is 5" in reply.json()["msg"]


def test_a_full_queue_is_answered_at_once_with_when_to_come_back(tight: Server) -> None:
    images = [encoded("lines/zh_plain.png")] * 3
    with ThreadPoolExecutor(24) as pool:
        replies = list(pool.map(lambda _: post(tight, "ocr_rec", images), range(48)))
    codes = {reply.status_code for reply in replies}
    assert codes == {200, 429}
    refused = next(reply for reply in replies if reply.status_code == 429)
    assert int(refused.headers["Retry-After"]) >= 1
    assert refused.json()["status"] == "101"
    assert post(tight, "ocr_rec", images).status_code == 200


def test_a_client_that_never_sends_a_head_is_cut_off(tight: Server) -> None:
    with socket.create_connection(("127.0.0.1", tight.port), timeout=10) as silent:
        silent.sendall(b"POST /predict/ocr_rec HTTP/1.1\r\nHost: x\r\n")
        start = time.monotonic()
        assert silent.recv(100) == b""
        assert 0.5 < time.monotonic() - start < 5


def test_a_client_that_sends_its_body_too_slowly_is_told(tight: Server) -> None:
    head = (
        b"POST /predict/ocr_rec HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Content-Length: 1000\r\n\r\n{"
    )
    with socket.create_connection(("127.0.0.1", tight.port), timeout=10) as slow:
        slow.sendall(head)
        assert b"408" in slow.recv(1000).split(b"\r\n")[0]


def test_the_deadline_ends_a_request(tmp_path: Path) -> None:
    flags = ("--limit-deadline-s", "0.5", "--threads", "1", "--limit-images", "200")
    with running(tmp_path, *flags) as server:
        start = time.monotonic()
        reply = post(server, "ocr_rec", [encoded("lines/zh_plain.png")] * 200)
        assert time.monotonic() - start < 2
        assert reply.status_code == 504
        assert reply.json()["msg"] == "no result within 0.5 s"
        # What hadn't begun was dropped: the next request doesn't wait for it.
        start = time.monotonic()
        assert post(server, "ocr_rec", [encoded("captchas/a.png")]).status_code == 200
        assert time.monotonic() - start < 0.5


def test_legacy_clients_get_http_200(tmp_path: Path) -> None:
    with running(tmp_path, "--legacy-http-200") as server:
        for images, code in ((["!"], "101"), ([], "101")):
            reply = post(server, "ocr_rec", images)
            assert (reply.status_code, reply.json()["status"]) == (200, code)
        missing = post(server, "nothing", [encoded("captchas/a.png")])
        assert (missing.status_code, missing.json()["status"]) == (200, "111")


def test_a_thousand_idle_connections_don_t_stop_the_others(server: Server) -> None:
    idle = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(1000)]
    try:
        assert post(server, "ocr_rec", [encoded("captchas/a.png")]).status_code == 200
    finally:
        for connection in idle:
            connection.close()
