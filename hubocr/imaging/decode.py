"""From the bytes of an image file to a BGR array, structure first.

The file's structure is read before any pixel is decoded (`hubocr.imaging.containers`), so that a
small file that announces a huge image or a thousand scans costs nothing. Only formats on the
allow-list are opened, whatever the file's name says.
"""

from __future__ import annotations

import logging
import stat
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hubocr.errors import ImageError, ImageTooLargeError
from hubocr.imaging import frames, opencv, pillow
from hubocr.imaging.containers import Layout, netpbm, png, scan
from hubocr.imaging.probe import ISOLATED, check_animation, check_size, info_of
from hubocr.imaging.raster import raster_of, to_bgr, turned
from hubocr.imaging.types import DEFAULT_MAX_PIXELS, BgrImage, DecodedImage, Frame

logger = logging.getLogger(__name__)

IMAGE_SUFFIXES = frozenset(
    {
        *(".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"),
        *(".avif", ".heic", ".heif", ".ico", ".j2k", ".jp2", ".pbm", ".pgm", ".pnm", ".ppm"),
    }
)
"""File name endings that are looked for in a folder of images."""

_MAX_FILE_BYTES = 1 << 30

_Found = tuple[BgrImage, tuple[str, ...]]


def read_image(
    source: str | Path | bytes | BgrImage,
    *,
    max_pixels: int = DEFAULT_MAX_PIXELS,
    frame: Frame = "first",
) -> BgrImage:
    """Return the image of a file, of a file's bytes, or of an array.

    Args:
        source: A path, the bytes of an image file, or an array of shape (H, W, 3) BGR,
            (H, W, 4) BGRA, (H, W) or (H, W, 1) grey, dtype uint8.
        max_pixels: Limit on width times height, checked before decoding.
        frame: Which frame of an animation or page of a file; an array has one.

    Returns:
        Array (H, W, 3), uint8, BGR.

    Raises:
        ImageError: The file can't be read, or is no image of a known format.
        ImageTooLargeError: It has more than ``max_pixels`` pixels.
    """
    if isinstance(source, bytes):
        return decode_image(source, max_pixels=max_pixels, frame=frame)
    if isinstance(source, np.ndarray):
        return _check_array(source)
    data = _read_file(source)
    try:
        return decode_image(data, max_pixels=max_pixels, frame=frame, name=str(source))
    except ImageError as error:
        raise error.at(str(source)) from error


def decode_image(
    data: bytes,
    *,
    max_pixels: int = DEFAULT_MAX_PIXELS,
    frame: Frame = "first",
    name: str = "",
) -> BgrImage:
    """Decode the bytes of an image file; as `decode`, of which it returns the pixels.

    Warnings are logged, with the image's name where it has one.
    """
    decoded = decode(data, max_pixels=max_pixels, frame=frame)
    for warning in decoded.warnings:
        logger.warning("%s%s", f"{name}: " if name else "", warning)
    return decoded.pixels


def decode(
    data: bytes, *, max_pixels: int = DEFAULT_MAX_PIXELS, frame: Frame = "first"
) -> DecodedImage:
    """Decode the bytes of an image file.

    JPEG, PNG, BMP, GIF, TIFF, WebP, PNM and ICO files are read, and HEIC, AVIF and JPEG 2000 files
    where their decoders are installed. The EXIF orientation is applied. Grey images get three equal
    channels. Samples of more than 8 bits, fractions and whole numbers are brought to 8 bits by the
    range that is in use. Transparent pixels are laid over the background that keeps what is drawn
    readable, and an alpha channel that says nothing is dropped (`hubocr.imaging.background`); the
    reference drops any alpha channel, which turns transparent captchas into black on black. A JPEG
    file that ends early is read as far as it goes, with a warning.

    Args:
        data: The whole file.
        max_pixels: Limit on width times height, checked before decoding; at most
            `HIGHEST_MAX_PIXELS`.
        frame: Which frame of an animation or page of a TIFF file.

    Returns:
        The pixels, what the structure says, and warnings.

    Raises:
        ImageError: The bytes are no image of these formats, the image is damaged, its structure is
            built to keep a decoder busy, it has no such frame, or its decoder isn't installed.
        ImageTooLargeError: It has more than ``max_pixels`` pixels, or too many scans or frames of
            them.
    """
    layout = scan(data)
    check_size(layout, max_pixels)
    if layout.format in ISOLATED:
        return _decode_isolated(data, layout, frame, max_pixels)
    count = layout.frames
    index = frames.frame_index(frame, count)
    if index == 0:
        pixels, warnings = _first(data, layout, max_pixels)
        return DecodedImage(pixels, info_of(layout), warnings)
    wanted = range(count) if index is None else (index,)
    check_animation(layout, max_pixels, wanted[-1] + 1 if layout.animated else len(wanted))
    found = _several(data, layout, wanted, max_pixels)
    return DecodedImage(frames.chosen(found, frame), info_of(layout))


