"""Bodies whose parsing would take long, or much memory, are refused before it begins."""

from __future__ import annotations

import asyncio
import gzip
import json
import time
import tracemalloc
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.requests import Request
from starlette.types import Message, Receive, Scope, Send

from hubocr.errors import RequestError
from hubocr.server.bodies import check_arguments, parse_json, read_form
from hubocr.server.errors import EncodingError, LimitError, MalformedJsonError
from hubocr.server.held_bytes import HeldBytes
from hubocr.server.middleware.encoding import ContentEncoding

MEGABYTE = 1_000_000
FORM = "multipart/form-data; boundary=B"


@pytest.mark.parametrize(
    "body",
    [
        b'{"images": [' + b"[],[]," * 500_000 + b"[]]}",
        b'{"x": [' + b"{}," * 700_000 + b"{}]}",
        b'{"x": [' + (b"[" * 900 + b"]" * 900 + b",") * 1000 + b"1]}",
        b"{" + b",".join(b'"k%d":1' % n for n in range(200_000)) + b"}",
        b"[" * 3_000_000,
        b'{"x":[' + b"1," * MEGABYTE + b"1]}",
    ],
    ids=["lists", "objects", "nests", "keys", "brackets", "numbers"],
)
def test_json_of_many_values_is_refused_without_building_them(body: bytes) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(RequestError, match="too many values"):
            parse_json(body)
        assert tracemalloc.get_traced_memory()[1] < MEGABYTE
    finally:
        tracemalloc.stop()


def test_what_requests_hold_is_parsed() -> None:
    content = {"images": ["data:image/png;base64,AAAA"] * 10_000, "options": {"a": [1, None]}}
    assert parse_json(json.dumps(content).encode()) == content
    assert parse_json(b"\xef\xbb\xbf" + b'{"images": []}') == {"images": []}
    assert parse_json('{"x": "\u4e2d"}'.encode("utf-16")) == {"x": "\u4e2d"}


@pytest.mark.parametrize(
    "body",
    [
        b'{"logId": "\\ud800"}',
        b'{"\\udfff": 1}',
        b'{"a": [{"b": "x\\uDC00y"}]}',
        b'{"logId": "\xed\xa0\x80"}',
        '{"logId": "x\ud800"}'.encode("utf-16", "surrogatepass"),
    ],
)
def test_half_of_a_surrogate_pair_is_no_text(body: bytes) -> None:
    with pytest.raises(RequestError, match="surrogate"):
        parse_json(body)
    assert parse_json(b'{"a": "\\ud83d\\ude00\\u4e2d"}') == {"a": "\U0001f600\u4e2d"}


@pytest.mark.parametrize("depth", [40, 960, 40_000])
def test_deep_json_is_the_clients_mistake(depth: int) -> None:
    for opening, closing in ((b"[", b"]"), (b'{"a":', b"}")):
        body = b'{"options": {"drop_score": ' + opening * depth + b"1" + closing * depth + b"}}"
        with pytest.raises(RequestError) as caught:
            parse_json(body)
        assert len(caught.value.message) < 200


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"\xef\xbb\xbf", b"[1,]", b"\0"])
def test_what_is_no_json(body: bytes) -> None:
    with pytest.raises(MalformedJsonError):
        parse_json(body)


@pytest.mark.parametrize(
    "arguments",
    [
        {"options": {"rec_charset": "a" * 70_000}},
        {"options": {"rec_charset": ["a" * 40_000, {"b": "c" * 40_000}]}},
        {"options": {"k" * 70_000: 1}},
        {f"key{n}": 1 for n in range(2_000)},
    ],
)
def test_options_are_small(arguments: dict[str, object]) -> None:
    with pytest.raises(LimitError):
        check_arguments(arguments)
    check_arguments({"options": {"rec_charset": "a" * 60_000}})


def form_request(body: bytes, content_type: str) -> Request:
    messages = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> Any:
        return next(messages)

    scope = {"type": "http", "headers": [(b"content-type", content_type.encode())]}
    return Request(scope, receive)


def form(field: bytes) -> bytes:
    file = b'--B\r\nContent-Disposition: form-data; name="images"; filename="a"\r\n\r\nx\r\n'
    return (
        file
        + b'--B\r\nContent-Disposition: form-data; name="options"\r\n\r\n'
        + (field + b"\r\n--B--\r\n")
    )


