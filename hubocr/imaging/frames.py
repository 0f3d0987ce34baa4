"""The frames of an animation, the pages of a TIFF file, and the choice among them."""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Iterable, Iterator
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from hubocr.errors import ImageError
from hubocr.imaging import isolated, opencv, pillow
from hubocr.imaging.background import Background
from hubocr.imaging.containers import Layout, tiff, webp
from hubocr.imaging.containers.layout import damaged
from hubocr.imaging.probe import check_size
from hubocr.imaging.raster import background_of, raster_of, to_bgr, turned
from hubocr.imaging.types import FRAME_CHOICES, BgrImage, Frame

_INK = 48
"""How far a pixel's brightness differs from the background where something is drawn."""


def frame_index(frame: Frame, count: int) -> int | None:
    """Return the number of the frame, or None where all have to be looked at.

    Raises:
        ImageError: There is no such frame.
    """
    if isinstance(frame, str):
        if frame not in FRAME_CHOICES:
            raise ImageError(f"frame must be a number or one of {', '.join(FRAME_CHOICES)}")
        return {"first": 0, "last": count - 1}.get(frame, 0 if count == 1 else None)
    if not -count <= frame < count:
        raise ImageError(f"the image has {count} frames, there is no frame {frame}")
    return frame % count


def composed(data: bytes, layout: Layout, wanted: Iterable[int]) -> Iterator[BgrImage]:
    """Yield frames of an animation, each as it is seen, upright.

    Args:
        data: The file.
        layout: Its structure.
        wanted: Numbers of frames in rising order; those between are composed but not converted.

    Raises:
        ImageError: A frame is damaged.
    """
    background: Background | None = None
    with pillow.pillow_errors(), pillow.open_bytes(layout.clean or data, layout.format) as image:
        for index in wanted:
            image.seek(index)
            raster = pillow.raster_of_image(image)
            if image.has_transparency_data and background in (None, "drop"):
                background = background_of(raster)  # the same for all, for they are compared
            yield turned(to_bgr(raster, background), layout.orientation)


def first_of_webp(data: bytes, layout: Layout) -> BgrImage:
    """Return the first frame of an animated WebP file, on its canvas, not turned."""
    frame = webp.first_frame(data)
    pixels = opencv.decode_wide(frame.data)
    height, width = pixels.shape[:2]
    if (height, width) == (layout.height, layout.width):
        return to_bgr(raster_of(pixels))
    canvas = np.zeros((layout.height, layout.width, 4), np.uint8)
    part = canvas[frame.top : frame.top + height, frame.left : frame.left + width]
    if part.shape[:2] != (height, width):
        raise damaged("a frame lies outside the canvas")
    part[:, :, 3] = 255
    part[:, :, : pixels.shape[2]] = pixels
    return to_bgr(raster_of(canvas))


def largest_tiff_page(data: bytes, indices: Iterable[int]) -> int:
    """Return the pixels of the largest of some pages of a TIFF file; damaged ones have none.

    Raises:
        ImageError: The file is damaged.
    """
    largest = 0
    try:
        pages = tiff.scan(data).pages
    except (struct.error, IndexError) as error:
        raise damaged() from error
    for index in indices:
        with contextlib.suppress(ImageError, struct.error, IndexError):
            page = tiff.scan_page(data, pages[index])
            largest = max(largest, page.width * page.height)
    return largest