def decode_frames(
    data: bytes,
    *,
    max_pixels: int = DEFAULT_MAX_PIXELS,
    indices: Iterable[int] | None = None,
) -> Iterator[BgrImage | ImageError]:
    """Yield the frames of an animation or the pages of a file, each when it is asked for.

    One that can't be read keeps its place, as an error. After it come the other pages of a TIFF
    file; of an animation nothing comes, because each frame is drawn on those before.

    Args:
        data: The whole file.
        max_pixels: Limit on width times height of each; an animation's canvas may have a quarter.
        indices: Numbers of the frames from 0, rising; by default all of them.

    Raises:
        ImageError: The file is damaged or there is no such frame.
        ImageTooLargeError: A single image or the canvas of an animation is too large.
    """
    layout = scan(data)
    if layout.frames == 1 or layout.animated:
        check_size(layout, max_pixels)
    count = _count(data, layout, max_pixels)
    wanted = range(count) if indices is None else [frames.frame_index(i, count) for i in indices]
    if count > 1 and layout.animated:
        check_animation(layout, max_pixels, None)
    found = [index for index in wanted if index is not None]
    if layout.animated:
        yield from _until_error(frames.composed(data, layout, found))
        return
    for index in found:
        yield from _until_error(_one(data, layout, index, max_pixels))


def from_pillow(image: Image.Image, *, max_pixels: int = DEFAULT_MAX_PIXELS) -> BgrImage:
    """Return the frame at which a Pillow image stands, upright, as files are read.

    Raises:
        ImageError: It can't be decoded.
        ImageTooLargeError: It has more than ``max_pixels`` pixels.
    """
    if image.width * image.height > max_pixels:
        size = f"{image.width}x{image.height}"
        raise ImageTooLargeError(f"the image has {size} pixels, the limit is {max_pixels}")
    with pillow.pillow_errors():
        raster = pillow.raster_of_image(image)
        return turned(to_bgr(raster), image.getexif().get(0x0112, 1))


def _decode_isolated(data: bytes, layout: Layout, frame: Frame, max_pixels: int) -> DecodedImage:
    """Decode a file that tells its size and its frames only when it is decoded."""
    pixels, count = frames.in_own_process(data, layout, 0, max_pixels)
    index = frames.frame_index(frame, count)
    if index != 0:
        wanted = range(count) if index is None else (index,)
        check_animation(layout, max_pixels, count if index is None else index + 1)
        pixels = frames.chosen(_several(data, layout, wanted, max_pixels), frame)
    height, width = pixels.shape[:2]
    info = replace(info_of(layout), width=width, height=height, frames=count)
    return DecodedImage(pixels, info)


def _one(data: bytes, layout: Layout, index: int, max_pixels: int) -> Iterator[BgrImage]:
    if index == 0:
        yield _first(data, layout, max_pixels)[0]
    else:
        yield from _several(data, layout, (index,), max_pixels)


def _until_error(found: Iterator[BgrImage]) -> Iterator[BgrImage | ImageError]:
    try:
        yield from found
    except ImageError as error:
        yield error


