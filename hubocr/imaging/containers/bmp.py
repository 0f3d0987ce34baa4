"""The structure of a Windows or OS/2 bitmap."""

from __future__ import annotations

import struct

from hubocr.imaging.containers.layout import Layout, damaged

_CORE_HEADER = 12
_BITFIELDS = (3, 6)


def scan(data: bytes) -> Layout:
    """Return the layout of a BMP file."""
    return scan_header(data, 14)


def scan_header(data: bytes, place: int) -> Layout:
    """Return what the bitmap's header at ``place`` says."""
    size = struct.unpack_from("<I", data, place)[0]
    if size == _CORE_HEADER:
        width, height, _, bits = struct.unpack_from("<HHHH", data, place + 4)
        compression = 0
    else:
        width, height, _, bits, compression = struct.unpack_from("<iiHHI", data, place + 4)
    width, height = abs(width), abs(height)  # a negative height stands for rows from the top
    if not width or not height:
        raise damaged()
    # The fourth mask, where the header is long enough or is followed by it.
    mask = data[place + 52 : place + 56] if compression in _BITFIELDS and size > 52 else b""
    return Layout("BMP", width, height, bits=8, alpha=bits == 32 and any(mask))
