"""Reading the bodies of requests, in any dialect.

A body is what a client can make largest, so its parsing is bounded in work as well as in bytes: how
many values a JSON text has is known before any of them is built, and a form is always UTF-8.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from python_multipart.multipart import parse_options_header
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from hubocr.errors import RequestError
from hubocr.server.errors import LimitError, MalformedJsonError

_MAX_FIELDS = 20
_MAX_FIELD_BYTES = 65_536
"""Size of a form's field that is no file, and of all of a request's options together."""

_MAX_BOUNDARY = 200
"""Bytes of a form's boundary; RFC 2046, section 5.1.1, allows 70."""

_MAX_VALUES = 50_000
"""Values of a JSON text. A request of 10,000 images, the highest limit, has two commas for each."""

_MAX_DEPTH = 32
"""Nesting of a JSON text; requests need three levels."""

_MAX_ARGUMENTS = 1_000
"""Keys of a request's JSON object."""


def read_content_type(request: Request) -> str:
    """Return the media type of a body in lower case, without parameters."""
    return request.headers.get("content-type", "").split(";")[0].strip().lower()


async def read_body(request: Request) -> bytes:
    """Return a body. Unlike ``Request.body`` nothing keeps it for the length of the request."""
    return b"".join([chunk async for chunk in request.stream()])


def parse_json(data: bytes) -> Any:
    """Return the value of a JSON text.

    Raises:
        MalformedJsonError: It isn't JSON.
        RequestError: It has more values than any request needs, is nested more deeply, or has a
            text that isn't Unicode.
    """
    # Each value but the first follows a comma or an opening bracket. Base64 has neither, so the
    # count needs no parsing, and no value is built for nothing.
    openings = data.count(b"[") + data.count(b"{")
    if openings + data.count(b",") > _MAX_VALUES:
        raise RequestError(f"the body has too many values: the limit is {_MAX_VALUES}")
    try:
        content = json.loads(data.removeprefix(b"\xef\xbb\xbf"))
    except (ValueError, RecursionError) as error:
        reason = error.args[0] if isinstance(error, json.JSONDecodeError) else "not JSON"
        raise MalformedJsonError(f"the body is not valid JSON: {reason}") from None
    if openings > _MAX_DEPTH and _is_deeper(content, _MAX_DEPTH):
        raise RequestError(f"the body is nested too deeply: the limit is {_MAX_DEPTH} levels")
    # Python reads half of a surrogate pair, and no answer that repeats it could be written.
    if (b"\\u" in data or not data.isascii()) and not all(map(_is_unicode, _texts(content))):
        raise RequestError("the body has a lone surrogate, which is no character (RFC 8259, 8.2)")
    return content


def check_arguments(arguments: Mapping[str, object]) -> None:
    """Check the size of what a request carries besides its images.

    Raises:
        LimitError: It is larger than options can be.
    """
    size = 0
    for text in _texts(arguments):
        size += len(text)
        if size > _MAX_FIELD_BYTES:
            raise LimitError(f"the options have more than {_MAX_FIELD_BYTES} characters")
    if len(arguments) > _MAX_ARGUMENTS:
        raise LimitError(f"the request has {len(arguments)} keys, the limit is {_MAX_ARGUMENTS}")


async def read_form(request: Request, max_files: int) -> tuple[list[bytes], dict[str, Any]]:
    """Return the files of a form, in order, and its other fields.

    One file more than the limit is read, so that the caller can say that there are too many.

    Raises:
        RequestError: The form can't be read, or has no file.
    """
    parser = _FormParser(
        _form_headers(request),
        request.stream(),
        max_files=max_files + 1,
        max_fields=_MAX_FIELDS,
        max_part_size=_MAX_FIELD_BYTES,
    )
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise RequestError(f"the form can't be read: {error.message}") from error
    files: list[bytes] = []
    fields: dict[str, Any] = {}
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            files.append(await value.read())
        else:
            fields[name] = value
    await form.close()
    if not files:
        raise RequestError("the form has no file: send each image as a file")
    return files, fields


class _FormParser(MultiPartParser):
    # Files stay in memory, as all bodies do, and need no folder that can be written.
    spool_max_size = 1 << 62


def _form_headers(request: Request) -> Headers:
    """Return the headers of a form without its charset.

    Browsers send UTF-8 (HTML, section "multipart form data"), and a charset that the client may
    name reaches all of Python's codecs: one like idna takes time that is quadratic in the text.
    """
    _, parameters = parse_options_header(request.headers.get("content-type", ""))
    boundary = parameters.get(b"boundary", b"")
    if not 0 < len(boundary) <= _MAX_BOUNDARY:
        raise RequestError(
            f"the form can't be read: its Content-Type needs a boundary of 1 to {_MAX_BOUNDARY} "
            "characters"
        )
    quoted = boundary.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    return Headers(raw=[(b"content-type", b'multipart/form-data; boundary="%s"' % quoted)])


def _is_deeper(value: object, limit: int) -> bool:
    level: list[object] = [value]
    for _ in range(limit):
        level = [inner for outer in level for inner in _inner(outer)]
        if not level:
            return False
    return True


def _inner(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _is_unicode(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _texts(value: object) -> Iterable[str]:
    """Give every text in a value, the keys of its objects too."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            yield from one
            waiting.extend(one.values())
        elif isinstance(one, list):
            waiting.extend(one)
