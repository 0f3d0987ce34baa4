"""The client tools/test_hubserving.py, run as a program: what it asks, prints and complains of."""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.tools.client_runs import (
    CLIENT,
    FRAME,
    NOWHERE,
    ODD,
    Client,
    Hub,
    Reply,
    envelope,
    make_image,
    system_item,
)

# --- what is sent and printed ---


@pytest.mark.parametrize(
    ("module", "result"),
    [
        ("ocr_rec", [{"confidence": 0.98, "text": "韩国小馆"}]),
        ("ocr_cls", [{"angle": "180", "confidence": 0.99}]),
        ("ocr_det", [{"text_region": FRAME}]),
        ("ocr_system", [system_item("纯臻营养护发素")]),
        ("ocr_system", []),
        ("structure_system", {"layout": "whatever"}),
    ],
)
def test_result_is_printed(
    module: str, result: Any, hub: Hub, client: Client, images: Path
) -> None:
    data = make_image(images / "a.png")
    hub.answer = lambda data: envelope([result])
    run = client(f"--server_url={hub.address}/predict/{module}", f"--image_dir={images}")
    assert (run.code, run.err) == (0, "")
    timing, printed, mean = run.out.splitlines()
    assert timing.startswith(f"Predict time of {images / 'a.png'}: ")
    assert float(timing.rpartition(" ")[2]) >= 0
    assert json.loads(printed) == result
    assert all(word in printed for word in ("韩国小馆",) if module == "ocr_rec")
    assert mean == f"avg time cost: {timing.rpartition(' ')[2]}"
    (request,) = hub.requests
    assert request.path == f"/predict/{module}"
    assert request.kind == "application/json"
    assert request.body == {"images": [base64.b64encode(data).decode("ascii")]}
    assert not (images.parent / "hubserving_result").exists()


def test_folder_is_read_by_ending_and_in_order(hub: Hub, client: Client, images: Path) -> None:
    for name in ("b.PNG", "c.jpeg", "a.webp", "d.GIF"):
        make_image(images / name)
    (images / "notes.txt").write_text("not sent")
    (images / "below.png").mkdir()
    make_image(images / "below.png" / "z.png")
    run = client("--server_url", f"{hub.address}/predict/ocr_rec", "--image_dir", images)
    assert run.code == 0
    order = [line.split(": ")[0] for line in run.out.splitlines() if "Predict time" in line]
    assert order == [
        f"Predict time of {images / name}" for name in ("a.webp", "b.PNG", "c.jpeg", "d.GIF")
    ]
    sent = [base64.b64decode(request.body["images"][0]) for request in hub.requests]
    assert sent == [(images / n).read_bytes() for n in ("a.webp", "b.PNG", "c.jpeg", "d.GIF")]


def test_older_positional_form(hub: Hub, client: Client, images: Path) -> None:
    make_image(images / "a.png")
    run = client(f"{hub.address}/predict/ocr_rec", "--timeout", "20", images / "a.png")
    assert (run.code, len(hub.requests)) == (0, 1)


def test_an_api_key_is_sent_where_there_is_one(hub: Hub, client: Client, images: Path) -> None:
    make_image(images / "a.png")
    url = f"--server_url={hub.address}/predict/ocr_rec"
    client(url, f"--image_dir={images}")
    client(url, f"--image_dir={images}", HUBOCR_API_KEY=" secret-1\n")
    client(url, f"--image_dir={images}", "--api-key=secret-2", HUBOCR_API_KEY="secret-1")
    assert [request.key for request in hub.requests] == [None, "secret-1", "secret-2"]
    refused = client(url, f"--image_dir={images}", "--api-key=secret 3")
    assert refused.code == 2
    assert "secret 3" not in refused.out + refused.err


