"""Large pages at every route that takes files: memory stays within the server's budget."""

from __future__ import annotations

import base64
import io
import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from benchmarks import attack_kinds as kinds
from benchmarks.attacks import resident_mb
from benchmarks.image_bombs import encoded
from tests.documents.pdfs import PdfPage, make_pdf
from tests.server.running import Server, running


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("documents")
    settings = {"limit_answer_bytes": 8_000_000}
    flags = ("--threads", "2", "--limit-deadline-s", "20")
    with running(folder, *flags, modules=("ocr_system",), server=settings) as started:
        yield started


def tiff(count: int, side: int) -> bytes:
    pages = [Image.new("L", (side, side), 255)] * count
    file = io.BytesIO()
    pages[0].save(file, "TIFF", save_all=True, append_images=pages[1:], compression="tiff_deflate")
    return file.getvalue()


def noise(side: int) -> Image.Image:
    pixels = np.random.default_rng(0).integers(0, 256, (side, side, 3), np.uint8)
    return Image.fromarray(pixels)


def ocr(data: bytes, kind: int = 1, **more: object) -> bytes:
    body = {"file": base64.b64encode(data).decode(), "fileType": kind, **more}
    return kinds.message("/ocr", json.dumps(body).encode())


def form(path: str, field: str, data: bytes, **fields: object) -> bytes:
    body = b""
    for name, value in fields.items():
        head = f'--B\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        body += head.encode()
    head = f'--B\r\nContent-Disposition: form-data; name="{field}"; filename="a"\r\n\r\n'
    body += head.encode() + data + b"\r\n--B--\r\n"
    return kinds.message(path, body, "multipart/form-data; boundary=B")


def large_pdf() -> bytes:
    return make_pdf(*[PdfPage(media_box=(0, 0, 2400, 2400))] * 3)


REQUESTS: dict[str, tuple[Callable[[], bytes], int, set[int]]] = {
    # name: (request, how many side by side, statuses)
    "picture of 49 MP": (lambda: ocr(kinds.text_page(20, 7000, 7000)), 2, {200}),
    "TIFF of large pages": (lambda: ocr(tiff(3, 6300), visualize=False), 4, {200, 504}),
    "PDF of large pages": (lambda: ocr(large_pdf(), 0), 2, {200, 504}),
    "file with a drawing": (
        lambda: form("/export/image", "files", kinds.text_page(20, 7000, 7000)),
        1,
        {200},
    ),
    "file with large images": (lambda: form("/export/pdf", "files", tiff(2, 6300)), 1, {200, 504}),
    "pages": (lambda: form("/pages", "file", large_pdf(), pdf_dpi=144), 2, {413}),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_memory_stays_bounded(attacked: Server, name: str) -> None:
    make, count, statuses = REQUESTS[name]
    request = make()
    before = resident_mb(attacked.process.pid)
    peak, done = 0.0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(0.02):
            peak = max(peak, resident_mb(attacked.process.pid))

    with ThreadPoolExecutor(count + 1) as pool:
        watching = pool.submit(watch)
        asked = [pool.submit(kinds.exchange, attacked.port, request) for _ in range(count)]
        found = {kinds.status(answer.result()) for answer in asked}
        done.set()
        watching.result()
    assert found <= statuses
    assert peak - before < 900
    end = time.monotonic() + 20
    while (now := resident_mb(attacked.process.pid)) > before + 100 and time.monotonic() < end:
        time.sleep(0.5)
    assert now <= before + 100


@pytest.mark.parametrize(
    "make",
    [
        lambda: ocr(_noisy_tiff(), 1),
        lambda: form("/export/pdf", "files", _noisy_tiff()),
        lambda: form("/pages", "file", encoded(noise(2000), "JPEG", quality=20)),
    ],
    ids=["/ocr", "/export", "/pages"],
)
def test_an_answer_that_would_be_too_large_is_refused(
    attacked: Server, make: Callable[[], bytes]
) -> None:
    answer = kinds.exchange(attacked.port, make())
    assert kinds.status(answer) in (400, 413)
    assert b"limit_answer_bytes" in answer or b"too much memory" in answer


def _noisy_tiff() -> bytes:
    pages = [noise(420)] * 20
    file = io.BytesIO()
    pages[0].save(file, "TIFF", save_all=True, append_images=pages[1:])
    return file.getvalue()
