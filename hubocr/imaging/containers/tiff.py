"""The structure of a TIFF file (TIFF 6.0, and BigTIFF)."""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace

from hubocr.imaging.containers.jpeg import START_OF_SCAN
from hubocr.imaging.containers.layout import Layout, damaged, refused
from hubocr.imaging.limits import (
    MAX_FRAMES,
    MAX_JPEG_SCANS,
    MAX_TIFF_ENTRIES,
    MAX_TIFF_OVERLAP,
    MAX_TIFF_PARTS,
    MAX_TIFF_TILE_PIXELS,
)

SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_SIZES |= {16: 8, 17: 8, 18: 8}
_INTEGERS = {1: "B", 3: "H", 4: "I", 16: "Q"}

_SUBFILE, _WIDTH, _HEIGHT, _BITS, _COMPRESSION, _PHOTOMETRIC = 254, 256, 257, 258, 259, 262
_OFFSETS, _ORIENTATION, _SAMPLES, _COUNTS = 273, 274, 277, 279
_TILE_WIDTH, _TILE_HEIGHT, _TILE_OFFSETS, _TILE_COUNTS, _EXTRA = 322, 323, 324, 325, 338
_REDUCED, _MASK = 1, 4
_OLD_JPEG, _JPEG = 6, 7

# Baseline, fax, LZW, JPEG, deflate, PackBits, zstandard, WebP. LZMA's dictionary has the size that
# the file says.
_COMPRESSIONS = frozenset({1, 2, 3, 4, 5, 6, 7, 8, 32771, 32773, 32946, 50000, 50001})


@dataclass(frozen=True)
class _Shape:
    """How the numbers of this file are written: byte order, and 4 or 8 bytes to a place."""

    order: str
    big: bool

    @property
    def head(self) -> int:
        """Bytes of the count that a directory begins with."""
        return 8 if self.big else 2

    @property
    def entry(self) -> int:
        return 20 if self.big else 12

    @property
    def pointer(self) -> int:
        """Bytes of a place in the file."""
        return 8 if self.big else 4

    def number(self, data: bytes, place: int, code: str) -> int:
        value: int = struct.unpack_from(self.order + code, data, place)[0]
        return value

    def place(self, data: bytes, where: int) -> int:
        return self.number(data, where, "Q" if self.big else "I")

    def count(self, data: bytes, where: int) -> int:
        return self.number(data, where, "Q" if self.big else "H")


@dataclass(frozen=True)
class _Entry:
    kind: int
    count: int
    place: int


def shape_of(data: bytes) -> _Shape:
    """Return how the numbers of a TIFF file are written."""
    return _Shape("<" if data[:2] == b"II" else ">", 43 in (data[2], data[3]))


def scan(data: bytes) -> Layout:
    """Return the layout of a TIFF file: of its first page, and where all pages begin."""
    shape = shape_of(data)
    pages: list[int] = []
    place, seen = shape.place(data, 8 if shape.big else 4), set[int]()
    # A chain that leads back or out of the file ends there, as it does for other readers.
    while place and place not in seen and (not seen or place + shape.head <= len(data)):
        seen.add(place)
        if len(seen) > MAX_FRAMES:
            raise refused(f"the TIFF file has more than {MAX_FRAMES} pages")
        count = _entry_count(shape, data, place) if not pages else shape.count(data, place)
        end = place + shape.head + shape.entry * count
        if pages and (not count or end > len(data)):
            break
        if not pages or not _is_reduced(shape, data, place, count):
            pages.append(place)
        place = shape.place(data, end) if end + shape.pointer <= len(data) else 0
    if not pages:
        raise damaged()
    return replace(scan_page(data, pages[0]), frames=len(pages), pages=tuple(pages))


