"""The page, drawn."""

from __future__ import annotations

import math

import cv2

from hubocr.exporters.document import Document
from hubocr.imaging import BgrImage
from hubocr.imaging.draw import LONGEST_SIDE, draw_lines, shrunk
from hubocr.pipeline.results import Page

_MOST_PIXELS = 16_000_000
"""Larger pages are drawn scaled down: a drawing is twice as wide, and is held several times."""


def draw(page: Page, image: BgrImage) -> BgrImage:
    """Return the page with the boxes drawn, and the texts beside it.

    Args:
        page: What was read.
        image: The page's image, (H, W, 3), uint8, BGR, which may be scaled.

    Returns:
        Array (H, 2 * W, 3), uint8, BGR.
    """
    scale_x, scale_y = image.shape[1] / page.width, image.shape[0] / page.height
    lines = [
        ([(round(x * scale_x), round(y * scale_y)) for x, y in line.polygon], line.text)
        for line in page.lines
    ]
    return draw_lines(image, lines)


def write(document: Document) -> bytes:
    """Return a PNG file of the document's only page, of up to 16 megapixels beside its texts."""
    (page,) = document.pages
    image = document.image(0)
    side = max(image.shape[:2]) * math.sqrt(_MOST_PIXELS / (image.shape[0] * image.shape[1]))
    smaller = shrunk(image, min(int(side), LONGEST_SIDE // 2))
    return cv2.imencode(".png", draw(page, smaller))[1].tobytes()