@pytest.mark.parametrize("charset", ["idna", "punycode", "undefined", "utf-7", "rot13", "gbk", "x"])
def test_no_client_chooses_the_codec_of_a_form(charset: str) -> None:
    # As idna or punycode, decoding this takes seconds.
    text = "xn--a-" + "b" * 60_000
    request = form_request(
        form(text.encode()), f"multipart/form-data; boundary=B; charset={charset}"
    )
    start = time.process_time()
    files, fields = asyncio.run(read_form(request, 4))
    assert (files, fields) == ([b"x"], {"options": text})
    assert time.process_time() - start < 1


def test_a_forms_texts_are_utf_8_and_bounded() -> None:
    request = form_request(form("文字".encode()), FORM)
    assert asyncio.run(read_form(request, 4))[1] == {"options": "文字"}
    large = form_request(form(b"x" * 70_000), FORM)
    with pytest.raises(RequestError, match="form"):
        asyncio.run(read_form(large, 4))


@pytest.mark.parametrize("boundary", ["", "; boundary=", f"; boundary={'B' * 500}"])
def test_a_form_needs_a_boundary(boundary: str) -> None:
    with pytest.raises(RequestError, match="boundary"):
        asyncio.run(read_form(form_request(form(b""), f"multipart/form-data{boundary}"), 4))


def unpacked(coding: str, packed: bytes, size: int = 1000, most: int = 10**9) -> bytes:
    """What the layers within get of a body that comes in pieces; they stop at ``most``."""
    pieces: Iterator[bytes] = (packed[n : n + size] for n in range(0, len(packed), size))
    waiting = [*pieces]
    found: list[bytes] = []

    async def receive() -> Message:
        body = waiting.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(waiting)}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert not [name for name, _ in scope["headers"] if name.startswith(b"content-")]
        more = True
        while more and sum(map(len, found)) < most:
            message = await receive()
            found.append(message["body"])
            more = message["more_body"]

    async def send(message: Message) -> None:
        raise AssertionError

    headers = [(b"content-encoding", coding.encode()), (b"content-length", b"1")]
    scope = {"type": "http", "headers": headers}
    asyncio.run(ContentEncoding(app, limit=MEGABYTE)(scope, receive, send))
    assert max(map(len, found)) < MEGABYTE
    return b"".join(found)


TEXT = json.dumps({"images": ["AAAA"] * 20_000}).encode()


@pytest.mark.parametrize("size", [1, 1000, 100_000])
def test_packed_bodies_come_out_as_they_were(size: int) -> None:
    raw = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    assert unpacked("gzip", gzip.compress(TEXT), size) == TEXT
    assert unpacked("GZIP", gzip.compress(TEXT), size) == TEXT
    assert unpacked("deflate", zlib.compress(TEXT), size) == TEXT
    assert unpacked("deflate", raw.compress(TEXT) + raw.flush(), size) == TEXT


def test_a_bomb_is_unpacked_no_further_than_the_limit() -> None:
    bomb = gzip.compress(bytes(200 * MEGABYTE))
    tracemalloc.start()
    assert len(unpacked("gzip", bomb, 10**6, most=5 * MEGABYTE)) < 6 * MEGABYTE
    assert tracemalloc.get_traced_memory()[1] < 20 * MEGABYTE
    tracemalloc.stop()


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, gzip", "compress"])
def test_other_encodings_are_refused_by_name(coding: str) -> None:
    with pytest.raises(EncodingError, match="Content-Encoding") as caught:
        unpacked(coding, b"x")
    assert caught.value.http_status == 415
    assert caught.value.http_headers == {"Accept-Encoding": "gzip, deflate"}


def test_broken_packing_is_the_clients_mistake() -> None:
    for packed in (b"no gzip", gzip.compress(TEXT)[:-100], gzip.compress(TEXT) + b"more"):
        with pytest.raises(RequestError):
            unpacked("gzip", packed)
    empty_blocks = b"\0\0\0\xff\xff" * 400_000  # deflate's empty blocks: much sent, nothing in it
    with pytest.raises(LimitError):
        unpacked("deflate", empty_blocks)


def test_large_bodies_leave_room_for_small_ones() -> None:
    held = HeldBytes(100 * MEGABYTE, 20 * MEGABYTE)
    taken = [client for client in "abcd" for _ in range(4) if held.grow(client, 0, 20 * MEGABYTE)]
    assert len(taken) == 3  # three quarters, and two at most of a client
    assert held.grow("e", 0, 100_000)
    assert not held.grow("e", 100_000, 19 * MEGABYTE)
    for client in taken:
        held.release(client, 20 * MEGABYTE)
    assert held.grow("e", 100_000, 19 * MEGABYTE)
