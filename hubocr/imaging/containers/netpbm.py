"""Netpbm's formats PBM, PGM and PPM (P1 to P6), header and pixels.

Pillow's decoders of the textual and of the scaled kinds are loops in Python, a second for some
hundred thousand samples.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hubocr.imaging.containers.layout import Layout, damaged

_TOKEN = re.compile(rb"(?:\s|#[^\n\r]{0,4096}[\n\r])*([0-9]{1,9})")
_LONGEST_HEADER = 16_384
_DIGITS_ONLY = bytes(byte if 48 <= byte < 58 else 32 for byte in range(256))
_COMMENT = re.compile(rb"#[^\n\r]*")


class _Header(NamedTuple):
    kind: int
    width: int
    height: int
    highest: int
    start: int

    @property
    def channels(self) -> int:
        return 3 if self.kind in (3, 6) else 1


def is_netpbm(data: bytes) -> bool:
    """Return whether the file begins as these do: P, a number, and white space or a comment."""
    return (
        data[:1] == b"P" and data[1:2] in b"123456" and data[2:3] in b" \t\r\n#" and len(data) > 2
    )


def _header(data: bytes) -> _Header:
    kind = data[1] - ord("0")
    numbers: list[int] = []
    place = 2
    for _ in range(2 if kind in (1, 4) else 3):
        token = _TOKEN.match(data, place, _LONGEST_HEADER)
        if not token:
            raise damaged()
        numbers.append(int(token[1]))
        place = token.end()
    width, height, highest = (*numbers, 1)[:3]
    if not width or not height or not 1 <= highest <= 65535:
        raise damaged()
    return _Header(kind, width, height, highest, place + 1)  # one white space ends the header


def scan(data: bytes) -> Layout:
    """Return the layout of a Netpbm file."""
    header = _header(data)
    bits = 16 if header.highest > 255 else 8
    return Layout("PNM", header.width, header.height, bits=bits, multi_channel=header.channels > 1)


def read(data: bytes) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """Return the pixels, (H, W) or (H, W, 3) RGB, stretched to the highest value of the type.

    Raises:
        ImageError: There are fewer pixels than the header says.
    """
    header = _header(data)
    shape = (header.height, header.width, header.channels)
    values: NDArray[Any]
    if header.kind == 4:
        row = -(-header.width // 8)
        bits = np.unpackbits(_samples(data, header, header.height * row, np.dtype(np.uint8)))
        values = bits.reshape(header.height, 8 * row, 1)[:, : header.width]
    elif header.kind > 4:
        kind = np.dtype(">u2" if header.highest > 255 else np.uint8)
        values = _samples(data, header, int(np.prod(shape)), kind).reshape(shape)
    else:
        values = _text(data, header, int(np.prod(shape))).reshape(shape)
    pixels: NDArray[Any]
    if header.kind in (1, 4):
        pixels = np.where(values == 0, 255, 0).astype(np.uint8)
    elif header.highest in (255, 65535):
        pixels = values.astype(np.uint8 if header.highest == 255 else np.uint16)
    else:
        top = 255 if header.highest < 255 else 65535
        table = np.arange(header.highest + 1) * top // header.highest
        table = table.astype(np.uint8 if top == 255 else np.uint16)
        pixels = table[np.minimum(values, header.highest)]
    return np.ascontiguousarray(pixels if header.channels > 1 else pixels[:, :, 0])


def _samples(data: bytes, header: _Header, count: int, kind: np.dtype[Any]) -> NDArray[Any]:
    if len(data) - header.start < count * kind.itemsize:
        raise damaged("there are fewer pixels than its header says")
    return np.frombuffer(data, kind, count, header.start)


def _text(data: bytes, header: _Header, count: int) -> NDArray[Any]:
    body = _COMMENT.sub(b" ", data[header.start - 1 :])
    if header.kind == 1:  # the digits may stand without blanks
        digits = np.frombuffer(body, np.uint8)
        values = digits[(digits == ord("0")) | (digits == ord("1"))][:count] - ord("0")
    else:
        try:
            values = np.fromstring(body.translate(_DIGITS_ONLY), np.int32, sep=" ")[:count]
        except ValueError as error:
            raise damaged() from error
    if values.size < count or values.min() < 0:
        raise damaged("there are fewer pixels than its header says")
    return np.asarray(values)
