"""Fetching a URL from an untrusted source.

The host's name is resolved once for each request, every address that it has is checked, and the
connection goes to the address that was checked, so that a name that changes its mind in between
(DNS rebinding) gains nothing. The same holds after each redirect. Proxies named in the environment
are not used: they would resolve the name again.
"""

from __future__ import annotations

import http.client
import re
import socket
import ssl
import threading
import time
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from hubocr.documents.addresses import is_allowed
from hubocr.documents.options import UrlOptions
from hubocr.errors import DocumentTooLargeError, UrlError, UrlRefusedError

LONGEST_URL = 4096

_HEADERS = {"User-Agent": "hubocr", "Accept": "*/*", "Accept-Encoding": "identity"}
_REDIRECTS = (301, 302, 303, 307, 308)
_CHUNK = 1 << 16
_FORBIDDEN = re.compile(r"[\x00-\x20\x7f\\]")
_KEPT_IN_TARGET = "!#$%&'()*+,/:;=?@[]~"


def is_url(text: str) -> bool:
    """Say whether a text begins with a scheme such as ``http://``."""
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", text) is not None


def shown_url(url: str) -> str:
    """Return a URL without user name, password, query and fragment, for messages and results."""
    scheme, _, rest = url.partition("://")
    authority, slash, path = re.split(r"[?#]", rest, maxsplit=1)[0].partition("/")
    return f"{scheme}://{authority.rpartition('@')[2]}{slash}{path}"[:200]


def fetch(url: str, *, max_bytes: int, options: UrlOptions) -> bytes:
    """Return what an http or https URL refers to.

    Args:
        url: The URL.
        max_bytes: Most bytes that are read.
        options: Time, redirects and networks that are allowed.

    Raises:
        UrlRefusedError: It is no http or https URL, or leads to an address that is not public, at
            once or after a redirect.
        UrlError: It can't be fetched, answers with another status than 200, or takes too long.
        DocumentTooLargeError: It has more than ``max_bytes`` bytes.
    """
    deadline = time.monotonic() + options.seconds
    shown, secure = shown_url(url), False
    for _ in range(options.max_redirects + 1):
        target = _parse(url)
        if secure and target.scheme == "http":
            raise UrlRefusedError(f"{shown}: redirects from https to http are not followed")
        secure = target.scheme == "https"
        request = _Request(target, shown_url(url), max_bytes, options, deadline)
        answer = request.run()
        if isinstance(answer, bytes):
            return answer
        url = urljoin(url, answer.location)
    raise UrlError(f"{shown}: more than {options.max_redirects} redirects")


def _parse(url: str) -> SplitResult:
    shown = shown_url(url)
    if len(url) > LONGEST_URL:
        raise UrlRefusedError(f"{shown}: a URL has at most {LONGEST_URL} characters")
    try:
        target = urlsplit(url)
        port = target.port
    except ValueError as error:
        raise UrlRefusedError(f"{shown}: not a valid URL") from error
    if target.scheme not in ("http", "https"):
        raise UrlRefusedError(f"{shown}: only http and https URLs are fetched")
    host = target.hostname
    if not host or len(host) > 253 or port == 0 or _FORBIDDEN.search(url):
        raise UrlRefusedError(f"{shown}: not a valid URL")
    if target.username is not None or target.password is not None:
        raise UrlRefusedError(f"{shown}: a URL must not hold a user name or password")
    return target


@dataclass(frozen=True)
class _Redirect:
    location: str


