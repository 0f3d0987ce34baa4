"""Results as JSON and as an image."""

from __future__ import annotations

from typing import Any

from hubocr.imaging import BgrImage
from hubocr.imaging.draw import draw_lines
from hubocr.pipeline.results import OcrResult


def to_dict(result: OcrResult) -> dict[str, Any]:
    """Return a result as JSON values; a line has the keys of ``ocr_system`` and its angle."""
    return {
        "width": result.width,
        "height": result.height,
        "lines": [
            {
                "text": line.text,
                "confidence": line.score,
                "text_region": [list(point) for point in line.polygon],
                "angle": line.angle,
            }
            for line in result.lines
        ],
    }


def to_image(result: OcrResult, image: BgrImage) -> BgrImage:
    """Return the image with the boxes drawn, and the texts beside it."""
    return draw_lines(image, [(line.polygon, line.text) for line in result.lines])
