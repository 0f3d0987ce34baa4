"""The client tools/test_hubserving.py, run as a program against a small server of our own."""

from __future__ import annotations

import base64
import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from hubocr.imaging import fonts

ROOT = Path(__file__).resolve().parents[2]
CLIENT = ROOT / "tools" / "test_hubserving.py"
ODD = ROOT / "tests" / "fixtures" / "odd"
PANEL = 600
FRAME = [[20, 10], [90, 10], [90, 40], [20, 40]]
NOWHERE = [[0, 0]] * 4


class Reply(NamedTuple):
    """What the server answers one request with."""

    body: bytes
    code: int = 200
    kind: str = "application/json"


class Request(NamedTuple):
    """What the server was sent."""

    path: str
    kind: str
    body: Any
    key: str | None = None


def envelope(results: Any, status: str = "000", msg: str = "", code: int = 200) -> Reply:
    """Wrap results as hubserving does, with escapes for what is not ASCII."""
    body = json.dumps({"msg": msg, "results": results, "status": status})
    return Reply(body.encode("ascii"), code)


def system_item(text: str, confidence: float = 0.99, region: Any = FRAME) -> dict[str, Any]:
    return {"confidence": confidence, "text": text, "text_region": region}


class Hub:
    """A server on a free port; ``answer`` gets the bytes of the image and makes the reply."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.answer: Callable[[bytes], Reply] = lambda data: envelope([[]])
        self.released = threading.Event()
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                body = json.loads(raw)
                kind, key = self.headers["Content-Type"], self.headers["X-API-Key"]
                hub.requests.append(Request(self.path, kind, body, key))
                reply = hub.answer(base64.b64decode(body["images"][0], validate=True))
                try:
                    self.send_response(reply.code)
                    self.send_header("Content-Type", reply.kind)
                    self.send_header("Content-Length", str(len(reply.body)))
                    self.end_headers()
                    self.wfile.write(reply.body)
                except ConnectionError:
                    self.close_connection = True  # the client's patience was over, as planned

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self.thread.start()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def close(self) -> None:
        self.released.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def hub() -> Iterator[Hub]:
    server = Hub()
    yield server
    server.close()


class Run(NamedTuple):
    code: int
    out: str
    err: str


Client = Callable[..., Run]


@pytest.fixture
def client(tmp_path: Path) -> Client:
    def run(*args: str | Path, **variables: str) -> Run:
        inherited = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
        inherited.pop("HUBOCR_FONT", None)
        done = subprocess.run(
            [sys.executable, str(CLIENT), *map(str, args)],
            cwd=tmp_path,
            env={**inherited, "PYTHONIOENCODING": "utf-8", **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Run(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = tmp_path / "images"
    folder.mkdir()
    return folder


def make_image(path: Path, size: tuple[int, int] = (200, 60)) -> bytes:
    """Write a light grey image and return the bytes of the file."""
    Image.new("RGB", size, (200, 210, 220)).save(path)
    return path.read_bytes()


def read(path: Path) -> NDArray[np.uint8]:
    pixels = cv2.imread(str(path), cv2.IMREAD_COLOR)
    assert pixels is not None, path
    return np.asarray(pixels, dtype=np.uint8)


def is_red(pixel: NDArray[np.uint8], slack: int = 0) -> bool:
    return bool(np.abs(pixel.astype(int) - (0, 0, 220)).max() <= slack)


def load_client() -> ModuleType:
    spec = importlib.util.spec_from_file_location("hubserving_client", CLIENT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


needs_cjk_font = pytest.mark.skipif(
    not load_client().find_font(None).has_cjk,
    reason="no font with Chinese characters here (apt-get install fonts-wqy-zenhei)",
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


# --- drawings ---


def test_detection_is_drawn_as_red_boxes(
    hub: Hub, client: Client, images: Path, tmp_path: Path
) -> None:
    make_image(images / "a.png")
    hub.answer = lambda data: envelope([[{"text_region": FRAME}]])
    url = f"--server_url={hub.address}/predict/ocr_det"
    run = client(url, f"--image_dir={images}", "--visualize", "True")
    target = Path("hubserving_result") / "a.png"
    assert run.code == 0
    assert f"saved {target}" in run.out.splitlines()
    drawing = read(tmp_path / target)
    assert drawing.shape == (60, 200, 3)
    for x, y in [*FRAME, [55, 10], [55, 40], [20, 25], [90, 25]]:
        assert is_red(drawing[y, x]), (x, y)
    for x, y in ([55, 25], [5, 5], [120, 25]):
        assert drawing[y, x].tolist() == [220, 210, 200]


def test_box_of_an_image_with_orientation_fits_the_upright_image(
    hub: Hub, client: Client, images: Path, tmp_path: Path
) -> None:
    shutil.copy(ODD / "exif_orientation_6.jpg", images / "turned.jpg")
    hub.answer = lambda data: envelope([[{"text_region": [[9, 9], [209, 9], [209, 50], [9, 50]]}]])
    url = f"--server_url={hub.address}/predict/ocr_det"
    run = client(url, f"--image_dir={images}", "--visualize=y", f"--output={tmp_path}/deep/out")
    assert run.code == 0, run.err
    drawing = read(tmp_path / "deep" / "out" / "turned.jpg")
    assert drawing.shape == (60, 220, 3)
    assert is_red(drawing[50, 110], slack=90) and is_red(drawing[30, 209], slack=90)


@needs_cjk_font
def test_system_is_drawn_with_a_panel_of_texts(
    hub: Hub, client: Client, images: Path, tmp_path: Path
) -> None:
    texts = iter(["今天下午", "明日上午", "今天下午"])
    for name in ("a.png", "b.png", "c.png"):
        make_image(images / name)
    low = system_item("hidden", 0.4, [[120, 10], [190, 10], [190, 50], [120, 50]])
    hub.answer = lambda data: envelope([[system_item(next(texts)), low]])
    run = client(f"{hub.address}/predict/ocr_system", images, "--visualize=true")
    assert (run.code, run.err) == (0, "")
    a, b, c = (read(tmp_path / "hubserving_result" / f"{name}.png") for name in "abc")
    assert a.shape == (60, 200 + PANEL, 3)
    assert is_red(a[10, 55])
    assert not is_red(a[10, 155])  # its score is below the threshold
    assert (a[:, 200:] < 100).any()
    assert not np.array_equal(a[:, 200:], b[:, 200:])  # boxes for missing glyphs would be equal
    assert np.array_equal(a, c)


@needs_cjk_font
def test_long_lists_and_long_texts_are_all_in_the_panel(
    hub: Hub, client: Client, images: Path, tmp_path: Path
) -> None:
    make_image(images / "many.png")
    make_image(images / "long.png")
    many = envelope([[system_item(f"第{number}行") for number in range(300)]])
    long = envelope([[system_item("文" * 200 + "\n" + "\x00")]])
    replies = iter([long, many])
    hub.answer = lambda data: next(replies)
    run = client(f"{hub.address}/predict/ocr_system", images, "--visualize=true")
    assert run.code == 0, run.err
    panel = read(tmp_path / "hubserving_result" / "many.png")[:, 200:]
    ink = _ink(panel)
    rows = sum(_bands(ink[:, left : left + PANEL]) for left in range(0, panel.shape[1], PANEL))
    assert rows == 300
    wrapped = read(tmp_path / "hubserving_result" / "long.png")[:, 200:]
    assert _bands(_ink(wrapped)) >= 7


def _ink(pixels: NDArray[np.uint8]) -> NDArray[np.bool_]:
    return np.asarray(pixels.min(axis=2) < 128)


def _bands(ink: NDArray[np.bool_]) -> int:
    """Count the rows of text: stretches of inked lines between blank ones."""
    inked = ink.any(axis=1).astype(int)
    return int((np.diff(inked, prepend=0) == 1).sum())


@pytest.mark.parametrize("result", [[{"text": "a", "confidence": 0.9}], [{"angle": "0"}], {"a": 1}])
def test_results_without_boxes_are_not_drawn(
    result: Any, hub: Hub, client: Client, images: Path, tmp_path: Path
) -> None:
    make_image(images / "a.png")
    hub.answer = lambda data: envelope([result])
    run = client(f"{hub.address}/predict/ocr_rec", images, "--visualize=true")
    assert run.code == 0
    assert "drawing is invalid" in run.out
    assert not list((tmp_path / "hubserving_result").iterdir())


def test_nothing_found_gives_the_plain_image(
    hub: Hub, client: Client, images: Path, tmp_path: Path
) -> None:
    make_image(images / "a.png")
    run = client(f"{hub.address}/predict/ocr_system", images, "--visualize=true")
    assert run.code == 0
    drawing = tmp_path / "hubserving_result" / "a.png"
    assert np.array_equal(read(drawing), read(images / "a.png"))


def test_names_of_drawings_are_distinct(
    hub: Hub, client: Client, images: Path, tmp_path: Path
) -> None:
    for name in ("x.gif", "x.jpg", "x.png", "y.GIF", "上海.png"):
        make_image(images / name)
    run = client(f"{hub.address}/predict/ocr_det", images, "--visualize=true")
    assert run.code == 0, run.err
    drawn = sorted(file.name for file in (tmp_path / "hubserving_result").iterdir())
    assert drawn == ["x.jpg", "x.png", "x_2.png", "y.png", "上海.png"]
    assert all(
        read(file).shape == (60, 200, 3) for file in (tmp_path / "hubserving_result").iterdir()
    )


def test_every_readable_kind_of_file_can_be_drawn(
    hub: Hub, client: Client, images: Path, tmp_path: Path
) -> None:
    readable = ("grey.png", "rgba_transparent.png", "grey_16bit.png", "palette.gif", "cmyk.jpg")
    unreadable = ("truncated_header.jpg", "empty.png", "text.png", "bomb_header.png")
    for name in (*readable, *unreadable, "one_pixel.png"):
        shutil.copy(ODD / name, images / name)
    hub.answer = lambda data: envelope([[{"text_region": [[2, 2], [60, 2], [60, 50], [2, 50]]}]])
    run = client(f"{hub.address}/predict/ocr_det", images, "--visualize=true")
    assert run.code == 1
    for name in unreadable:
        assert f"error: {images / name}: can't draw: the image can't be decoded" in run.err
    assert f"error: {len(unreadable)} of 10 files failed" in run.err
    for name in readable:
        drawing = read(tmp_path / "hubserving_result" / name.replace(".gif", ".png"))
        assert drawing.shape == (60, 220, 3)
        assert drawing[57, 100].min() > 240, name  # light paper, also where it was transparent


@pytest.mark.parametrize(
    "item",
    [
        {"text_region": None},
        {"text_region": []},
        {"text_region": "here"},
        {"text_region": [[1, 2], [3]]},
        {"text_region": [[1, 2], [3, float("nan")]]},
        {"text_region": [[1, 2], [3, 10**400]]},
    ],
)
def test_unusable_box_is_reported(
    item: dict[str, Any], hub: Hub, client: Client, images: Path
) -> None:
    make_image(images / "a.png")
    hub.answer = lambda data: envelope([[item]])
    run = client(f"{hub.address}/predict/ocr_det", images, "--visualize=true")
    assert run.code == 1
    assert "can't draw: item 1 has no usable text_region" in run.err


def test_odd_scores_and_far_boxes_do_not_crash(
    hub: Hub, client: Client, images: Path, tmp_path: Path
) -> None:
    make_image(images / "a.png")
    far = [[-1e18, -5], [1e18, 3], [1e18, 1e18], [-7, 90000]]
    scores: list[Any] = [10**400, "high", None, [], float("nan")]
    items = [{**system_item("x"), "confidence": score} for score in scores]
    hub.answer = lambda data: envelope([[*items, system_item("y", region=far)]])
    run = client(f"{hub.address}/predict/ocr_system", images, "--visualize=true")
    assert run.code == 0, run.err
    assert not is_red(read(tmp_path / "hubserving_result" / "a.png")[10, 55])


def test_without_a_font_the_hint_is_given_and_drawing_goes_on(
    hub: Hub,
    images: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    make_image(images / "a.png")
    hub.answer = lambda data: envelope([[system_item("中文 abc é")]])
    module = load_client()
    monkeypatch.setattr(fonts, "find_cjk_font", lambda: None)
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.delenv("HUBOCR_FONT", raising=False)
    url, output = f"{hub.address}/predict/ocr_system", tmp_path / "out"
    assert module.main([url, str(images), "--visualize=1", f"--output={output}"]) == 0
    assert "apt-get install fonts-noto-cjk" in capsys.readouterr().err
    assert (read(output / "a.png")[:, 200:] < 128).any()


def test_without_hubocr_the_boxes_are_drawn_and_it_is_said(
    hub: Hub, client: Client, images: Path, tmp_path: Path
) -> None:
    make_image(images / "a.png")
    hub.answer = lambda data: envelope([[system_item("Order")]])
    block = tmp_path / "blocked" / "hubocr"
    block.mkdir(parents=True)
    (block / "__init__.py").write_text("raise ImportError('not installed')")
    run = client(
        f"{hub.address}/predict/ocr_system",
        images,
        "--visualize=true",
        PYTHONPATH=str(block.parent),
    )
    assert run.code == 0, run.err
    assert "pip install hubocr" in run.err
    drawing = read(tmp_path / "hubserving_result" / "a.png")
    assert drawing.shape == (60, 200, 3)
    assert is_red(drawing[10, 55])


def test_unusable_font_in_the_environment(client: Client, images: Path) -> None:
    make_image(images / "a.png")
    run = client("http://x/y", images, "--visualize=true", HUBOCR_FONT="gone.ttf")
    assert run.code == 2
    assert "can't use the font gone.ttf" in run.err


def test_drawing_that_cannot_be_saved_is_reported(
    hub: Hub, client: Client, images: Path, tmp_path: Path
) -> None:
    make_image(images / "a.png")
    make_image(images / "b.png")
    (tmp_path / "hubserving_result" / "a.png").mkdir(parents=True)
    run = client(f"{hub.address}/predict/ocr_det", images, "--visualize=true")
    assert run.code == 1
    assert f"error: {images / 'a.png'}: can't save" in run.err
    assert (tmp_path / "hubserving_result" / "b.png").is_file()