@dataclass(frozen=True)
class _Request:
    """One request, to an address that has been checked."""

    target: SplitResult
    shown: str
    max_bytes: int
    options: UrlOptions
    deadline: float

    def run(self) -> bytes | _Redirect:
        """Return the body, or where it is."""
        host = self.target.hostname or ""
        port = self.target.port or (443 if self.target.scheme == "https" else 80)
        try:
            connection = _Connection(host, port, self._connect(host, port))
            # A server that sends a byte every few seconds keeps within every socket's time limit.
            watch = threading.Timer(self._left(), connection.abort)
            watch.daemon = True
            watch.start()
            try:
                if self.target.scheme == "https":
                    connection.encrypt()
                connection.request("GET", self._path(), headers=_HEADERS)
                return self._answer(connection.getresponse())
            finally:
                watch.cancel()
                connection.close()
        except UnicodeError as error:
            raise UrlRefusedError(f"{self.shown}: not a valid URL") from error
        except (OSError, http.client.HTTPException) as error:
            if time.monotonic() >= self.deadline:
                raise self._late() from error
            if isinstance(error, ssl.SSLError):
                raise UrlError(f"{self.shown}: the encrypted connection failed") from error
            raise UrlError(f"{self.shown}: can't be fetched") from error

    def _path(self) -> str:
        path = quote(self.target.path or "/", safe=_KEPT_IN_TARGET)
        query = quote(self.target.query, safe=_KEPT_IN_TARGET)
        return f"{path}?{query}" if query else path

    def _left(self) -> float:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise self._late()
        return left

    def _late(self) -> UrlError:
        return UrlError(f"{self.shown}: took longer than {self.options.seconds:g} seconds")

    def _connect(self, host: str, port: int) -> socket.socket:
        failure: OSError | None = None
        for family, address in self._addresses(host, port):
            connection = socket.socket(family, socket.SOCK_STREAM)
            try:
                connection.settimeout(self._left())
                connection.connect(address)
            except OSError as error:
                connection.close()
                failure = error
                continue
            except UrlError:
                connection.close()
                raise
            return connection
        raise failure or OSError("no address")

    def _addresses(self, host: str, port: int) -> list[tuple[socket.AddressFamily, Any]]:
        """Resolve the host and check each of its addresses."""
        found = [
            (family, address)
            for family, _, _, _, address in self._resolve(host, port)
            if family in (socket.AF_INET, socket.AF_INET6)
        ]
        for _, address in found:
            if not is_allowed(str(address[0]), self.options.allowed_networks):
                raise UrlRefusedError(f"{self.shown}: its host has an address that is not public")
        return found

    def _resolve(self, host: str, port: int) -> list[Any]:
        """Resolve a host's name, in a thread that is left behind where it takes too long."""
        future: Future[list[Any]] = Future()

        def resolve() -> None:
            try:
                future.set_result(list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
            except (OSError, UnicodeError) as error:
                future.set_exception(error)

        threading.Thread(target=resolve, name="hubocr-resolve", daemon=True).start()
        try:
            return future.result(self._left())
        except FutureTimeoutError as error:
            raise self._late() from error

    def _answer(self, response: http.client.HTTPResponse) -> bytes | _Redirect:
        location = response.getheader("Location")
        if response.status in _REDIRECTS and location:
            return _Redirect(location)
        if response.status != 200:
            raise UrlError(f"{self.shown}: answers with status {response.status}")
        if response.getheader("Content-Encoding", "identity").lower() != "identity":
            raise UrlError(f"{self.shown}: answers in an encoding that was not asked for")
        if response.length is not None and response.length > self.max_bytes:
            raise self._too_large()
        parts, size = [], 0
        while part := response.read(min(_CHUNK, self.max_bytes + 1 - size)):
            size += len(part)
            if size > self.max_bytes:
                raise self._too_large()
            parts.append(part)
        self._left()  # an answer that was stopped may look like one that has ended
        if response.length:
            raise UrlError(f"{self.shown}: the answer is cut off")
        return b"".join(parts)

    def _too_large(self) -> DocumentTooLargeError:
        return DocumentTooLargeError(f"{self.shown}: has more than {self.max_bytes} bytes")


class _Connection(http.client.HTTPConnection):
    """An HTTP connection over a socket that is connected already."""

    def __init__(self, host: str, port: int, connected: socket.socket) -> None:
        super().__init__(host, port)
        self.sock = self._connected = connected

    def encrypt(self) -> None:
        """Begin TLS; the certificate must be the host's."""
        context = ssl.create_default_context()
        self._connected = context.wrap_socket(self._connected, server_hostname=self.host)
        self.sock = self._connected
        self.default_port = 443  # no port in the Host header

    def connect(self) -> None:
        """Refuse to reconnect: the address would not be checked."""
        raise OSError("the connection was closed")

    def abort(self) -> None:
        """Wake up whoever waits for the server."""
        try:
            # Not the method of SSLSocket, which takes away what the other thread is reading with;
            # and not of self.sock, which is None once the headers have been read.
            socket.socket.shutdown(self._connected, socket.SHUT_RDWR)
        except OSError:  # closed already
            return
