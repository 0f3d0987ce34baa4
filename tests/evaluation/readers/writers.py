"""Writers of the formats, made from their descriptions and independent of our readers."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]


def grey(height: int, width: int, seed: int = 0) -> Grey:
    return np.random.default_rng(seed).integers(0, 256, (height, width), dtype=np.uint8)


def gb_codes(text: str) -> list[bytes]:
    """Return two bytes a character, as CASIA has them: ASCII is followed by a zero."""
    return [c.encode("gb2312").ljust(2, b"\0") for c in text]


def write_dgrl(path: Path, lines: Sequence[tuple[str, Grey]], *, bits: int = 8) -> Path:
    note = b"a page of a test\0"
    header = struct.pack("<I8s", 36 + len(note), b"DGRL") + note
    header += struct.pack("<20sHH", b"GB", 2, bits)
    body = struct.pack("<III", 3000, 2000, len(lines))
    for number, (text, image) in enumerate(lines):
        codes = gb_codes(text)
        body += struct.pack("<I", len(codes)) + b"".join(codes)
        body += struct.pack("<IIII", 100 * number, 50, *image.shape)
        body += (np.packbits(image > 127, axis=1) if bits == 1 else image).tobytes()
    path.write_bytes(header + body)
    return path


def write_gnt(path: Path, characters: Sequence[tuple[str, Grey]]) -> Path:
    parts = []
    for character, image in characters:
        height, width = image.shape
        parts.append(struct.pack("<I", 10 + width * height) + gb_codes(character)[0])
        parts.append(struct.pack("<HH", width, height) + image.tobytes())
    path.write_bytes(b"".join(parts))
    return path
