"""How many values a message has, known before it is parsed.

protobuf's own parser takes some microseconds a value where it is the one in Python, on the event
loop: a message of two megabytes may hold a million values.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hubocr.errors import RequestError

_MAX_VALUES = 5_000
"""Values of a message: an image is one, a parameter four."""

_Nested = Mapping[int, Any]
"""The fields that are messages, by their numbers, with those within."""

_PARAMETERS: _Nested = {2: {}}
_CONTENTS_OF_NUMBERS = range(1, 8)
_CONTENTS: _Nested = {}
_INFER: _Nested = {4: _PARAMETERS, 5: {4: _PARAMETERS, 5: _CONTENTS}, 6: {2: _PARAMETERS}}
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


def check_size(data: bytes) -> None:
    """Check how many values a ``ModelInferRequest``, or a smaller message, has.

    Raises:
        RequestError: It has more than any request needs, or is damaged.
    """
    try:
        _count(data, 0, len(data), _INFER, _MAX_VALUES)
    except IndexError:
        raise _damaged() from None


def _count(data: bytes, place: int, end: int, nested: _Nested, left: int) -> int:
    """Return how many values are left of the limit after those of a message."""
    while place < end:
        left -= 1
        tag, place = _varint(data, place)
        number, kind = tag >> 3, tag & 7
        if kind == _VARINT:
            _, place = _varint(data, place)
        elif kind == _BYTES:
            size, place = _varint(data, place)
            if place + size > end:
                raise _damaged()
            if nested is _CONTENTS and number in _CONTENTS_OF_NUMBERS:
                left -= size  # numbers, packed
            elif number in nested:
                left = _count(data, place, place + size, nested[number], left)
            place += size
        elif kind in (_FIXED64, _FIXED32):
            place += 8 if kind == _FIXED64 else 4
        else:
            raise _damaged()
        if left < 0:
            raise RequestError(f"the message has too many values: the limit is {_MAX_VALUES}")
    return left


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        byte = data[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
    raise _damaged()


def _damaged() -> RequestError:
    return RequestError("the message is damaged")
