"""Images as pages: files of one or several frames, Pillow images, arrays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from numpy.typing import NDArray
from PIL import Image

from hubocr.documents.options import DocumentOptions
from hubocr.documents.page import Page, PageError
from hubocr.documents.selection import chosen_pages
from hubocr.errors import ImageError, ImageTooLargeError
from hubocr.imaging import (
    PILLOW_ERRORS,
    BgrImage,
    decode_frames,
    decode_image,
    from_pillow,
    probe,
    read_image,
)


def read_array(array: NDArray[Any], source: str, options: DocumentOptions) -> Page:
    """Return an array as a page.

    Raises:
        ImageError: It is not (H, W), (H, W, 3) or (H, W, 4) of uint8, or has too many pixels.
    """
    if array.ndim >= 2:
        _check_size(array.shape[1], array.shape[0], source, options)
    try:
        return Page(read_image(array), source)
    except ImageError as error:
        raise error.at(source) from error


def read_image_bytes(
    data: bytes, source: str, options: DocumentOptions
) -> Iterator[Page | PageError]:
    """Yield the page, or the pages, of an image file.

    Raises:
        ImageError: It is no image, or damaged.
        DocumentError: It doesn't have the pages that are asked for, or too many.
    """
    try:
        count = probe(data).frames if options.frames == "all" else 1
    except ImageError as error:
        raise error.at(source) from error
    if count > 1:
        yield from _decoded(data, count, source, options)
        return
    try:
        frame = "first" if options.frames == "all" else options.frames
        image = decode_image(data, max_pixels=options.max_pixels, frame=frame, name=source)
    except ImageError as error:
        raise error.at(source) from error
    yield Page(image, source)


def _decoded(
    data: bytes, count: int, source: str, options: DocumentOptions
) -> Iterator[Page | PageError]:
    indices = chosen_pages(count, source, options)
    frames = decode_frames(data, max_pixels=options.max_pixels, indices=indices)
    found = iter(frames)
    for index in indices:
        where = f"{source}, page {index + 1}"
        try:
            frame = next(found)
        except ImageError as error:  # of all frames
            raise error.at(source) from error
        except StopIteration:  # a damaged frame of an animation ends it
            lost = ImageError(f"{where}: it and what follows need a frame that is damaged")
            yield PageError(lost, source, index, count)
            return
        if isinstance(frame, ImageError):
            yield PageError(frame.at(where), source, index, count)
        else:
            yield Page(frame, source, index, count)
        del frame


def read_pillow(
    image: Image.Image, source: str, options: DocumentOptions
) -> Iterator[Page | PageError]:
    """Yield the page, or the pages, of a Pillow image.

    Raises:
        ImageError: It can't be decoded, or has too many pixels.
        DocumentError: It doesn't have the pages that are asked for, or too many.
    """
    try:
        count = _count_frames(image, options) if options.frames == "all" else 1
    except PILLOW_ERRORS as error:
        raise ImageError(f"{source}: the image is damaged and can't be decoded") from error
    if count > 1:
        yield from _frames(image, count, source, options)
        return
    yield Page(_frame(image, source, options), source)


def _count_frames(image: Image.Image, options: DocumentOptions) -> int:
    """Count the frames, up to one more than may be."""
    if not getattr(image, "is_animated", False):
        return 1
    # Where the number isn't in the header, each frame is looked for.
    announced = image.format in ("PNG", "WEBP")
    return int(getattr(image, "n_frames", 1)) if announced else _walk(image, options.max_pages + 1)


def _walk(image: Image.Image, limit: int) -> int:
    count = 0
    while count < limit:
        try:
            image.seek(count)
        except EOFError:
            break
        count += 1
    image.seek(0)
    return count


def _frames(
    image: Image.Image, count: int, source: str, options: DocumentOptions
) -> Iterator[Page | PageError]:
    indices = chosen_pages(count, source, options)
    for index in indices:
        where = f"{source}, page {index + 1}"
        try:
            image.seek(index)
            page = Page(_frame(image, where, options), source, index, count)
        except ImageError as error:
            yield PageError(error, source, index, count)
        except PILLOW_ERRORS:
            damaged = ImageError(f"{where}: the image is damaged and can't be decoded")
            yield PageError(damaged, source, index, count)
        else:
            yield page
            del page


def _frame(image: Image.Image, where: str, options: DocumentOptions) -> BgrImage:
    """Return the frame at which a Pillow image stands, upright."""
    try:
        return from_pillow(image, max_pixels=options.max_pixels)
    except ImageError as error:
        raise error.at(where) from error


def _check_size(width: int, height: int, where: str, options: DocumentOptions) -> None:
    if width * height > options.max_pixels:
        raise ImageTooLargeError(
            f"{where}: the image has {width}x{height} pixels, the limit is {options.max_pixels}"
        )
