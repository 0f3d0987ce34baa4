"""The orientation in EXIF data."""

from __future__ import annotations

import struct

_ORIENTATION, _SHORT = 0x0112, 3
_MOST_ENTRIES = 1024
_PREFIX = b"Exif\0\0"


def orientation_of(data: bytes) -> int:
    """Return the EXIF orientation, 1 (upright) to 8, and 1 where there is none.

    Args:
        data: A TIFF header and what follows it (EXIF 2.32, 4.5.2), with or without the prefix
            that JPEG needs and some WebP encoders write as well.
    """
    if data.startswith(_PREFIX):
        data = data[len(_PREFIX) :]
    order = {b"II": "<", b"MM": ">"}.get(data[:2])
    if order is None or len(data) < 8:
        return 1
    start = struct.unpack_from(f"{order}I", data, 4)[0]
    if start + 2 > len(data):
        return 1
    count = struct.unpack_from(f"{order}H", data, start)[0]
    for index in range(min(count, _MOST_ENTRIES)):
        place = start + 2 + 12 * index
        if place + 12 > len(data):
            return 1
        tag, kind, _, value = struct.unpack_from(f"{order}HHIH", data, place)
        if tag == _ORIENTATION and kind == _SHORT:
            return value if 1 <= value <= 8 else 1
    return 1