def _count(data: bytes, layout: Layout, max_pixels: int) -> int:
    """Return how many frames there are; some formats are decoded to know."""
    if layout.format in ISOLATED:
        return frames.in_own_process(data, layout, 0, max_pixels)[1]
    return layout.frames


def _several(
    data: bytes, layout: Layout, wanted: Iterable[int], max_pixels: int
) -> Iterator[BgrImage]:
    if layout.format in ISOLATED:
        return (frames.in_own_process(data, layout, i, max_pixels)[0] for i in wanted)
    if layout.format == "TIFF":
        pages = frames.TiffPages(data, layout)
        return (pages.read(index, max_pixels) for index in wanted)
    return frames.composed(data, layout, wanted)


def _first(data: bytes, layout: Layout, max_pixels: int) -> _Found:
    """Return the first frame, upright, and warnings."""
    warnings: tuple[str, ...] = ()
    if layout.format == "JPEG":
        image, warnings = opencv.decode_jpeg(data, layout)
    elif layout.format == "TIFF":
        return frames.TiffPages(data, layout).read(0, max_pixels), ()
    elif layout.format in ISOLATED:
        return frames.in_own_process(data, layout, 0, max_pixels)[0], ()
    else:
        image = _still(data, layout, max_pixels)
    return turned(image, layout.orientation), warnings


def _still(data: bytes, layout: Layout, max_pixels: int) -> BgrImage:
    """Return the first frame of a format that has no other way, not turned."""
    still = layout.still or data
    if layout.format == "PNM":
        pixels = netpbm.read(data)
        return to_bgr(raster_of(pixels if pixels.ndim == 2 else pixels[:, :, ::-1]))
    if layout.format == "ICO" and still.startswith(png.SIGNATURE):
        return decode_image(still, max_pixels=max_pixels)
    if layout.format == "WEBP" and layout.animated:
        return frames.first_of_webp(data, layout)
    if layout.format == "PNG" and layout.bits > 8:
        wide = opencv.decode_wide(still)
        if not layout.alpha or wide.shape[2:] == (4,):
            return to_bgr(raster_of(wide))
    if layout.format == "WEBP" and layout.alpha:
        return to_bgr(raster_of(opencv.decode_wide(still)))
    if layout.alpha or layout.format in ("GIF", "ICO"):
        with pillow.pillow_errors(), pillow.open_bytes(still, layout.format) as image:
            return to_bgr(pillow.raster_of_image(image))
    return np.asarray(opencv.decode_bytes(still), dtype=np.uint8)


def _read_file(source: str | Path) -> bytes:
    try:
        path = Path(source)
        found = path.stat()
        # A device or a pipe has no end, or none that comes by itself.
        if not stat.S_ISREG(found.st_mode) and not stat.S_ISDIR(found.st_mode):
            raise ImageError(f"can't read {source}: it is not a regular file")
        if found.st_size > _MAX_FILE_BYTES:
            raise ImageTooLargeError(f"{source}: the file has more than {_MAX_FILE_BYTES} bytes")
        return path.read_bytes()
    except OSError as error:
        raise ImageError(f"can't read {source}: {error.strerror or error}") from error
    except ValueError as error:  # a null character in the path
        raise ImageError(f"can't read {str(source)!r}: {error}") from error


def _check_array(image: NDArray[Any]) -> BgrImage:
    if image.dtype != np.uint8 or image.size == 0:
        raise ImageError(
            "an image array must be uint8 (values from 0 to 255) and not empty, not "
            f"{image.dtype} {image.shape}"
        )
    if image.ndim == 2 or (image.ndim == 3 and image.shape[2] == 1):
        return np.repeat(image.reshape(*image.shape[:2], 1), 3, axis=2)
    if image.ndim == 3 and image.shape[2] == 3:
        return image
    if image.ndim == 3 and image.shape[2] == 4:
        return to_bgr(raster_of(image))
    raise ImageError(f"an image array must be (H, W), (H, W, 3) or (H, W, 4), not {image.shape}")