def scan_page(data: bytes, place: int) -> Layout:
    """Return the layout of the page whose directory is at ``place``."""
    shape = shape_of(data)
    entries = _entries(shape, data, place)

    def value(tag: int, default: int) -> int:
        return _first_value(shape, data, entries[tag]) if tag in entries else default

    width, height, samples = value(_WIDTH, 0), value(_HEIGHT, 0), value(_SAMPLES, 1)
    compression, bits = value(_COMPRESSION, 1), value(_BITS, 1)
    if not width or not height:
        raise damaged()
    if compression not in _COMPRESSIONS:
        raise refused(f"TIFF's compression {compression} isn't supported")
    tiled = _TILE_WIDTH in entries
    if tiled:
        area = value(_TILE_WIDTH, 0) * value(_TILE_HEIGHT, 0)
        if area > max(MAX_TIFF_TILE_PIXELS, 2 * width * height):
            raise refused("a tile of the TIFF file is far larger than its page")
    parts = _parts(shape, data, entries, tiled)
    passes = _jpeg_passes(data, parts) if compression in (_OLD_JPEG, _JPEG) else 1
    orientation = value(_ORIENTATION, 1)
    return Layout(
        "TIFF",
        width,
        height,
        passes=passes,
        orientation=orientation if 1 <= orientation <= 8 else 1,
        bits=bits,
        alpha=_EXTRA in entries,
        multi_channel=samples > 2,
    )


def _entry_count(shape: _Shape, data: bytes, place: int) -> int:
    count = shape.count(data, place)
    if count > MAX_TIFF_ENTRIES:
        raise refused(f"a TIFF directory has more than {MAX_TIFF_ENTRIES} entries")
    return count


def _is_reduced(shape: _Shape, data: bytes, place: int, count: int) -> bool:
    """Return whether a page is a thumbnail or a mask; the tag is a directory's lowest."""
    if not count or shape.number(data, place + shape.head, "H") != _SUBFILE:
        return False
    return bool(
        shape.place(data, place + shape.head + (12 if shape.big else 8)) & (_REDUCED | _MASK)
    )


def _entries(shape: _Shape, data: bytes, place: int) -> dict[int, _Entry]:
    """Return the entries of a directory; together they have no more bytes than the file."""
    found: dict[int, _Entry] = {}
    total, inline = 0, 8 if shape.big else 4
    start = place + shape.head
    for where in range(start, start + shape.entry * _entry_count(shape, data, place), shape.entry):
        tag, kind = struct.unpack_from(f"{shape.order}HH", data, where)
        count = shape.place(data, where + 4)
        size = _SIZES.get(kind, 1) * count
        total += size if size > inline else 0
        field = where + (12 if shape.big else 8)
        # Decoders differ in which of two they take.
        if tag in found and tag in (_WIDTH, _HEIGHT):
            raise damaged("its size is given twice")
        found[tag] = _Entry(kind, count, field if size <= inline else shape.place(data, field))
    if total > len(data):
        raise refused("the entries of a TIFF directory have more bytes than the file")
    return found


def _first_value(shape: _Shape, data: bytes, entry: _Entry) -> int:
    return shape.number(data, entry.place, _INTEGERS.get(entry.kind, "H"))


def _values(shape: _Shape, data: bytes, entry: _Entry) -> tuple[int, ...]:
    code = _INTEGERS.get(entry.kind, "H")
    return struct.unpack_from(f"{shape.order}{entry.count}{code}", data, entry.place)


def _parts(
    shape: _Shape, data: bytes, entries: dict[int, _Entry], tiled: bool
) -> list[tuple[int, int]]:
    """Return offset and size of each strip or tile, as far as the file says them."""
    offsets = entries.get(_TILE_OFFSETS if tiled else _OFFSETS)
    counts = entries.get(_TILE_COUNTS if tiled else _COUNTS)
    if offsets is None:
        raise damaged()
    if max(offsets.count, counts.count if counts else 0) > MAX_TIFF_PARTS:
        raise refused(f"the TIFF page has more than {MAX_TIFF_PARTS} strips or tiles")
    if counts is None:
        return []
    sizes = _values(shape, data, counts)
    if sum(min(size, len(data)) for size in sizes) > MAX_TIFF_OVERLAP * len(data):
        raise refused("the strips or tiles of the TIFF page overlap")
    return list(zip(_values(shape, data, offsets), sizes, strict=False))


def _jpeg_passes(data: bytes, parts: list[tuple[int, int]]) -> int:
    """Return the scans of the strip that has most."""
    scans = [data.count(START_OF_SCAN, place, place + size) for place, size in parts]
    passes = max(scans, default=0) or data.count(START_OF_SCAN)
    if passes > MAX_JPEG_SCANS:
        raise refused(f"a strip of the TIFF file has more than {MAX_JPEG_SCANS} scans")
    return max(1, passes)
