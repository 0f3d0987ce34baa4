"""The structure of a JPEG 2000 file or code stream (ISO 15444-1, annexes A and I)."""

from __future__ import annotations

import struct

from hubocr.imaging.containers.layout import Layout, damaged, refused
from hubocr.imaging.limits import MAX_J2K_TILES

FILE_SIGNATURE = b"\0\0\0\x0cjP  \r\n\x87\n"
STREAM_SIGNATURE = b"\xff\x4f\xff\x51"


def scan(data: bytes) -> Layout:
    """Return the layout: the size of the code stream itself, whatever the boxes around it say."""
    start = data.find(STREAM_SIGNATURE)
    if start < 0:
        raise damaged()
    right, bottom, left, top, columns, rows, x, y = struct.unpack_from(">8I", data, start + 8)
    channels, depth = struct.unpack_from(">HB", data, start + 40)
    width, height = right - left, bottom - top
    if width <= 0 or height <= 0 or not columns or not rows or not channels:
        raise damaged()
    if -(-(right - x) // columns) * -(-(bottom - y) // rows) > MAX_J2K_TILES:
        raise refused(f"the JPEG 2000 image has more than {MAX_J2K_TILES} tiles")
    return Layout(
        "JPEG2000",
        width,
        height,
        bits=(depth & 0x7F) + 1,
        alpha=channels in (2, 4),
        multi_channel=channels > 2,
    )
