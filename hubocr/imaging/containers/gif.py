"""The structure of a GIF file (GIF89a specification)."""

from __future__ import annotations

import struct

from hubocr.imaging.containers.layout import Layout, damaged, refused
from hubocr.imaging.limits import MAX_FRAMES, MIN_GIF_BLOCK_BYTES

SIGNATURES = (b"GIF87a", b"GIF89a")

_EXTENSION, _IMAGE, _TRAILER = 0x21, 0x2C, 0x3B
_CONTROL = 0xF9


def scan(data: bytes) -> Layout:
    """Return the layout of a GIF file.

    Comments and the extensions of applications are cut out: Pillow joins the blocks of a comment
    one by one, which takes minutes for some megabytes.
    """
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    head = place = 13 + _table(flags)
    kept: list[tuple[int, int]] = []  # control and image of each frame
    control, first_end, frames, dropped, transparent = None, 0, 0, 0, False
    budget = 4 * MAX_FRAMES + len(data) // MIN_GIF_BLOCK_BYTES
    while place < len(data):
        start, kind = place, data[place]
        if kind == _EXTENSION:
            place, budget = _skip(data, place + 2, budget)
            if data[start + 1 : start + 2] == bytes([_CONTROL]):
                control = (start, place)
                transparent = transparent or bool(data[start + 3] & 1)
            else:
                dropped += place - start
        elif kind == _IMAGE:
            left, top, columns, rows, flags = struct.unpack_from("<HHHHB", data, start + 1)
            width, height = max(width, left + columns), max(height, top + rows)
            place, budget = _skip(data, start + 11 + _table(flags), budget)
            kept += [control, (start, place)] if control else [(start, place)]
            control, frames = None, frames + 1
            first_end = first_end or len(kept)
            if frames > MAX_FRAMES:
                raise refused(f"the GIF file has more than {MAX_FRAMES} frames")
        elif kind == _TRAILER:
            break
        else:
            place += 1  # Pillow and browsers skip what they don't know
            budget -= 1
        if budget < 0:
            raise refused("the GIF file has too many small blocks")
    if not frames:
        raise damaged()
    whole = place < len(data)
    return Layout(
        "GIF",
        width,
        height,
        frames=frames,
        animated=frames > 1,
        alpha=transparent,
        still=_join(data, head, kept[:first_end]) if whole and (dropped or frames > 1) else None,
        clean=_join(data, head, kept) if whole and dropped else None,
    )


def _table(flags: int) -> int:
    """Return how many bytes a colour table has."""
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


def _skip(data: bytes, place: int, budget: int) -> tuple[int, int]:
    """Return where a chain of blocks ends, and how many more blocks there may be."""
    while place < len(data) and data[place] and budget >= 0:
        place += 1 + data[place]
        budget -= 1
    return place + 1, budget


def _join(data: bytes, head: int, spans: list[tuple[int, int]]) -> bytes:
    view = memoryview(data)
    parts = [view[start:end] for start, end in spans]
    return b"".join([view[:head], *parts, bytes([_TRAILER])])
