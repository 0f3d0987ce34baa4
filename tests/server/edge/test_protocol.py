"""What a client may send and how long it may take, over real sockets."""

from __future__ import annotations

import contextlib
import socket
import time

import pytest

from hubocr.server.edge.connections import ConnectionLimits
from tests.server.edge.conftest import Edge, closed_within, received, running_edge

_HOST = b"Host: a\r\n"
_SECOND = b"GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"


def _post(headers: bytes, body: bytes = _SECOND, path: bytes = b"/") -> bytes:
    length = b"Content-Length: %d\r\n" % len(body)
    return b"POST " + path + b" HTTP/1.1\r\n" + _HOST + headers + length + b"\r\n" + body


@pytest.mark.parametrize("offer", [b"h2c", b"websocket", b"TLS/1.0", b"h2c, websocket"])
def test_an_upgrade_that_is_offered_is_passed_over_and_the_body_stays_a_body(
    edge: Edge, offer: bytes
) -> None:
    edge.seen.clear()
    answer = edge.talk(_post(b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: " + offer + b"\r\n"))
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"GET /smuggled" in answer
    assert edge.seen == ["/"]


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"GET /\r\n\r\n",
        _post(b"Content-Length: 5\r\n"),
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\nhello",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\nhello",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x5\r\n\r\nhello",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        b"GET / HTTP/1.1\nHost: a\n\n",
        b"GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: a\x00b\r\n\r\n",
    ],
)
def test_what_a_proxy_may_read_another_way_is_refused_and_ends_the_connection(
    edge: Edge, request_bytes: bytes
) -> None:
    edge.seen.clear()
    answer = edge.talk(request_bytes + _SECOND)
    assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 501"))
    assert answer.count(b"HTTP/1.1 ") == 1
    assert answer.endswith(b"<closed>")
    assert edge.seen == []


def test_pipelined_requests_are_answered_in_order_and_each_is_looked_at(edge: Edge) -> None:
    edge.seen.clear()
    some = b"".join(_post(b"", b"body", b"/%d" % n) for n in range(20))
    gets = b"".join(b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % n for n in range(20, 100))
    wrong = b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"
    answer = edge.talk(some + gets + wrong)
    assert edge.seen == [f"/{n}" for n in range(100)]
    assert answer.count(b"HTTP/1.1 200") == 100
    assert answer.count(b"HTTP/1.1 400") == 1


def test_headers_and_url_have_a_limit(edge: Edge) -> None:
    start = b"GET / HTTP/1.1\r\nHost: a\r\n"
    assert edge.talk(b"GET /" + b"a" * 100_000).startswith(b"HTTP/1.1 414")
    assert edge.talk(start + b"X: " + b"a" * 100_000).startswith(b"HTTP/1.1 431")
    many = b"".join(b"X-%d: a\r\n" % n for n in range(10_000))
    assert edge.talk(start + many + b"\r\n").startswith(b"HTTP/1.1 431")
    assert edge.talk(start + b"X: " + b"a" * 7000 + b"\r\n\r\n").startswith(b"HTTP/1.1 200")
    one_packet_more = start + b"X: " + b"a" * 9000 + b"\r\n\r\n"
    assert edge.talk(one_packet_more).startswith(b"HTTP/1.1 431")


def test_trailers_have_a_limit(edge: Edge) -> None:
    chunked = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n"
    answer = edge.talk(chunked + b"X: " + b"a" * 1_000_000)
    assert answer.endswith((b"<closed>", b"<reset>"))
    assert edge.talk(chunked + b"X: a\r\n\r\n").startswith(b"HTTP/1.1 200")


def test_a_body_of_tiny_chunks_is_refused_and_one_of_usual_ones_is_not(edge: Edge) -> None:
    chunked = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer = edge.talk(chunked + b"1\r\na\r\n" * 1_000_000 + b"0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 400")
    assert answer.count(b"HTTP/1.1 ") == 1
    some = b"1\r\na\r\n" * 9_000 + (b"400\r\n" + b"\r\n0\r\n" * 146 + b"aa\r\n") * 9_000
    usual = b"".join(b"%x;a=b\r\n%s\r\n" % (n, b"a" * n) for n in range(1, 2000))
    for body in (some, usual):
        assert edge.talk(chunked + body + b"0\r\nX: a\r\n\r\n").startswith(b"HTTP/1.1 200")


def test_empty_lines_before_a_request_are_passed_over(edge: Edge) -> None:
    assert edge.talk(b"\r\n\r\n" + _post(b"", b"one")).startswith(b"HTTP/1.1 200")
    twice = edge.talk(_post(b"", b"one") + b"\r\n" + _post(b"", b"two"))
    assert twice.count(b"HTTP/1.1 200") == 2


