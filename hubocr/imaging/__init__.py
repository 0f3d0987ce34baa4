"""Images: from bytes or files to BGR arrays, and drawing on them."""

from hubocr.imaging.decode import IMAGE_SUFFIXES, BgrImage, decode_image, read_image
from hubocr.settings.pipeline import DEFAULT_MAX_PIXELS, HIGHEST_MAX_PIXELS

__all__ = [
    "DEFAULT_MAX_PIXELS",
    "HIGHEST_MAX_PIXELS",
    "IMAGE_SUFFIXES",
    "BgrImage",
    "decode_image",
    "read_image",
]
