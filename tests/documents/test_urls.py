from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from hubocr.documents import Page, UrlOptions
from hubocr.documents.urls import fetch, shown_url
from hubocr.errors import DocumentTooLargeError, SettingsError, UrlError, UrlRefusedError
from tests.documents.pdfs import PdfPage, make_pdf
from tests.documents.reading import error, read

HERE = UrlOptions(seconds=20, allowed_networks=("127.0.0.1/32",))
PNG = cv2.imencode(".png", np.full((4, 6, 3), 7, np.uint8))[1].tobytes()

Answer = Callable[[BaseHTTPRequestHandler], None]


class Site:
    """A real server on a loopback address that answers as a test says."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.requests: list[tuple[str, dict[str, str]]] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                site.requests.append((self.path, dict(self.headers.items())))
                self.close_connection = True
                try:
                    site.answers[self.path.partition("?")[0]](self)
                except OSError:  # the client has had enough
                    return

            def log_message(self, *args: Any) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), daemon=True
        )
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def gives(self, path: str, body: bytes, status: int = 200, **headers: str) -> str:
        """Answer a path with a body; return its URL."""

        def answer(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(status)
            for name, value in {"Content_Length": str(len(body)), **headers}.items():
                handler.send_header(name.replace("_", "-"), value)
            handler.end_headers()
            handler.wfile.write(body)

        self.answers[path] = answer
        return self.url(path)

    def leads(self, path: str, to: str, status: int = 302) -> str:
        """Redirect a path; return its URL."""
        return self.gives(path, b"", status, Location=to)


@pytest.fixture
def site() -> Iterator[Site]:
    running = Site()
    yield running
    running.close()


def get(url: str, max_bytes: int = 10_000, options: UrlOptions = HERE) -> bytes:
    return fetch(url, max_bytes=max_bytes, options=options)


def test_pages_are_read_from_urls(site: Site) -> None:
    urls = [
        site.gives("/a.png", PNG),
        site.gives("/b", make_pdf(PdfPage(), PdfPage())),
        site.gives("/no", b"", 404),
    ]
    found = read(urls, allow_urls=True, urls=HERE)
    assert [type(item).__name__ for item in found] == ["Page", "Page", "Page", "PageError"]
    assert isinstance(found[0], Page)
    assert found[0].source == urls[0]
    assert found[0].image.shape == (4, 6, 3)


def test_nothing_private_is_reached_by_default(site: Site) -> None:
    url = site.gives("/a.png", PNG)
    assert isinstance(error(url, allow_urls=True), UrlRefusedError)
    assert isinstance(error(url, urls=HERE), UrlRefusedError)
    assert site.requests == []


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "0",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "127.0.0.2",
        "169.254.169.254",
        "10.0.0.1",
    ],
)
def test_no_way_of_writing_a_private_address_is_let_through(site: Site, host: str) -> None:
    site.gives("/a.png", PNG)
    options = UrlOptions(seconds=5)
    with pytest.raises(UrlError):
        get(site.url("/a.png", host), options=options)
    assert site.requests == []


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://127.0.0.1/a.png",
        "gopher://127.0.0.1/a",
        "http://",
        "http:///a.png",
        "http://127.0.0.1:0/",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1:x/",
        "http://[::1/",
        "http://user:secret@127.0.0.1/",
        "http://127.0.0.1\\@example.com/",
        "http://127.0.0.1/a b",
        "http://127.0.0.1/\r\nX: y",
        "http://" + "a" * 300 + "/",
        "http://127.0.0.1/" + "a" * 5000,
        "http://" + "a." * 100 + "ä" * 40 + "/",
    ],
)
def test_odd_urls_are_refused(url: str) -> None:
    with pytest.raises(UrlError) as caught:
        get(url)
    assert "secret" not in caught.value.message


def test_redirects_are_followed(site: Site) -> None:
    site.gives("/end", PNG)
    first = site.leads("/1", "/2?x=1", 301)
    site.leads("/2", site.url("/3"), 307)
    site.leads("/3", "end", 308)
    assert get(first) == PNG
    assert [path for path, _ in site.requests] == ["/1", "/2?x=1", "/3", "/end"]


def test_redirects_have_a_limit(site: Site) -> None:
    url = site.leads("/again", "/again")
    with pytest.raises(UrlError, match="more than 5 redirects"):
        get(url)
    assert len(site.requests) == 6


@pytest.mark.parametrize(
    "place",
    [
        "http://127.0.0.2:{}/secret",
        "http://[::ffff:127.0.0.2]:{}/secret",
        "http://169.254.169.254/latest/meta-data/",
        "//127.0.0.2:{}/secret",
        "file:///etc/passwd",
        "ftp://127.0.0.1/",
    ],
)
def test_a_redirect_to_where_a_url_must_not_lead_is_refused(site: Site, place: str) -> None:
    url = site.leads("/start", place.format(site.port))
    site.gives("/secret", b"secret")
    with pytest.raises(UrlRefusedError):
        get(url)
    assert len(site.requests) == 1


def resolving(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """Let names resolve to these addresses, one list after the other; return who asked."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def resolve(host: str, port: int, *args: Any, **kwargs: Any) -> list[Any]:
        if not host.endswith(".test"):
            return real(host, port, *args, **kwargs)
        addresses = answers[min(len(asked), len(answers) - 1)]
        asked.append(host)
        kind = socket.SOCK_STREAM
        return [(socket.AF_INET, kind, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    return asked


def test_a_name_that_changes_its_mind_gains_nothing(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = resolving(monkeypatch, ["127.0.0.1"], ["127.0.0.2"])
    site.gives("/a.png", PNG)
    assert get(site.url("/a.png", "rebind.test")) == PNG
    assert asked == ["rebind.test"]  # the connection went to the address that was checked
    assert site.requests[0][1]["Host"] == f"rebind.test:{site.port}"
    with pytest.raises(UrlRefusedError, match="not public"):
        get(site.url("/a.png", "rebind.test"))
    assert len(site.requests) == 1


def test_the_name_is_checked_again_after_a_redirect(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolving(monkeypatch, ["127.0.0.1"], ["127.0.0.2"])
    site.leads("/1", site.url("/2", "rebind.test"))
    with pytest.raises(UrlRefusedError, match="not public"):
        get(site.url("/1", "rebind.test"))


def test_a_name_with_one_private_address_is_refused(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolving(monkeypatch, ["127.0.0.1", "10.0.0.1"])
    with pytest.raises(UrlRefusedError):
        get(site.url("/", "two.test"))
    assert site.requests == []


def test_a_name_that_resolves_slowly_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    done = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: done.wait(30) and [])
    with pytest.raises(UrlError, match=r"longer than 0\.3 seconds"):
        get("http://slow.test/", options=UrlOptions(seconds=0.3))
    done.set()


def test_proxies_of_the_environment_are_not_used(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert get(site.gives("/a.png", PNG)) == PNG


def test_more_bytes_than_the_limit_are_not_read(site: Site) -> None:
    assert get(site.gives("/fits", b"x" * 100), max_bytes=100) == b"x" * 100
    for url in (site.gives("/told", b"x" * 101), site.url("/endless")):

        def endless(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(200)
            handler.end_headers()
            for _ in range(10_000):
                handler.wfile.write(b"x" * 10_000)

        site.answers["/endless"] = endless
        with pytest.raises(DocumentTooLargeError, match="more than 100 bytes"):
            get(url, max_bytes=100)


def drip(part: bytes) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
        if part == b"x":
            handler.wfile.write(b"\r\n")
        for _ in range(200):
            handler.wfile.write(part)
            handler.wfile.flush()
            time.sleep(0.05)

    return answer


@pytest.mark.parametrize("part", [b"x", b"A", b"A: b\r\n"])
def test_an_answer_that_drips_is_given_up(site: Site, part: bytes) -> None:
    site.answers["/slow"] = drip(part)
    start = time.monotonic()
    with pytest.raises(UrlError, match=r"longer than 0\.5 seconds"):
        get(site.url("/slow"), options=UrlOptions(seconds=0.5, allowed_networks=("127.0.0.1",)))
    assert time.monotonic() - start < 8


def test_answers_that_cannot_be_used_are_errors(site: Site) -> None:
    cut = site.gives("/cut", PNG, Content_Length="100000")
    with pytest.raises(UrlError, match="cut off"):
        get(cut, max_bytes=200_000)
    with pytest.raises(UrlError, match="encoding"):
        get(site.gives("/packed", PNG, Content_Encoding="gzip"))
    with pytest.raises(UrlError, match="status 403"):
        get(site.gives("/closed", PNG, 403))

    def answer_rubbish(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"\0" * 100)

    site.answers["/rubbish"] = answer_rubbish
    with pytest.raises(UrlError, match="can't be fetched"):
        get(site.url("/rubbish"))


def test_a_port_where_nobody_listens(site: Site) -> None:
    with pytest.raises(UrlError, match="can't be fetched"):
        get("http://127.0.0.1:1/")


def test_a_server_without_a_trusted_certificate_is_refused(tmp_path: Path) -> None:
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("openssl isn't installed")
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    arguments = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=x"]
    subprocess.run(
        [program, *arguments, "-keyout", str(key), "-out", str(certificate)],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    running = Site()
    running._server.socket = context.wrap_socket(running._server.socket, server_side=True)
    running._server.handle_error = lambda *args: None  # type: ignore[method-assign]
    try:
        with pytest.raises(UrlError, match="encrypted connection failed"):
            get(f"https://127.0.0.1:{running.port}/")
    finally:
        running.close()


def test_what_is_shown_of_a_url_holds_no_secrets() -> None:
    shown = shown_url("https://me:pw@example.com/a/b.png?key=1#part")
    assert shown == "https://example.com/a/b.png"


def test_networks_that_are_none_are_refused() -> None:
    with pytest.raises(SettingsError, match="url_allowed_networks"):
        UrlOptions(allowed_networks=("10.0.0.1/8",))
