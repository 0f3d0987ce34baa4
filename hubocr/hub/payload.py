"""From the ``images`` of a hubserving request to arrays, each slot on its own."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence

from hubocr.errors import ImageError, RequestError
from hubocr.imaging import DEFAULT_MAX_PIXELS, BgrImage, decode_image

_DATA_URI = re.compile(r"data:[\w.+-]+/[\w.+-]+(?:;[\w.+-]+=[\w.+-]+)*;base64,", re.IGNORECASE)
_LINE_BREAKS = str.maketrans("", "", "\r\n")

Slot = BgrImage | ImageError
"""One image of a request: its pixels, or why it can't be read."""


def check_images(images: object) -> list[str]:
    """Return the ``images`` of a request, a list of strings that isn't empty.

    Raises:
        RequestError: They are something else; the message names the field and the index.
    """
    if images is None:
        raise RequestError("images is missing: send a list of base64 strings")
    if not isinstance(images, list):
        raise RequestError(f"images must be a list of base64 strings, not {_json_type(images)}")
    if not images:
        raise RequestError("images is empty: send at least one base64 string")
    for index, image in enumerate(images):
        if not isinstance(image, str):
            raise RequestError(f"images[{index}] must be a base64 string, not {_json_type(image)}")
    return images


def decode_images(images: object, *, max_pixels: int = DEFAULT_MAX_PIXELS) -> list[Slot]:
    """Decode the ``images`` of a request.

    An image that can't be read keeps its slot, so that the others keep their places.

    Args:
        images: What the request holds: a list of strings, each the base64 of an image file,
            with or without a ``data:...;base64,`` prefix.
        max_pixels: Limit on each image's width times height.

    Returns:
        One slot an image, in order.

    Raises:
        RequestError: ``images`` is missing or is not a list of strings; the message names the
            field and the index.
        ImageError: None can be read.
    """
    slots = [
        _decode_slot(image, f"images[{index}]", max_pixels)
        for index, image in enumerate(check_images(images))
    ]
    require_readable(slots)
    return slots


def require_readable(slots: Sequence[object]) -> None:
    """Raise `ImageError` where not a single image can be read."""
    errors = [slot for slot in slots if isinstance(slot, ImageError)]
    if not errors or len(errors) < len(slots):
        return
    if len(errors) == 1:
        raise errors[0]
    shown = "; ".join(error.message for error in errors[:3])
    raise ImageError(f"no image can be read: {shown}{'; ...' if len(errors) > 3 else ''}")


def decode_base64(text: str) -> bytes:
    """Return the bytes of strict base64 (RFC 4648), with or without a data-URI prefix.

    Line breaks are passed over, since MIME encoders put them in; nothing else is.

    Raises:
        ImageError: It isn't base64.
    """
    prefix = _DATA_URI.match(text)
    encoded = text[prefix.end() :] if prefix else text
    try:
        return base64.b64decode(encoded.translate(_LINE_BREAKS), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ImageError(f"not valid base64 ({error})") from error


def _decode_slot(text: str, where: str, max_pixels: int) -> Slot:
    try:
        return decode_image(decode_base64(text), max_pixels=max_pixels)
    except ImageError as error:
        return error.at(where)


def _json_type(value: object) -> str:
    names = {str: "a string", dict: "an object", list: "a list", bool: "a boolean"}
    names |= {int: "a number", float: "a number", type(None): "null"}
    return names.get(type(value), type(value).__name__)
