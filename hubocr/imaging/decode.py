"""From the bytes of an image file to a BGR array, header first.

The header is read before any pixel is decoded, so that a small file that announces a huge image
costs nothing. Only formats on the allow-list are opened, whatever the file's name says.
"""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from hubocr.errors import ImageError, ImageTooLargeError
from hubocr.imaging.ground import ground_for
from hubocr.settings.pipeline import DEFAULT_MAX_PIXELS, HIGHEST_MAX_PIXELS

BgrImage = NDArray[np.uint8]
"""An image of shape (height, width, 3), dtype uint8, channels in the order blue, green, red."""

IMAGE_SUFFIXES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})
"""File name endings that are looked for in a folder of images."""

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_FORMATS = ("JPEG", "PNG", "BMP", "GIF", "TIFF", "WEBP")

# What Pillow raises on damaged files besides its own classes: its parsers read length fields
# and tags from the file and fail with whatever the arithmetic or the struct module says.
_PILLOW_ERRORS = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    EOFError,
    OverflowError,
    MemoryError,
    ZeroDivisionError,
    AttributeError,
    RuntimeError,
    struct.error,
    zlib.error,
)


def read_image(
    source: str | Path | bytes | BgrImage, *, max_pixels: int = DEFAULT_MAX_PIXELS
) -> BgrImage:
    """Return the image of a file, of a file's bytes, or of an array.

    Args:
        source: A path, the bytes of an image file, or an array of shape (H, W, 3) BGR,
            (H, W, 4) BGRA or (H, W) grey, dtype uint8.
        max_pixels: Limit on width times height, checked before decoding.

    Returns:
        Array (H, W, 3), uint8, BGR.

    Raises:
        ImageError: The file can't be read, or is no image of a known format.
        ImageTooLargeError: It has more than ``max_pixels`` pixels.
    """
    if isinstance(source, bytes):
        return decode_image(source, max_pixels=max_pixels)
    if isinstance(source, np.ndarray):
        return _check_array(source)
    try:
        data = Path(source).read_bytes()
    except OSError as error:
        raise ImageError(f"can't read {source}: {error.strerror or error}") from error
    except ValueError as error:  # a null character in the path
        raise ImageError(f"can't read {str(source)!r}: {error}") from error
    try:
        return decode_image(data, max_pixels=max_pixels)
    except ImageError as error:
        raise error.at(str(source)) from error


def decode_image(data: bytes, *, max_pixels: int = DEFAULT_MAX_PIXELS) -> BgrImage:
    """Decode the bytes of a JPEG, PNG, BMP, GIF (first frame), TIFF (first page) or WebP file.

    The EXIF orientation is applied. Grey images get three equal channels, 16-bit images are
    brought to 8 bits, and transparent pixels are laid over white, as a viewer shows them, or over
    black where the rest is nearly white (`hubocr.imaging.ground`); the reference drops the alpha
    channel, which turns transparent captchas into black on black.

    Args:
        data: The whole file.
        max_pixels: Limit on width times height, checked before decoding; at most
            `HIGHEST_MAX_PIXELS`.

    Returns:
        Array (H, W, 3), uint8, BGR.

    Raises:
        ImageError: The bytes are no image of these formats, or the image is damaged.
        ImageTooLargeError: The header announces more than ``max_pixels`` pixels.
    """
    if not data:
        raise ImageError("the image is empty (0 bytes)")
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as header:
            width, height = header.size
            if width * height > max_pixels:
                raise _too_large(f"{width}x{height} pixels", max_pixels)
            if header.format == "PNG":
                _check_png(data)
            # A TIFF file may give its size twice, and OpenCV takes the one that Pillow doesn't.
            # The frames of an animated PNG file have sizes of their own.
            if (
                header.format in ("GIF", "TIFF")
                or getattr(header, "is_animated", False)
                or header.has_transparency_data
            ):
                return _decode_with_pillow(header)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large("too many pixels", min(max_pixels, HIGHEST_MAX_PIXELS)) from error
    except UnidentifiedImageError as error:
        raise ImageError(
            "not an image that can be decoded (JPEG, PNG, BMP, GIF, TIFF and WebP are)"
        ) from error
    except _PILLOW_ERRORS as error:
        raise ImageError("the image is damaged and can't be decoded") from error
    return _decode_with_opencv(data)


