"""The structure of a Windows icon."""

from __future__ import annotations

import struct

from hubocr.imaging.containers import bmp, png
from hubocr.imaging.containers.layout import Layout, damaged, refused
from hubocr.imaging.limits import MAX_ICO_ENTRIES

SIGNATURE = b"\0\0\1\0"
_LONGEST_SIDE = 1024
"""Sides of a bitmap within an icon; a directory can't say more than 256, larger ones are PNG."""


def scan(data: bytes) -> Layout:
    """Return the layout of the largest image of an icon, which is the one that is read."""
    count = struct.unpack_from("<H", data, 4)[0]
    if count > MAX_ICO_ENTRIES:
        raise refused(f"the icon has more than {MAX_ICO_ENTRIES} images")
    entries = [struct.unpack_from("<BBBBHHII", data, 6 + 16 * index) for index in range(count)]
    if not entries:
        raise damaged()
    best = max(entries, key=lambda entry: ((entry[0] or 256) * (entry[1] or 256), entry[5]))
    size, start = best[6:]
    body = data[start : start + size]
    if body.startswith(png.SIGNATURE):
        found = png.scan(body)
        return Layout("ICO", found.width, found.height, alpha=found.alpha, still=body)
    found = bmp.scan_header(body, 0)
    height = found.height // 2  # the mask stands below the colours
    if max(found.width, height) > _LONGEST_SIDE:
        raise damaged("an icon's size is out of range")
    entry = struct.pack("<BBBBHHII", *best[:7], 22)
    return Layout("ICO", found.width, height, alpha=True, still=SIGNATURE + b"\1\0" + entry + body)
