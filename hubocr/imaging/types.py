"""The values that decoding takes and gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from hubocr.settings.pipeline import DEFAULT_MAX_PIXELS, HIGHEST_MAX_PIXELS

__all__ = [
    "DEFAULT_MAX_PIXELS",
    "FRAME_CHOICES",
    "HIGHEST_MAX_PIXELS",
    "BgrImage",
    "DecodeCost",
    "DecodedImage",
    "Frame",
    "ImageInfo",
]

BgrImage = NDArray[np.uint8]
"""An image of shape (height, width, 3), dtype uint8, channels in the order blue, green, red."""

Frame = int | Literal["first", "last", "ink", "merged"]
"""Which frame of an animation or page of a file is read.

A number counts from 0, from the end where it is negative. ``ink`` is the frame on which most is
drawn, ``merged`` has at each place what differs most from the background in any frame.
"""

FRAME_CHOICES = ("first", "last", "ink", "merged")


@dataclass(frozen=True)
class DecodeCost:
    """What decoding the first frame costs at most, known before a pixel is decoded.

    Attributes:
        pixels: Pixels that the decoder passes over, each as often as it does: a progressive JPEG
            file of ten scans counts tenfold.
        bytes: Memory at the peak, with the result and without the file itself.
    """

    pixels: int
    bytes: int


@dataclass(frozen=True)
class ImageInfo:
    """What a file's structure says, read without decoding a pixel.

    Attributes:
        format: JPEG, PNG, BMP, GIF, TIFF, WEBP, HEIC, AVIF, JPEG2000, PNM or ICO.
        width: Columns of the first frame, turned as its orientation says. HEIC and AVIF may crop
            and turn it yet.
        height: Rows of it.
        frames: Frames of an animation or pages of a TIFF file; 1 where the file must be decoded
            to know (HEIC, AVIF).
        cost: What decoding the first frame costs at most.
    """

    format: str
    width: int
    height: int
    frames: int
    cost: DecodeCost


@dataclass(frozen=True, eq=False)
class DecodedImage:
    """A decoded frame.

    Attributes:
        pixels: Array (H, W, 3), uint8, BGR.
        info: What the file's structure said.
        warnings: What is wrong with the file though it could be read, in words for a user: a JPEG
            file that ends early, for instance. Empty for a whole file.
    """

    pixels: BgrImage
    info: ImageInfo
    warnings: tuple[str, ...] = ()