def test_an_answer_before_the_body_s_end_reaches_the_client_and_ends_the_connection(
    edge: Edge,
) -> None:
    with edge.connect() as client:
        client.sendall(b"POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: 9000000\r\n\r\n")
        for _ in range(80):  # a client that sends everything before it reads
            with contextlib.suppress(BrokenPipeError):
                client.sendall(b"a" * 100_000)
        answer = received(client)
    assert answer.startswith(b"HTTP/1.1 413")
    assert answer.lower().count(b"connection: close") == 1


def test_a_small_body_that_is_there_does_not_end_the_connection(edge: Edge) -> None:
    answer = edge.talk(_post(b"", b"abc", b"/early") + _post(b"", b"abc"))
    assert answer.count(b"HTTP/1.1 413") == 1
    assert answer.count(b"HTTP/1.1 200") == 1


@pytest.mark.parametrize("path", [b"/", b"/early"])
def test_a_broken_body_is_answered_once_and_is_no_fault_of_the_server(
    edge: Edge, path: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    head = b"POST " + path + b" HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    for _ in range(3):
        with edge.connect() as client:
            client.sendall(head + b"zz\r\n")
            time.sleep(0.1)
            with contextlib.suppress(OSError):  # what comes behind it is thrown away
                client.sendall(b"GET / HTTP/1.1\n\n")
            answer = received(client)
        assert answer.count(b"HTTP/1.1 ") == 1
    assert [each for each in caplog.records if each.levelname == "ERROR"] == []


def test_a_broken_request_behind_its_own_answer_ends_the_connection_alone(edge: Edge) -> None:
    head = b"POST /early HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert edge.talk(head + b"zz\r\n").startswith(b"HTTP/1.1 ")
    assert edge.talk(_post(b"", b"one")).startswith(b"HTTP/1.1 200")


SHORT = ConnectionLimits(
    connections=40, connections_per_client=20, header_s=0.6, keep_alive_s=1.2, answer_s=1.0
)


@pytest.fixture(scope="module")
def short() -> object:
    with running_edge(SHORT) as started:
        yield started


def test_silence_and_half_headers_are_closed(short: Edge) -> None:
    with short.connect() as silent, short.connect() as half:
        half.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nX: ")
        assert closed_within(silent, 3)
        assert closed_within(half, 3)


def test_a_byte_now_and_then_keeps_no_connection(short: Edge) -> None:
    with short.connect() as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n")
        start = time.monotonic()
        with contextlib.suppress(OSError):
            while time.monotonic() - start < 4:
                client.sendall(b"X")
                time.sleep(0.1)
        assert time.monotonic() - start < 3


@pytest.mark.parametrize("after", [b"", b"\r\n", b"G"])
def test_a_kept_connection_ends_whatever_is_sent_on_it(short: Edge, after: bytes) -> None:
    with short.connect() as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        received(client, 0.3)
        client.sendall(after)
        assert closed_within(client, 4)


@pytest.mark.parametrize("after", [b"", b"a"])
def test_a_connection_answered_early_ends_whatever_is_sent_on_it(short: Edge, after: bytes) -> None:
    with short.connect() as client:
        client.sendall(b"POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n")
        client.sendall(after)
        assert closed_within(client, 4)
        _wait_until_empty(short)


def test_an_answer_that_nobody_takes_is_dropped(short: Edge) -> None:
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(("127.0.0.1", short.port))
    with client:
        client.sendall(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
        _wait_until_empty(short)


def _wait_until_empty(edge: Edge) -> None:
    end = time.monotonic() + 5
    while len(edge.table):
        assert time.monotonic() < end
        time.sleep(0.05)


def test_idle_connections_give_way_to_a_request(short: Edge) -> None:
    idle = [short.connect(f"127.0.0.{n % 4 + 1}") for n in range(60)]
    try:
        assert len(short.table) <= 40
        assert short.talk(_post(b"", b"one")).startswith(b"HTTP/1.1 200")
    finally:
        for client in idle:
            client.close()


def test_one_address_has_its_share_and_the_others_theirs(short: Edge) -> None:
    busy = [short.connect("127.0.0.9") for _ in range(20)]
    try:
        for client in busy:  # a body that doesn't end: these have a request in hand
            client.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n")
        time.sleep(0.2)
        with short.connect("127.0.0.9") as one_more:
            assert received(one_more).startswith(b"HTTP/1.1 503")
        assert short.talk(_post(b"", b"one")).startswith(b"HTTP/1.1 200")
    finally:
        for client in busy:
            client.close()
