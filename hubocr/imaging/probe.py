"""What an image costs, before it is decoded."""

from __future__ import annotations

from hubocr.errors import ImageTooLargeError
from hubocr.imaging.containers import Layout, scan
from hubocr.imaging.limits import (
    ANIMATION_SHARE,
    MAX_ANIMATION_PASSES,
    MAX_PASSES,
)
from hubocr.imaging.types import HIGHEST_MAX_PIXELS, DecodeCost, ImageInfo

ISOLATED = frozenset({"HEIC", "AVIF", "JPEG2000"})
"""Formats that are decoded in a process of their own."""

_RESULT = 3
_OPENCV = 6
"""OpenCV decodes into memory of its own and copies it into an array."""
_PILLOW = 7
"""Pillow keeps four bytes a pixel beside the result, and a band of rows."""
_ISOLATED, _ISOLATED_START = 48, 80 << 20
_PNM_TEXT = 48
_BAND_BYTES = 24 << 20
"""What a band of rows takes while it is converted, at most; a small image is a single band."""
_BAND_PIXEL = 48
_COEFFICIENTS = 2
"""libjpeg keeps 16 bits a coefficient of an image of several scans."""


def probe(data: bytes) -> ImageInfo:
    """Return what the structure of an image file says, in time linear in its bytes.

    Args:
        data: The whole file.

    Raises:
        ImageError: The bytes are no image of a known format, are damaged, or are built to keep a
            decoder busy.
    """
    return info_of(scan(data))


def info_of(layout: Layout) -> ImageInfo:
    """Return what a caller is told of a layout."""
    width, height = layout.width, layout.height
    if layout.orientation > 4:
        width, height = height, width
    pixels = width * height
    memory = pixels * _bytes_per_pixel(layout) + min(_BAND_BYTES, pixels * _BAND_PIXEL)
    if layout.format in ISOLATED:
        memory += _ISOLATED_START
    cost = DecodeCost(pixels * layout.passes, memory)
    return ImageInfo(layout.format, width, height, layout.frames, cost)


def _bytes_per_pixel(layout: Layout) -> int:
    """Return the bytes that a pixel takes at the peak, measured as resident memory."""
    channels = 3 if layout.multi_channel else 1
    if layout.format in ISOLATED:
        return _ISOLATED
    if layout.format == "PNM":
        return _PNM_TEXT
    if layout.format == "JPEG":
        return max(_OPENCV, _RESULT + (_COEFFICIENTS * channels if layout.passes > 1 else 0))
    if layout.bits > 8:
        return 4 * (4 if layout.alpha else channels) + _RESULT
    if layout.format == "WEBP":
        return _PILLOW + 2
    if layout.alpha or layout.format in ("GIF", "TIFF", "ICO"):
        return _PILLOW + (_RESULT if layout.orientation > 1 else 1)
    return _OPENCV


def check_size(layout: Layout, max_pixels: int) -> None:
    """Raise `ImageTooLargeError` where decoding the first frame would pass over too many pixels."""
    limit = min(max_pixels, HIGHEST_MAX_PIXELS)
    pixels = layout.width * layout.height
    size = f"{layout.width}x{layout.height} pixels"
    if pixels > limit:
        shown = size if pixels <= HIGHEST_MAX_PIXELS else "too many pixels"
        raise ImageTooLargeError(f"the image has {shown}, the limit is {limit}")
    if layout.passes > 1 and pixels * layout.passes > MAX_PASSES * limit:
        raise ImageTooLargeError(
            f"the image has {size} in {layout.passes} scans, together more than {MAX_PASSES} "
            f"times the limit of {limit}"
        )


def check_animation(layout: Layout, max_pixels: int, frames: int | None) -> None:
    """Raise `ImageTooLargeError` where composing an animation would take too much.

    Args:
        layout: The animation.
        max_pixels: The limit of a single image.
        frames: How many frames are composed; None where the caller stops by itself.
    """
    pixels = layout.width * layout.height
    if pixels > max_pixels // ANIMATION_SHARE:
        raise ImageTooLargeError(
            f"the animation has {layout.width}x{layout.height} pixels, the limit beyond its first "
            f"frame is {max_pixels // ANIMATION_SHARE}"
        )
    if frames is not None and pixels * frames > MAX_ANIMATION_PASSES * max_pixels:
        raise ImageTooLargeError(
            f"{frames} frames of {layout.width}x{layout.height} pixels are more than "
            f"{MAX_ANIMATION_PASSES} times the limit of {max_pixels} pixels"
        )
