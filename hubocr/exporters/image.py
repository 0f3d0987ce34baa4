"""The page, drawn."""

from __future__ import annotations

import cv2

from hubocr.exporters.document import Document
from hubocr.imaging import BgrImage
from hubocr.imaging.draw import draw_lines
from hubocr.pipeline.results import Page


def draw(page: Page, image: BgrImage) -> BgrImage:
    """Return the image with the boxes drawn, and the texts beside it: (H, 2 * W, 3), uint8."""
    return draw_lines(image, [(line.polygon, line.text) for line in page.lines])


def write(document: Document) -> bytes:
    """Return a PNG file of the document's only page."""
    (page,) = document.pages
    return cv2.imencode(".png", draw(page, document.image(0)))[1].tobytes()
