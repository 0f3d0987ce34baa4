"""Images: from bytes or files to BGR arrays, and drawing on them."""

from hubocr.imaging.decode import (
    IMAGE_SUFFIXES,
    decode,
    decode_frames,
    decode_image,
    from_pillow,
    read_image,
)
from hubocr.imaging.pillow import PILLOW_ERRORS
from hubocr.imaging.probe import probe
from hubocr.imaging.types import (
    DEFAULT_MAX_PIXELS,
    FRAME_CHOICES,
    HIGHEST_MAX_PIXELS,
    BgrImage,
    DecodeCost,
    DecodedImage,
    Frame,
    ImageInfo,
)

__all__ = [
    "DEFAULT_MAX_PIXELS",
    "FRAME_CHOICES",
    "HIGHEST_MAX_PIXELS",
    "IMAGE_SUFFIXES",
    "PILLOW_ERRORS",
    "BgrImage",
    "DecodeCost",
    "DecodedImage",
    "Frame",
    "ImageInfo",
    "decode",
    "decode_frames",
    "decode_image",
    "from_pillow",
    "probe",
    "read_image",
]
