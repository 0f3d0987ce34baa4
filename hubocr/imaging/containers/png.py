"""The structure of a PNG file (ISO 15948, and the APNG chunks of its third edition)."""

from __future__ import annotations

import struct

from hubocr.imaging.containers.exif import orientation_of
from hubocr.imaging.containers.layout import Layout, damaged, refused
from hubocr.imaging.limits import (
    MAX_FRAMES,
    MAX_PNG_CHUNKS,
    MAX_PNG_EXTRA_BYTES,
    MAX_PNG_EXTRA_CHUNKS,
)

SIGNATURE = b"\x89PNG\r\n\x1a\n"

_STILL = frozenset({b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"})
_ANIMATION = frozenset({b"acTL", b"fcTL", b"fdAT"})
_GREY, _GREY_ALPHA, _RGBA = 0, 4, 6

Span = tuple[bytes, int, int]
"""A chunk: its type, where it begins and where it ends."""


def scan(data: bytes) -> Layout:
    """Return the layout of a PNG file; each chunk up to the last has to lie within it.

    OpenCV 5 allocates what a chunk announces, up to 2 GiB and seconds for a file of a kilobyte.
    """
    chunks = _chunks(data)
    head = struct.unpack_from(">IIBB", data, 16) if chunks[0][0] == b"IHDR" else None
    if head is None or len(data) < 33:
        raise damaged()
    width, height, bits, colour = head
    animated = any(name == b"acTL" for name, _, _ in chunks)
    frames = _check_frames(data, chunks, width, height) if animated else 1
    profile = next((data[start + 8 : end - 4] for n, start, end in chunks if n == b"eXIf"), b"")
    extra = [end - start for name, start, end in chunks if name not in _STILL | _ANIMATION]
    heavy = sum(extra) > MAX_PNG_EXTRA_BYTES or len(extra) > MAX_PNG_EXTRA_CHUNKS
    return Layout(
        "PNG",
        width,
        height,
        frames=frames,
        animated=animated and frames > 1,
        orientation=orientation_of(profile),
        bits=bits,
        alpha=colour in (_GREY_ALPHA, _RGBA) or any(name == b"tRNS" for name, _, _ in chunks),
        multi_channel=colour != _GREY,
        still=_only(data, chunks, _STILL) if heavy or animated else None,
        clean=_only(data, chunks, _STILL | _ANIMATION) if heavy and animated else None,
    )


def _chunks(data: bytes) -> list[Span]:
    chunks: list[Span] = []
    place, size = len(SIGNATURE), len(data)
    while True:
        length, name = int.from_bytes(data[place : place + 4], "big"), data[place + 4 : place + 8]
        end = place + 12 + length  # length, type, contents, checksum
        if name == b"IEND":
            return [*chunks, (name, place, min(end, size))]
        if end >= size:
            raise damaged("a chunk is cut off")
        chunks.append((name, place, end))
        if len(chunks) > MAX_PNG_CHUNKS:
            raise refused(f"the PNG file has more than {MAX_PNG_CHUNKS} chunks")
        place = end


def _only(data: bytes, chunks: list[Span], names: frozenset[bytes]) -> bytes:
    view = memoryview(data)
    kept = [view[start:end] for name, start, end in chunks if name in names]
    return b"".join([SIGNATURE, *kept])


def _check_frames(data: bytes, chunks: list[Span], width: int, height: int) -> int:
    """Return how many images there are; each has to lie on the canvas."""
    before, count = True, 0
    default = 1
    for name, start, end in chunks:
        before = before and name != b"IDAT"
        if name != b"fcTL":
            continue
        if end - start < 38:
            raise damaged()
        columns, rows, left, top = struct.unpack_from(">IIII", data, start + 12)
        if left + columns > width or top + rows > height:
            raise damaged("a frame lies outside the canvas")
        default = default and int(not before)
        count += 1
        if count > MAX_FRAMES:
            raise refused(f"the PNG file has more than {MAX_FRAMES} frames")
    return max(1, count + default)
