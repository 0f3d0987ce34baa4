"""Decoding with Pillow: what OpenCV doesn't read, reads without its transparency or in part."""

from __future__ import annotations

import contextlib
import io
import struct
import zlib
from collections.abc import Iterator
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from hubocr.errors import ImageTooLargeError
from hubocr.imaging.containers.layout import damaged
from hubocr.imaging.raster import Raster
from hubocr.imaging.types import HIGHEST_MAX_PIXELS

PILLOW_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    EOFError,
    ArithmeticError,
    MemoryError,
    AttributeError,
    RuntimeError,
    UnidentifiedImageError,
    struct.error,
    zlib.error,
)
"""What Pillow raises on damaged files: its parsers read length fields and tags from the file and
fail with whatever the arithmetic or the struct module says."""


@contextlib.contextmanager
def pillow_errors() -> Iterator[None]:
    """Turn what Pillow raises into `ImageError`."""
    try:
        yield
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ImageTooLargeError(
            f"the image has too many pixels, the limit is {HIGHEST_MAX_PIXELS}"
        ) from error
    except PILLOW_ERRORS as error:
        raise damaged() from error


def open_bytes(data: bytes | io.BytesIO, name: str) -> Image.Image:
    """Open a file of the format ``name``, to be used within `pillow_errors`."""
    return Image.open(io.BytesIO(data) if isinstance(data, bytes) else data, formats=(name,))


def raster_of_image(image: Image.Image) -> Raster:
    """Return the pixels of a Pillow image, of the frame at which it stands."""
    image.load()
    transparent = image.info.get("transparency")

    def rows(start: int, end: int) -> NDArray[Any]:
        return _pixels(image.crop((0, start, image.width, end)), transparent)

    return Raster(image.height, image.width, rows)


def _pixels(band: Image.Image, transparent: object) -> NDArray[Any]:
    if band.mode.startswith("I;16") or band.mode in ("I", "F"):
        values = np.asarray(band)
        if not band.mode.startswith("I;16"):
            return values
        values = values.astype(np.uint16)
        if not isinstance(transparent, int):
            return values
        alpha = np.where(values == transparent, 0, 65535).astype(np.uint16)
        return np.dstack((values, values, values, alpha))
    if band.has_transparency_data:
        return cv2.cvtColor(np.asarray(band.convert("RGBA")), cv2.COLOR_RGBA2BGRA)
    if band.mode in ("1", "L"):
        return np.asarray(band.convert("L"))
    if band.mode == "LAB":
        band = _from_lab(band)
    return cv2.cvtColor(np.asarray(band.convert("RGB")), cv2.COLOR_RGB2BGR)


def _from_lab(band: Image.Image) -> Image.Image:
    from PIL import ImageCms  # 5 ms of every start, for a rare kind of image

    source, target = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    try:
        converted = ImageCms.profileToProfile(band, source, target, outputMode="RGB")
    except ImageCms.PyCMSError as error:
        raise ValueError(str(error)) from error
    return band if converted is None else converted
