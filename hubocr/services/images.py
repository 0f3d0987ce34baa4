"""The images of a request: where each comes from, and decoding them into slots."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from hubocr.errors import ImageError, RequestError
from hubocr.imaging import BgrImage, DecodeCost, Frame, probe, read_image

_WHITE_SPACE = " \t\r\n\f\v"

# RFC 2397: the media type may be left out.
_DATA_URI = re.compile(
    r"data:(?:[\w.+*-]+/[\w.+*-]+)?(?:;[\w.+-]+=[\w.+-]+)*;base64,", re.IGNORECASE
)

_MAX_PREFIX = 1_000
"""Characters of a data URI before its data."""

_NOTHING = DecodeCost(0, 0)

Slot = BgrImage | ImageError
"""One image of a request: its pixels, or why it can't be read."""


@dataclass(frozen=True)
class ImageSource:
    """One image of a request, not decoded yet.

    Attributes:
        name: What errors call it: the field and the index, or the path.
        load: Returns the bytes of the file, or the pixels; raises `ImageError`.
    """

    name: str
    load: Callable[[], bytes | BgrImage]

    @classmethod
    def from_base64(cls, text: str, name: str) -> ImageSource:
        """Return the source of an image file in base64; see `decode_base64`."""
        return cls(name, partial(decode_base64, text))

    @classmethod
    def from_bytes(cls, data: bytes, name: str) -> ImageSource:
        """Return the source of an image file that is in memory."""
        return cls(name, lambda: data)

    @classmethod
    def from_file(cls, path: str | Path) -> ImageSource:
        """Return the source of a local image file."""
        return cls(str(path), partial(_read_file, path))

    @classmethod
    def from_array(cls, image: BgrImage, name: str) -> ImageSource:
        """Return the source of an array; see `hubocr.imaging.read_image`."""
        return cls(name, lambda: image)

    def open(self, max_pixels: int) -> OpenedImage | ImageError:
        """Return the file with what decoding it costs, or why it can't be read."""
        try:
            content = self.load()
            if not isinstance(content, bytes):
                return OpenedImage(self.name, content, _NOTHING)
            info = probe(content)
        except ImageError as error:
            return error.at(self.name)
        is_refused = info.width * info.height > max_pixels
        return OpenedImage(self.name, content, _NOTHING if is_refused else info.cost)

    def decode(self, max_pixels: int) -> Slot:
        """Return the pixels, or why it can't be read; the error names the image."""
        opened = self.open(max_pixels)
        return opened if isinstance(opened, ImageError) else opened.decode(max_pixels)


@dataclass(frozen=True)
class OpenedImage:
    """An image of a request, its file read and looked at but not decoded.

    Attributes:
        name: What errors call it.
        content: The bytes of the file, or the pixels.
        cost: What decoding it costs at most.
    """

    name: str
    content: bytes | BgrImage
    cost: DecodeCost

    def decode(self, max_pixels: int, frame: Frame = "first") -> Slot:
        """Return the pixels, or why it can't be read; the error names the image.

        Args:
            max_pixels: Limit on width times height.
            frame: Which frame of an animation.
        """
        try:
            return read_image(self.content, max_pixels=max_pixels, frame=frame)
        except ImageError as error:
            return error.at(self.name)


Opened = OpenedImage | ImageError
"""One image of a request before it is decoded, or why it can't be read."""


def in_groups(images: Sequence[Opened], most_bytes: int) -> Iterator[Sequence[Opened]]:
    """Yield images in groups that are decoded together, in order.

    Args:
        images: All images of a request.
        most_bytes: Memory that decoding a group may take, unless it is of a single image.
    """
    group: list[Opened] = []
    size = 0
    for image in images:
        cost = 0 if isinstance(image, ImageError) else image.cost.bytes
        if group and size + cost > most_bytes:
            yield group
            group, size = [], 0
        group.append(image)
        size += cost
    if group:
        yield group


def base64_images(images: object, field: str = "images") -> tuple[ImageSource, ...]:
    """Return the sources of a list of base64 strings that isn't empty.

    Args:
        images: The list, as it came in a request.
        field: What the request calls it.

    Raises:
        RequestError: They are something else; the message names the field and the index.
    """
    if images is None:
        raise RequestError(f"{field} is missing: send a list of base64 strings")
    if not isinstance(images, list):
        raise RequestError(f"{field} must be a list of base64 strings, not {_json_type(images)}")
    if not images:
        raise RequestError(f"{field} is empty: send at least one base64 string")
    for index, image in enumerate(images):
        if not isinstance(image, str):
            raise RequestError(f"{field}[{index}] must be a base64 string, not {_json_type(image)}")
    return tuple(
        ImageSource.from_base64(image, f"{field}[{index}]") for index, image in enumerate(images)
    )


def require_readable(slots: Sequence[object]) -> None:
    """Raise `ImageError` where not a single image can be read."""
    errors = [slot for slot in slots if isinstance(slot, ImageError)]
    if not errors or len(errors) < len(slots):
        return
    if len(errors) == 1:
        raise errors[0]
    shown = "; ".join(error.message for error in errors[:3])
    raise ImageError(f"no image can be read: {shown}{'; ...' if len(errors) > 3 else ''}")


def decode_base64(text: str) -> bytes:
    """Return the bytes of base64 (RFC 4648, 4), with or without a data-URI prefix.

    ASCII white space is ignored wherever it occurs, as Python's decoder does by default and the
    reference with it; nothing else is.

    Raises:
        ImageError: It isn't base64.
    """
    text = text.lstrip(_WHITE_SPACE)
    # Its parameters are few: the engine for expressions remembers a place for each of millions.
    prefix = _DATA_URI.match(text[:_MAX_PREFIX])
    encoded = text[prefix.end() :] if prefix else text
    try:
        plain = encoded.encode("ascii").translate(None, _WHITE_SPACE.encode())
        return base64.b64decode(plain, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ImageError(f"not valid base64 ({error})") from error


def _read_file(path: str | Path) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise ImageError(f"can't be read ({error.strerror or error})") from error
    except ValueError as error:  # a null character in the path
        raise ImageError(f"can't be read ({error})") from error


def _json_type(value: object) -> str:
    names = {str: "a string", dict: "an object", list: "a list", bool: "a boolean"}
    names |= {int: "a number", float: "a number", type(None): "null"}
    return names.get(type(value), type(value).__name__)
