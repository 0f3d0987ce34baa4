"""The structure of image files: what they are and what decoding them costs, in linear time.

One module a container. Nothing here decodes a pixel; the limits are in `hubocr.imaging.limits`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable

from hubocr.errors import ImageError
from hubocr.imaging.containers import (
    bmp,
    gif,
    ico,
    isobmff,
    jpeg,
    jpeg2000,
    netpbm,
    png,
    tiff,
    webp,
)
from hubocr.imaging.containers.layout import Layout, damaged

__all__ = ["Layout", "scan"]

_SIGNATURES: tuple[tuple[bytes, Callable[[bytes], Layout]], ...] = (
    (jpeg.SIGNATURE, jpeg.scan),
    (png.SIGNATURE, png.scan),
    (b"BM", bmp.scan),
    *((signature, gif.scan) for signature in gif.SIGNATURES),
    *((signature, tiff.scan) for signature in tiff.SIGNATURES),
    (jpeg2000.FILE_SIGNATURE, jpeg2000.scan),
    (jpeg2000.STREAM_SIGNATURE, jpeg2000.scan),
    (ico.SIGNATURE, ico.scan),
)

_SUPPORTED = (
    "JPEG, PNG, BMP, GIF, TIFF and WebP are, and HEIC, AVIF, JPEG 2000, PNM and ICO where their "
    "decoders are installed"
)

# What people send that is no image, or none that is read: it deserves its name.
_OTHERS = (
    (b"8BPS", "a Photoshop file"),
    (b"\xff\x0a", "a JPEG XL file"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL file"),
    (b"PK\x03\x04", "a ZIP archive or an Office document"),
    (b"\xd0\xcf\x11\xe0", "an Office document"),
    (b"%!PS", "a PostScript file"),
    (b"AT&TFORM", "a DjVu file"),
)
_PDF_SEARCHED = 1024


def scan(data: bytes) -> Layout:
    """Return the structure of an image file.

    Raises:
        ImageError: The bytes are no image of a known format, are damaged, or are built to keep a
            decoder busy.
    """
    if not data:
        raise ImageError("the image is empty (0 bytes)")
    try:
        for signature, function in _SIGNATURES:
            if data.startswith(signature):
                return function(data)
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            return webp.scan(data)
        if name := isobmff.format_of(data):
            return isobmff.scan(data, name)
        if netpbm.is_netpbm(data):
            return netpbm.scan(data)
    except (struct.error, IndexError, OverflowError) as error:
        raise damaged() from error
    raise _unknown(data)


def _unknown(data: bytes) -> ImageError:
    start = data[:_PDF_SEARCHED]
    if b"%PDF-" in start:
        return ImageError(
            "this is a PDF document, not an image: send its pages as images, or read it with "
            "hubocr predict"
        )
    name = next((name for magic, name in _OTHERS if data.startswith(magic)), None)
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if name is None and text.startswith((b"<svg", b"<?xml")) and b"<svg" in text:
        name = "an SVG drawing"
    elif name is None and text.startswith((b"<!doctype html", b"<html")):
        name = "an HTML page"
    if name:
        return ImageError(f"this is {name}, not an image that can be decoded ({_SUPPORTED})")
    return ImageError(f"not an image that can be decoded ({_SUPPORTED})")