def test_every_hundredth_file_is_counted(hub: Hub, client: Client, images: Path) -> None:
    data = make_image(images / "000.png", (2, 2))
    for number in range(1, 201):
        (images / f"{number:03}.png").write_bytes(data)
    run = client(f"--server_url={hub.address}/predict/ocr_rec", f"--image_dir={images}")
    counts = [line for line in run.out.splitlines() if line.endswith(" processed")]
    assert (run.code, counts) == (0, ["100 processed", "200 processed"])


def test_mean_is_over_the_answered_files(hub: Hub, client: Client, images: Path) -> None:
    make_image(images / "a.png")
    make_image(images / "b.png")

    def delayed(data: bytes) -> Reply:
        time.sleep(0.1)
        return envelope([[]])

    hub.answer = delayed
    run = client(f"--server_url={hub.address}/predict/ocr_rec", f"--image_dir={images}")
    lines = run.out.splitlines()
    times = [float(line.rpartition(" ")[2]) for line in lines if "Predict time" in line]
    assert min(times) >= 0.1
    assert float(lines[-1].removeprefix("avg time cost: ")) == pytest.approx(
        sum(times) / 2, abs=0.002
    )


def test_narrow_output_encoding_does_not_end_the_run(
    hub: Hub, client: Client, images: Path
) -> None:
    make_image(images / "a.png")
    hub.answer = lambda data: envelope([[{"text": "中文", "confidence": 1.0}]])
    url = f"--server_url={hub.address}/predict/ocr_rec"
    run = client(url, f"--image_dir={images}", PYTHONIOENCODING="ascii")
    assert run.code == 0
    assert r"\u4e2d\u6587" in run.out


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a pseudo-terminal")
def test_progress_bar_only_on_a_terminal(hub: Hub, images: Path) -> None:
    for name in ("a.png", "b.png"):
        make_image(images / name)
    controller, terminal = os.openpty()
    try:
        done = subprocess.run(
            [sys.executable, CLIENT, f"{hub.address}/predict/ocr_rec", images],
            stdout=subprocess.PIPE,
            stderr=terminal,
            env={**os.environ, "NO_PROXY": "*"},
            timeout=60,
            check=False,
        )
        shown = os.read(controller, 65536).decode()
    finally:
        os.close(terminal)
        os.close(controller)
    assert done.returncode == 0
    assert b"[#" not in done.stdout
    assert "] 1/2" in shown and "] 2/2" in shown


# --- what goes wrong ---


HTML_500 = Reply(b"<html><title>500</title><h1>Internal Server Error</h1></html>", 500, "text/html")


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (envelope("", "101", "Invalid base64-encoded string"), "status 101: Invalid base64"),
        (envelope("", "111", "Module ocr_x is not available."), "status 111: Module ocr_x is not"),
        (envelope("", "-1", "Please check data format!"), "status -1: Please check data format!"),
        (envelope("", "101", "zu viel", 413), "HTTP 413, status 101: zu viel"),
        (envelope("", "000", "nested"), "status 000, but no result for the image; msg: nested"),
        (envelope([]), "status 000, but no result"),
        (envelope("", "101", "red \x1b[31m\nink"), "status 101: red [31m ink"),
        (HTML_500, "HTTP 500, no answer of hubserving: 500 Internal Server Error"),
        (Reply(b"<p>Hello</p>", 200, "text/html"), "HTTP 200, no answer of hubserving: Hello"),
        (Reply(b'["000"]'), 'HTTP 200, no answer of hubserving: ["000"]'),
        (Reply(b"[" * 100_000), "HTTP 200, no answer of hubserving: [["),
        (Reply(b"", 502), "HTTP 502, no answer of hubserving: (empty)"),
    ],
)
def test_bad_answer_is_reported(
    reply: Reply, expected: str, hub: Hub, client: Client, images: Path
) -> None:
    make_image(images / "a.png")
    hub.answer = lambda data: reply
    run = client(f"--server_url={hub.address}/predict/ocr_rec", f"--image_dir={images}")
    assert (run.code, run.out) == (1, "")
    report, summary = run.err.splitlines()
    assert report.startswith(f"error: {images / 'a.png'}: {expected}")
    assert summary == "error: 1 of 1 files failed"


