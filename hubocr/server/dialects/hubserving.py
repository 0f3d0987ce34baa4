"""``POST /predict/NAME``: hubserving, as PaddleHub serves PaddleOCR's modules."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from hubocr.errors import HubocrError, RequestError
from hubocr.exporters.hubserving import Encoding
from hubocr.models.registry import TASKS
from hubocr.runtime import Call
from hubocr.server.bodies import (
    check_arguments,
    parse_json,
    read_body,
    read_content_type,
    read_form,
)
from hubocr.server.describe import options_schema
from hubocr.server.dialects.base import OcrCall, OcrDialect, responses
from hubocr.server.errors import (
    ContentTypeError,
    LimitError,
    MalformedJsonError,
    NoJsonError,
    UnauthorizedError,
)
from hubocr.server.modules import Module
from hubocr.server.settings import ServerSettings
from hubocr.server.state import ServerState
from hubocr.services import ImageSource, Observer, base64_images

_RAW_TYPES = ("image/", "application/octet-stream")
_OWN_HTTP_STATUS = (MalformedJsonError, ContentTypeError, UnauthorizedError)
"""Errors that PaddleHub answers with an HTTP status of their own, too."""

_ENVELOPE = {
    "type": "object",
    "required": ["status", "msg", "results"],
    "properties": {
        "status": {"type": "string", "enum": ["000", "101", "111", "112"]},
        "msg": {"type": "string"},
        "results": {},
    },
}


@dataclass(frozen=True)
class HubservingCall(OcrCall):
    """A request to a module.

    Attributes:
        encoding: How the module's results are written.
    """

    encoding: Encoding[Any]


class Hubserving(OcrDialect[HubservingCall]):
    """hubserving's JSON, a form with files, or a bare image file; answered in its envelope.

    A form's files are the images, in order; its field ``options`` is a JSON object. A bare image
    has the content type ``image/...`` or ``application/octet-stream``.
    """

    paths = ("/predict/{name}",)
    prefix = "/predict/"

    def module(self, request: Request, state: ServerState) -> Module:
        """See `OcrDialect.module`."""
        return state.module(request.path_params["name"])

    async def parse(
        self, request: Request, module: Module, settings: ServerSettings
    ) -> HubservingCall:
        """See `OcrDialect.parse`."""
        images, arguments = await _read_body(request, settings.limits.images)
        ocr_request = module.service.request(images, arguments, module.settings)
        return HubservingCall(ocr_request, module.service.encoding)

    def answer(
        self, call: HubservingCall, module: Module, work: Call, observer: Observer
    ) -> Response:
        """See `OcrDialect.answer`."""
        answer = module.service.answer(call.request, work, observer)
        return envelope("000", "", call.encoding.results(answer.results, answer.options))

    def error(self, error: HubocrError, settings: ServerSettings) -> Response:
        """See `Dialect.error`."""
        is_hidden = settings.legacy_http_200 and not isinstance(error, _OWN_HTTP_STATUS)
        return envelope(
            error.hub_status, error.message, "", 200 if is_hidden else error.http_status
        )

    def http_error(self, status: int, message: str) -> Response:
        """See `Dialect.http_error`."""
        return envelope("101", message, "", status)

    def describe(self, path: str, names: Sequence[str]) -> Mapping[str, Any]:
        """See `OcrDialect.describe`."""
        files = {"type": "string", "format": "binary"}
        content = {
            "type": "object",
            "required": ["images"],
            "properties": {
                "images": {
                    "type": "array",
                    "minItems": 1,
                    "items": {"type": "string", "format": "byte"},
                },
                "options": options_schema(TASKS),
            },
        }
        form = {"type": "object", "properties": {"images": {"type": "array", "items": files}}}
        return {
            "summary": "Read images with a module (hubserving).",
            "parameters": [
                {
                    "name": "name",
                    "in": "path",
                    "required": True,
                    "schema": {"type": "string", "enum": list(names)},
                }
            ],
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {"schema": content},
                    "multipart/form-data": {"schema": form},
                    "application/octet-stream": {"schema": files},
                },
            },
            "responses": responses(_ENVELOPE),
        }


def envelope(status: str, message: str, results: Any, http_status: int = 200) -> Response:
    """Return hubserving's envelope, byte for byte as PaddleHub's Flask writes it."""
    content = {"status": status, "msg": message, "results": results}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return Response(text + "\n", http_status, media_type="application/json")


async def _read_body(
    request: Request, max_images: int
) -> tuple[Sequence[ImageSource], Mapping[str, Any]]:
    """Return the images of a request, and its other keys."""
    content_type = read_content_type(request)
    if content_type == "application/json" or content_type.endswith("+json"):
        return _from_json(await read_body(request), max_images)
    if content_type == "multipart/form-data":
        files, fields = await read_form(request, max_images)
        _check_count(len(files), max_images)
        if "options" in fields:
            fields["options"] = parse_json(fields["options"].encode())
        return [_file(data, index) for index, data in enumerate(files)], fields
    if content_type.startswith(_RAW_TYPES):
        data = await read_body(request)
        if not data:
            raise RequestError("the body is empty: send the bytes of an image file")
        return [_file(data, 0)], {}
    raise ContentTypeError(
        "the content type must be application/json, multipart/form-data or image/*, "
        f"not {content_type or 'none'}"
    )


def _from_json(data: bytes, max_images: int) -> tuple[Sequence[ImageSource], Mapping[str, Any]]:
    content = parse_json(data)
    if content is None:
        raise NoJsonError("the body is null: send a JSON object with images")
    if not isinstance(content, dict):
        raise RequestError("the body must be a JSON object with images")
    arguments = dict(content)
    images = base64_images(arguments.pop("images", None))
    _check_count(len(images), max_images)
    check_arguments(arguments)
    return images, arguments


def _file(data: bytes, index: int) -> ImageSource:
    return ImageSource.from_bytes(data, f"images[{index}]")


def _check_count(count: int, limit: int) -> None:
    if count > limit:
        raise LimitError(f"images has {count} entries, the limit is {limit}")
