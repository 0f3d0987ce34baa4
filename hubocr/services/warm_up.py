"""Images with text that models are made ready with."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from hubocr.imaging import BgrImage


def text_image(width: int, height: int) -> BgrImage:
    """Return black digits on white, as large as the height allows: (height, width, 3), uint8."""
    image = Image.new("RGB", (width, height), "white")
    font = ImageFont.load_default(height * 0.7)
    ImageDraw.Draw(image).text((4, height * 0.05), "20486", fill="black", font=font)
    return np.ascontiguousarray(np.asarray(image, dtype=np.uint8))


def text_pages() -> list[BgrImage]:
    """Return a page of the size to which PP-OCR's detectors reduce larger ones, and a small one."""
    return [text_image(960, 960), text_image(480, 160)]
