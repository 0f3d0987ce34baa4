"""Image files built to keep a decoder busy, or to make it take memory, made on the spot.

Each function returns the bytes of one kind, from sizes and counts, so that tests can make small
ones and `benchmarks.decode_attacks` large ones.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterable

from PIL import Image

SIDE = 7071
"""Side of a square just below 50 megapixels."""


def jpeg_segment(marker: int, body: bytes) -> bytes:
    """Return a segment of a JPEG file."""
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def progressive_jpeg(scans: int, side: int = SIDE) -> bytes:
    """Return a grey progressive JPEG file whose scans each pass over all blocks, saying nothing.

    A scan is a few codes for "the next 32767 blocks have no more" (ITU-T T.81, G.1.2.2).
    """
    head = b"\xff\xd8" + jpeg_segment(0xDB, bytes(1) + bytes([1] * 64))
    head += jpeg_segment(0xC2, struct.pack(">BHHB", 8, side, side, 1) + bytes([1, 0x11, 0]))
    lengths = bytes([1] + [0] * 15)  # one code of one bit
    head += jpeg_segment(0xC4, bytes([0x00]) + lengths + bytes([0]))
    head += jpeg_segment(0xC4, bytes([0x10]) + lengths + bytes([0xE0]))
    blocks = (-(-side // 8)) ** 2
    bits = ("0" + "1" * 14) * (-(-blocks // 32767))
    packed = int(bits.ljust(-(-len(bits) // 8) * 8, "1"), 2).to_bytes(-(-len(bits) // 8), "big")
    first = jpeg_segment(0xDA, bytes([1, 1, 0x00, 0, 0, 0])) + bytes(blocks // 8 + 1)
    later = jpeg_segment(0xDA, bytes([1, 1, 0x00, 1, 63, 0])) + packed.replace(b"\xff", b"\xff\0")
    return head + first + later * (scans - 1) + b"\xff\xd9"


def jpeg_with_segments(count: int, size: int) -> bytes:
    """Return a JPEG file with ``count`` APP1 segments of ``size`` bytes."""
    plain = encoded(Image.new("RGB", (64, 64)), "JPEG")
    return plain[:2] + jpeg_segment(0xE1, b"Exif\0\0" + bytes(max(0, size - 6))) * count + plain[2:]


def png_chunk(name: bytes, body: bytes) -> bytes:
    """Return a chunk of a PNG file."""
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png_with_chunks(name: bytes, body: bytes, count: int, mode: str = "RGB") -> bytes:
    """Return a PNG file with ``count`` chunks more, after its header."""
    plain = encoded(Image.new(mode, (64, 64)), "PNG")
    return plain[:33] + png_chunk(name, body) * count + plain[33:]


def packed_profile(size: int) -> bytes:
    """Return the body of an iCCP chunk, or of zTXt, that unpacks to ``size`` zeros."""
    return b"name\0\0" + zlib.compress(bytes(size), 9)


def gif_with_comments(size: int, block: int = 255) -> bytes:
    """Return a GIF file with a comment of about ``size`` bytes, in blocks of ``block``."""
    plain = encoded(Image.new("P", (64, 64)), "GIF")
    place = plain.index(b"\x2c")
    blocks = (bytes([block]) + b"c" * block) * (size // (block + 1))
    return plain[:place] + b"\x21\xfe" + blocks + b"\0" + plain[place:]


def gif_of_frames(count: int, side: int) -> bytes:
    """Return a GIF file of ``count`` frames of one pixel on a canvas of ``side``."""
    dot = encoded(Image.new("P", (1, 1)), "GIF")
    start = dot.index(b"\x2c")
    frame = dot[start:-1]
    return dot[:6] + struct.pack("<HH", side, side) + dot[10:start] + frame * count + b"\x3b"


def webp_animation(count: int, side: int) -> bytes:
    """Return a WebP file of ``count`` flat frames of a canvas of ``side``, in a few bytes each."""
    still = encoded(Image.new("RGB", (side, side)), "WEBP", lossless=True)[12:]
    size = struct.pack("<I", side - 1)[:3]
    frame = b"\0" * 6 + size + size + b"\x01\0\0\0" + still
    body = b"WEBP" + b"VP8X" + struct.pack("<I", 10) + b"\x12\0\0\0" + size + size
    body += b"ANIM" + struct.pack("<I", 6) + bytes(6)
    body += (b"ANMF" + struct.pack("<I", len(frame)) + frame) * count
    return b"RIFF" + struct.pack("<I", len(body)) + body


def apng(count: int, side: int) -> bytes:
    """Return an animated PNG file of ``count`` flat grey frames."""
    rows = zlib.compress(bytes((side + 1) * side), 9)
    control = struct.pack(">IIIIIHHBB", 0, side, side, 0, 0, 1, 1, 0, 0)
    head = b"\x89PNG\r\n\x1a\n" + png_chunk(
        b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    )
    head += png_chunk(b"acTL", struct.pack(">II", count, 0)) + png_chunk(b"fcTL", control)
    head += png_chunk(b"IDAT", rows)
    parts = []
    for index in range(1, count):
        number = struct.pack(">I", 2 * index - 1)
        parts.append(png_chunk(b"fcTL", number + control[4:]))
        parts.append(png_chunk(b"fdAT", struct.pack(">I", 2 * index) + rows))
    return head + b"".join(parts) + png_chunk(b"IEND", b"")


def tiff(
    entries: Iterable[tuple[int, int, int, int]], rest: bytes = b"", following: int = 0
) -> bytes:
    """Return a little-endian TIFF file of one directory, and ``rest`` after it.

    Args:
        entries: Tag, type, count and value or place of each.
        rest: What comes after the directory; it begins at `tiff_rest` of the number of entries.
        following: Where the next directory is.
    """
    listed = sorted(entries)
    packed = b"".join(struct.pack("<HHII", *entry) for entry in listed)
    head = b"II*\0" + struct.pack("<IH", 8, len(listed))
    return head + packed + struct.pack("<I", following) + rest


def tiff_rest(entries: int) -> int:
    """Return where the bytes after a directory of so many entries begin."""
    return 14 + 12 * entries


def grey_tiff(
    width: int, height: int, *more: tuple[int, int, int, int], following: int = 0
) -> bytes:
    """Return a TIFF file of one uncompressed grey strip, with more entries."""
    given = {tag for tag, *_ in more}
    entries = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (259, 3, 1, 1)]
    entries += [(262, 3, 1, 1), (277, 3, 1, 1), (278, 4, 1, height), (279, 4, 1, width * height)]
    entries = [entry for entry in entries if entry[0] not in given] + list(more)
    if 273 not in given and 324 not in given:
        entries.append((273, 4, 1, tiff_rest(len(entries) + 1)))
    return tiff(entries, bytes(width * height), following)


def tiff_of_pages(count: int) -> bytes:
    """Return a TIFF file of ``count`` directories of one and the same strip."""
    entries = [(256, 4, 1, 8), (257, 4, 1, 8), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1)]
    entries += [(273, 4, 1, 8), (277, 3, 1, 1), (278, 4, 1, 8), (279, 4, 1, 64)]
    packed = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *e) for e in entries)
    size, start = len(packed) + 4, 72
    pages = (
        packed + struct.pack("<I", start + size * (index + 1) if index + 1 < count else 0)
        for index in range(count)
    )
    return b"II*\0" + struct.pack("<I", start) + bytes(64) + b"".join(pages)


def ico_of_entries(count: int, side: int = 256) -> bytes:
    """Return an icon whose directory has ``count`` entries of the same PNG image."""
    body = encoded(Image.new("RGBA", (side, side)), "PNG")
    entry = struct.pack("<BBBBHHII", 0, 0, 0, 0, 1, 32, len(body), 6 + 16 * count)
    return b"\0\0\1\0" + struct.pack("<H", count) + entry * count + body


def jpeg2000_of_tiles(side: int, tile: int) -> bytes:
    """Return a JPEG 2000 code stream that says ``side`` and tiles of ``tile``, of a small image."""
    data = bytearray(encoded(Image.new("L", (64, 64)), "JPEG2000", no_jp2=True))
    place = data.index(b"\xff\x51") + 6
    struct.pack_into(">6I", data, place, side, side, 0, 0, tile, tile)
    return bytes(data)


def encoded(image: Image.Image, name: str, **options: object) -> bytes:
    """Return an image as a file of the format ``name``."""
    buffer = io.BytesIO()
    image.save(buffer, name, **options)
    return buffer.getvalue()
