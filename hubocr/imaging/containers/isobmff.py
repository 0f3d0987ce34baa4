"""The structure of HEIC and AVIF files (ISO 14496-12, ISO 23008-12)."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from hubocr.imaging.containers.layout import Layout, damaged, refused
from hubocr.imaging.limits import MAX_BOXES

_HEIC = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
_AVIF = frozenset({b"avif", b"avis"})
_TURNS = frozenset({b"irot", b"imir"})
_NESTED = {b"meta": 4, b"iprp": 0, b"ipco": 0, b"moov": 0, b"trak": 0, b"mdia": 0, b"minf": 0}


def format_of(data: bytes) -> str | None:
    """Return HEIC or AVIF as the brands at the start say, or None."""
    if data[4:8] != b"ftyp":
        return None
    size = min(int.from_bytes(data[:4], "big"), 256)
    brands = [data[8:12], *(data[place : place + 4] for place in range(16, size, 4))]
    # "mif1" stands in both kinds of file.
    if any(brand in _AVIF for brand in brands):
        return "AVIF"
    return "HEIC" if any(brand in _HEIC for brand in brands) else None


def scan(data: bytes, name: str) -> Layout:
    """Return the layout of a HEIC or AVIF file: the largest size that any image in it has.

    A photograph is often a grid of tiles, and the whole has a size of its own beside theirs. Where
    the container turns the image, the decoder does, and EXIF's orientation is not to be applied.
    """
    width = height = 0
    turned = False
    for index, (kind, start, _) in enumerate(_boxes(data, 0, len(data))):
        if index == MAX_BOXES:
            raise refused(f"the {name} file has more than {MAX_BOXES} boxes")
        turned = turned or kind in _TURNS
        if kind == b"ispe":
            columns, rows = struct.unpack_from(">II", data, start + 4)
            if columns * rows > width * height:
                width, height = columns, rows
    if not width or not height:
        raise damaged()
    return Layout(name, width, height, alpha=True, turned=turned)


def _boxes(data: bytes, place: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    stack = [(place, end)]
    while stack:
        place, end = stack.pop()
        if place + 8 > end:
            continue
        size, kind = struct.unpack_from(">I4s", data, place)
        start = place + 8
        if size == 1:
            size, start = struct.unpack_from(">Q", data, start)[0], start + 8
        stop = min(end, place + size) if size else end
        if stop < start:
            continue
        yield kind, start, stop
        stack.append((stop, end))
        if kind in _NESTED:
            stack.append((start + _NESTED[kind], stop))
