"""The structure of a WebP file (RFC 9649)."""

from __future__ import annotations

import struct
from typing import NamedTuple

from hubocr.imaging.containers.exif import orientation_of
from hubocr.imaging.containers.layout import Layout, damaged, refused
from hubocr.imaging.limits import MAX_FRAMES, MAX_WEBP_CHUNKS

_ALPHA, _ANIMATED = 0x10, 0x02


class Chunk(NamedTuple):
    """A chunk: its type, and where its contents begin and end."""

    name: bytes
    start: int
    end: int


class FirstFrame(NamedTuple):
    """The first frame of an animation as a file of its own, and where its corner lies."""

    data: bytes
    left: int
    top: int


def scan(data: bytes) -> Layout:
    """Return the layout of a WebP file."""
    chunks = _chunks(data, 12, len(data))
    width = height = orientation = frames = 0
    alpha = animated = False
    for name, start, end in chunks:
        body = data[start : min(end, start + 32)]
        if name == b"VP8X" and len(body) >= 10:
            alpha, animated = bool(body[0] & _ALPHA), bool(body[0] & _ANIMATED)
            columns, rows = (int.from_bytes(body[i : i + 3], "little") + 1 for i in (4, 7))
        elif name in (b"VP8 ", b"VP8L"):
            columns, rows, transparent = _bitstream(name, body)
            alpha = alpha or transparent
        elif name == b"ANMF" and len(body) >= 16:
            columns, rows = _check_frame(body, width, height)
            frames += 1
        elif name == b"EXIF" and not orientation:
            orientation = orientation_of(data[start:end])
            continue
        else:
            continue
        width, height = max(width, columns), max(height, rows)
    if not width or not height or (animated and not frames):
        raise damaged()
    if frames > MAX_FRAMES:
        raise refused(f"the WebP file has more than {MAX_FRAMES} frames")
    return Layout(
        "WEBP",
        width,
        height,
        frames=max(1, frames),
        animated=animated,
        orientation=orientation or 1,
        alpha=alpha or animated,
    )


def first_frame(data: bytes) -> FirstFrame:
    """Return the first frame of an animation: decoding it alone needs no canvases."""
    frame = next((part for part in _chunks(data, 12, len(data)) if part.name == b"ANMF"), None)
    if frame is None:
        raise damaged()
    left, top = (
        2 * int.from_bytes(data[frame.start + i : frame.start + i + 3], "little") for i in (0, 3)
    )
    parts = _chunks(data, frame.start + 16, frame.end)
    kept = [part for part in parts if part.name in (b"ALPH", b"VP8 ", b"VP8L")]
    if any(part.name == b"ALPH" for part in kept):
        canvas = data[frame.start + 6 : frame.start + 12]  # width and height less one
        body = _riff(b"VP8X", bytes([_ALPHA, 0, 0, 0]) + canvas)
    else:
        body = b""
    body += b"".join(_riff(part.name, data[part.start : part.end]) for part in kept)
    return FirstFrame(_riff(b"RIFF", b"WEBP" + body), left, top)


def _riff(name: bytes, contents: bytes) -> bytes:
    return name + struct.pack("<I", len(contents)) + contents + bytes(len(contents) % 2)


def _chunks(data: bytes, place: int, end: int) -> list[Chunk]:
    chunks: list[Chunk] = []
    while place + 8 <= end:
        size = int.from_bytes(data[place + 4 : place + 8], "little")
        start = place + 8
        chunks.append(Chunk(data[place : place + 4], start, min(start + size, end)))
        if len(chunks) > MAX_WEBP_CHUNKS:
            raise refused(f"the WebP file has more than {MAX_WEBP_CHUNKS} chunks")
        place = start + size + size % 2
    return chunks


def _bitstream(name: bytes, body: bytes) -> tuple[int, int, bool]:
    """Return width, height and whether there is alpha (RFC 6386, 9.1; RFC 9649, 3.4)."""
    if len(body) < 10:
        raise damaged()
    if name == b"VP8 ":
        width, height = (int.from_bytes(body[i : i + 2], "little") & 0x3FFF for i in (6, 8))
        return width, height, False
    packed = int.from_bytes(body[1:5], "little")
    return (packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1, bool(packed >> 28 & 1)


def _check_frame(body: bytes, width: int, height: int) -> tuple[int, int]:
    left, top, columns, rows = (int.from_bytes(body[i : i + 3], "little") for i in (0, 3, 6, 9))
    columns, rows = columns + 1, rows + 1
    if 2 * left + columns > width or 2 * top + rows > height:
        raise damaged("a frame lies outside the canvas")
    return columns, rows
