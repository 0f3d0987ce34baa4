from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
Pixels = NDArray[np.uint8]


def encode(image: Image.Image, file_format: str, **options: Any) -> bytes:
    """The bytes of an image file, written by Pillow."""
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def noise(height: int, width: int, channels: int = 3, seed: int = 0) -> Pixels:
    """Random pixels, so that no row, column or channel can be taken for another."""
    shape = (height, width, channels)
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def bgr(image: Image.Image) -> Pixels:
    """What Pillow makes of an image, with the channels the other way round."""
    return np.asarray(image.convert("RGB"), dtype=np.uint8)[:, :, ::-1]


def distance(left: Pixels, right: Pixels) -> int:
    """The largest difference of two images of the same shape."""
    assert left.shape == right.shape
    return int(np.abs(left.astype(int) - right.astype(int)).max())


def png(width: int, height: int, bits: int, colour: int, rows: bytes, *more: bytes) -> bytes:
    """A PNG file of its own parts, for what Pillow can't write; ``more`` are chunks."""

    def chunk(name_and_data: bytes) -> bytes:
        size, check = len(name_and_data) - 4, zlib.crc32(name_and_data)
        return struct.pack(">I", size) + name_and_data + struct.pack(">I", check)

    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    parts = (head, *more, b"IDAT" + zlib.compress(rows), b"IEND")
    return b"\x89PNG\r\n\x1a\n" + b"".join(map(chunk, parts))