def _too_large(what: str, max_pixels: int) -> ImageTooLargeError:
    return ImageTooLargeError(f"the image has {what}, the limit is {max_pixels}")


def _check_png(data: bytes) -> None:
    """Raise `ImageError` unless every chunk up to the last lies within the file.

    OpenCV 5 allocates what a chunk announces, up to 2 GiB and seconds for a file of a kilobyte.
    """
    place = len(_PNG_SIGNATURE)
    while data[place + 4 : place + 8] != b"IEND":
        length = int.from_bytes(data[place : place + 4], "big")
        place += 12 + length  # length, type, contents, checksum
        if place >= len(data):
            raise ImageError("the image is damaged and can't be decoded: a chunk is cut off")


def _decode_with_opencv(data: bytes) -> BgrImage:
    # The reference decodes with OpenCV: the same pixels come from the same JPEG decoder.
    try:
        image = cv2.imdecode(np.frombuffer(data, dtype=np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise ImageError("the image is damaged and can't be decoded") from error
    if image is None or image.size == 0:
        raise ImageError("the image is damaged and can't be decoded")
    return np.asarray(image, dtype=np.uint8)


def _decode_with_pillow(image: Image.Image) -> BgrImage:
    upright = ImageOps.exif_transpose(image)
    if upright.mode.startswith("I;16"):
        upright = _to_8_bits(upright)
    if not upright.has_transparency_data:
        return _bgr(upright)
    upright = upright.convert("RGBA")
    alpha = np.asarray(upright.getchannel("A"), dtype=np.uint8)
    ground = ground_for(np.asarray(upright.convert("L"), dtype=np.uint8), alpha)
    canvas = Image.new("RGBA", upright.size, (ground, ground, ground, 255))
    canvas.alpha_composite(upright)
    return _bgr(canvas)


def _bgr(image: Image.Image) -> BgrImage:
    rgb = np.asarray(image.convert("RGB"), dtype=np.uint8)
    return np.ascontiguousarray(rgb[:, :, ::-1])


def _to_8_bits(image: Image.Image) -> Image.Image:
    """Keep the upper byte of 16-bit grey, as OpenCV does; Pillow would clip at 255."""
    values = np.asarray(image).astype(np.uint16)
    grey = Image.fromarray((values >> 8).astype(np.uint8))
    transparent = image.info.get("transparency")
    if isinstance(transparent, int):
        grey.putalpha(Image.fromarray(np.where(values == transparent, 0, 255).astype(np.uint8)))
    return grey


def _check_array(image: NDArray[np.uint8]) -> BgrImage:
    if image.dtype != np.uint8 or image.size == 0:
        raise ImageError(
            f"an image array must be uint8 and not empty, not {image.dtype} {image.shape}"
        )
    if image.ndim == 2:
        return np.repeat(image[:, :, None], 3, axis=2)
    if image.ndim == 3 and image.shape[2] == 3:
        return image
    if image.ndim == 3 and image.shape[2] == 4:
        grey = cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_BGRA2GRAY)
        ground = ground_for(np.asarray(grey, dtype=np.uint8), image[:, :, 3])
        alpha = image[:, :, 3:].astype(np.uint16)
        blended = (image[:, :, :3] * alpha + ground * (255 - alpha) + 127) // 255
        return blended.astype(np.uint8)
    raise ImageError(f"an image array must be (H, W), (H, W, 3) or (H, W, 4), not {image.shape}")