class TiffPages:
    """The pages of a TIFF file, decoded one by one in any order.

    The file's head is made to point at the page that is read, so that no decoder follows the
    chain of pages, and each costs the same.
    """

    def __init__(self, data: bytes, layout: Layout) -> None:
        self._data, self._layout = data, layout
        self._big = tiff.shape_of(data).big

    def read(self, index: int, max_pixels: int) -> BgrImage:
        """Return a page, upright.

        Raises:
            ImageError: It is damaged.
            ImageTooLargeError: It has more pixels than ``max_pixels``.
        """
        start = self._layout.pages[index]
        try:
            layout = tiff.scan_page(self._data, start)
        except (struct.error, IndexError) as error:
            raise damaged() from error
        check_size(layout, max_pixels)
        data = self._data if index == 0 else self._pointing_at(start)
        if layout.multi_channel and layout.bits > 8:
            wide = _wide(data, layout)
            if wide is not None:
                return turned(to_bgr(raster_of(wide)), layout.orientation)
        with pillow.pillow_errors(), pillow.open_bytes(data, "TIFF") as image:
            raster = pillow.raster_of_image(image)
            # Pillow turns TIFF files itself when it loads them, since version 10.1.
            orientation = image.getexif().get(0x0112, 1)
            return turned(to_bgr(raster), orientation)

    def _pointing_at(self, start: int) -> bytes:
        order = "<" if self._data[:2] == b"II" else ">"
        place, pointer = (8, f"{order}Q") if self._big else (4, f"{order}I")
        packed = struct.pack(pointer, start)
        return b"".join((self._data[:place], packed, memoryview(self._data)[place + len(packed) :]))


def _wide(data: bytes, layout: Layout) -> NDArray[Any] | None:
    """Return the samples of a colour page in all their bits: Pillow keeps the upper eight."""
    try:
        pixels = opencv.decode_wide(data)
    except ImageError:
        return None
    fits = pixels.shape[:2] == (layout.height, layout.width) and pixels.ndim == 3
    return pixels if fits and pixels.shape[2] in (3, 4) else None


def in_own_process(
    data: bytes, layout: Layout, index: int, max_pixels: int
) -> tuple[BgrImage, int]:
    """Return a frame of a HEIC, AVIF or JPEG 2000 file, upright, and how many there are."""
    pixels, count = isolated.decode(data, layout, index, max_pixels)
    if pixels.ndim == 3:
        code = cv2.COLOR_RGBA2BGRA if pixels.shape[2] == 4 else cv2.COLOR_RGB2BGR
        pixels = cv2.cvtColor(pixels, code, dst=pixels)
    return to_bgr(raster_of(pixels)), count


def chosen(frames: Iterable[BgrImage], frame: Frame) -> BgrImage:
    """Return one image of the frames that were decoded for a choice: all of them, or just one."""
    if frame == "ink":
        return with_most_ink(frames)
    return merged(frames) if frame == "merged" else next(iter(frames))


def with_most_ink(frames: Iterable[BgrImage]) -> BgrImage:
    """Return the frame on which most is drawn: most pixels differ from the background."""
    best, most = None, -1.0
    for frame in frames:
        grey = cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY).astype(np.int16)
        ink = float((np.abs(grey - np.median(_edge(grey))) > _INK).mean())
        if ink > most:
            best, most = frame, ink
    if best is None:
        raise damaged()
    return best


def merged(frames: Iterable[BgrImage]) -> BgrImage:
    """Return an image that shows at each place what differs most from the background.

    Raises:
        ImageError: The frames have several sizes.
    """
    result: BgrImage | None = None
    differs: NDArray[np.uint8] = np.zeros((0, 0), np.uint8)
    background: NDArray[np.uint8] = np.zeros(3, np.uint8)
    for frame in frames:
        if result is None:
            background = np.median(_edge(frame).reshape(-1, 3), axis=0).astype(np.uint8)
            result, differs = frame.copy(), _difference(frame, background)
            continue
        if frame.shape != result.shape:
            raise ImageError("the frames have several sizes and can't be merged")
        other = _difference(frame, background)
        result[other > differs] = frame[other > differs]
        differs = np.maximum(differs, other)
    if result is None:
        raise damaged()
    return result


def _edge(image: NDArray[Any]) -> NDArray[Any]:
    return np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])


def _difference(frame: BgrImage, background: NDArray[np.uint8]) -> NDArray[np.uint8]:
    differs = np.maximum(frame, background) - np.minimum(frame, background)
    return np.asarray(differs.max(axis=2), dtype=np.uint8)