def test_refused_connection(client: Client, images: Path) -> None:
    make_image(images / "a.png")
    with socket.socket() as taken:  # bound, but nobody listens
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/predict/ocr_rec"
        run = client(f"--server_url={url}", f"--image_dir={images}")
    assert (run.code, run.out) == (1, "")
    assert run.err.startswith(f"error: {images / 'a.png'}: the request to {url} failed: ")
    assert "refused" in run.err


def test_slow_server(hub: Hub, client: Client, images: Path) -> None:
    def slow(data: bytes) -> Reply:
        hub.released.wait(30)
        return envelope([[]])

    make_image(images / "a.png")
    hub.answer = slow
    url = f"{hub.address}/predict/ocr_rec"
    run = client(f"--server_url={url}", f"--image_dir={images}", "--timeout=0.3")
    assert run.code == 1
    assert f"error: {images / 'a.png'}: timeout: no answer from {url} within 0.3 s" in run.err


@pytest.mark.parametrize(
    "error_item",
    [
        {"text": "", "confidence": 0.0, "text_region": NOWHERE, "error": "not an image"},
        {"text": "", "confidence": 0.0, "error": "not an image"},
        {"text_region": NOWHERE, "error": "not an image"},
    ],
)
def test_good_and_bad_files_together(
    error_item: dict[str, Any], hub: Hub, client: Client, images: Path, tmp_path: Path
) -> None:
    make_image(images / "a.png")
    shutil.copy(ODD / "text.png", images / "b.png")
    make_image(images / "c.png")
    hub.answer = lambda data: envelope(
        [[system_item("yes")]] if data.startswith(b"\x89PNG") else [[error_item]]
    )
    url = f"--server_url={hub.address}/predict/ocr_system"
    run = client(url, f"--image_dir={images}", "--visualize=true", f"--output={tmp_path / 'out'}")
    assert run.code == 1
    assert f"error: {images / 'b.png'}: status 000, error of the image: not an image" in run.err
    assert "error: 1 of 3 files failed" in run.err
    assert run.out.count("Predict time of") == 3
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["a.png", "c.png"]


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ([], "--server_url and --image_dir are needed"),
        (["--server_url=http://x/predict/y"], "--server_url and --image_dir are needed"),
        (["http://x/predict/y"], "just the two positionals"),
        (["http://x/y", "a.png", "--image_dir=b"], "just the two positionals"),
        (["127.0.0.1:8868/predict/ocr_rec", "images"], "must begin with http://"),
        (["http://x/y", "images", "--visualize=maybe"], "true or false, not 'maybe'"),
        (["http://x/y", "images", "--timeout=nan"], "a number of seconds"),
        (["http://x/y", "images", "--timeout=0"], "a number of seconds"),
        (["http://x/y", "gone"], "error: no such file or folder: gone"),
        (["http://x/y", "empty"], "error: no image found in the folder empty"),
        (["http://x/y", "scan.pdf"], "error: no image found at scan.pdf"),
        (["http://x/y", "images", "--visualize=1", "--output=images"], "folder of the images"),
        (["http://x/y", "images", "--visualize=1", "--output=scan.pdf"], "error: "),
        (["http://x/y", "images", "--visualize=1", "--font=gone.ttf"], "the font gone.ttf"),
    ],
)
def test_wrong_arguments(
    args: list[str], expected: str, client: Client, images: Path, tmp_path: Path
) -> None:
    make_image(images / "a.png")
    (tmp_path / "empty").mkdir()
    (tmp_path / "scan.pdf").write_bytes(b"%PDF-1.7")
    run = client(*args)
    assert (run.code, run.out) == (2, "")
    assert expected in run.err


def test_help_stands_alone(client: Client) -> None:
    run = client("--help")
    assert run.code == 0
    for word in ("--server_url", "--image_dir", "--visualize", "--output", "--timeout", "--font"):
        assert word in run.out
    assert "exit status:" in run.out
