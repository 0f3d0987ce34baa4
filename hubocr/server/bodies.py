"""From the body of a request to its images and arguments."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import Request

from hubocr.errors import ImageError, RequestError
from hubocr.hub.payload import Slot, check_images, decode_base64
from hubocr.imaging import decode_image
from hubocr.server.errors import ContentTypeError, LimitError, MalformedJsonError, NoJsonError

_RAW_TYPES = ("image/", "application/octet-stream")


@dataclass(frozen=True)
class Body:
    """A request, read but not decoded.

    Attributes:
        images: One function an image, which decodes it or raises `ImageError`.
        arguments: The other keys.
    """

    images: tuple[Callable[[int], Slot], ...]
    arguments: Mapping[str, Any]


async def read_body(request: Request, max_images: int) -> Body:
    """Read hubserving's JSON, a form with files, or a bare image file.

    Args:
        request: The request. A form's files are the images, in order; its field ``options`` is
            a JSON object. A bare image has the content type ``image/...`` or
            ``application/octet-stream``.
        max_images: How many images it may hold.

    Raises:
        RequestError: The body is not what its content type says, or has too many images.
    """
    content_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if content_type == "application/json" or content_type.endswith("+json"):
        return _from_json(await request.body(), max_images)
    if content_type == "multipart/form-data":
        return await _from_form(request, max_images)
    if content_type.startswith(_RAW_TYPES):
        data = await request.body()
        if not data:
            raise RequestError("the body is empty: send the bytes of an image file")
        return Body((_bytes_decoder(data),), {})
    raise ContentTypeError(
        "the content type must be application/json, multipart/form-data or image/*, "
        f"not {content_type or 'missing'!r}"
    )


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


def _from_json(data: bytes, max_images: int) -> Body:
    content = parse_json(data)
    if content is None:
        raise NoJsonError("the body is null: send a JSON object with images")
    if not isinstance(content, dict):
        raise RequestError("the body must be a JSON object with images")
    arguments = dict(content)
    images = check_images(arguments.pop("images", None))
    _check_count(len(images), max_images)
    return Body(tuple(_text_decoder(image) for image in images), arguments)


async def _from_form(request: Request, max_images: int) -> Body:
    try:
        form = await request.form(max_files=max_images + 1, max_fields=20)
    except MultiPartException as error:
        raise RequestError(f"the form can't be read: {error.message}") from error
    files, arguments = [], {}
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            files.append(await value.read())
        elif name == "options":
            arguments["options"] = parse_json(value.encode())
        else:
            arguments[name] = value
    if not files:
        raise RequestError("the form has no file: send each image as a file")
    _check_count(len(files), max_images)
    return Body(tuple(_bytes_decoder(data) for data in files), arguments)


def _check_count(count: int, limit: int) -> None:
    if count > limit:
        raise LimitError(f"images has {count} entries, the limit is {limit}")


def _text_decoder(text: str) -> Callable[[int], Slot]:
    return lambda max_pixels: decode_image(decode_base64(text), max_pixels=max_pixels)


def _bytes_decoder(data: bytes) -> Callable[[int], Slot]:
    return lambda max_pixels: decode_image(data, max_pixels=max_pixels)


def decode(body: Body, index: int, max_pixels: int) -> Slot:
    """Return one image of a body, or why it can't be read."""
    try:
        return body.images[index](max_pixels)
    except ImageError as error:
        return error.at(f"images[{index}]")
