"""Reading the bodies of requests, in any dialect."""

from __future__ import annotations

import json
from typing import Any

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import Request

from hubocr.errors import RequestError
from hubocr.server.errors import MalformedJsonError

_MAX_FIELDS = 20


def read_content_type(request: Request) -> str:
    """Return the media type of a body in lower case, without parameters."""
    return request.headers.get("content-type", "").split(";")[0].strip().lower()


def parse_json(data: bytes) -> Any:
    """Return the value of a JSON text.

    Raises:
        MalformedJsonError: It isn't JSON.
    """
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        reason = error.args[0] if isinstance(error, json.JSONDecodeError) else "not JSON"
        raise MalformedJsonError(f"the body is not valid JSON: {reason}") from None


async def read_form(request: Request, max_files: int) -> tuple[list[bytes], dict[str, Any]]:
    """Return the files of a form, in order, and its other fields.

    One file more than the limit is read, so that the caller can say that there are too many.

    Raises:
        RequestError: The form can't be read, or has no file.
    """
    try:
        form = await request.form(max_files=max_files + 1, max_fields=_MAX_FIELDS)
    except MultiPartException as error:
        raise RequestError(f"the form can't be read: {error.message}") from error
    files: list[bytes] = []
    fields: dict[str, Any] = {}
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            files.append(await value.read())
        else:
            fields[name] = value
    if not files:
        raise RequestError("the form has no file: send each image as a file")
    return files, fields
