"""Drawing boxes and texts on an image, to look at."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from hubocr.imaging.fonts import load_font
from hubocr.imaging.types import BgrImage

_BOX_COLOUR = (220, 0, 0)
_FONT_SHARE = 0.75
_FONT_SIZES = (8, 64)


def draw_lines(image: BgrImage, lines: Sequence[tuple[Sequence[tuple[int, int]], str]]) -> BgrImage:
    """Return the image with boxes, and beside it a page with each text at the place of its box.

    Args:
        image: Array (H, W, 3), uint8, BGR.
        lines: Corners (x, y) of each box in pixels, and its text.

    Returns:
        Array (H, 2 * W, 3), uint8, BGR.
    """
    height, width = image.shape[:2]
    canvas = Image.new("RGB", (2 * width, height), "white")
    canvas.paste(Image.fromarray(np.ascontiguousarray(image[:, :, ::-1])), (0, 0))
    draw = ImageDraw.Draw(canvas)
    for corners, given in lines:
        text = " ".join(given.split("\n"))
        draw.polygon([tuple(corner) for corner in corners], outline=_BOX_COLOUR, width=2)
        left, top = min(x for x, _ in corners), min(y for _, y in corners)
        right, bottom = max(x for x, _ in corners), max(y for _, y in corners)
        size = int(np.clip((bottom - top) * _FONT_SHARE, *_FONT_SIZES))
        font = load_font(size)
        length = draw.textlength(text, font=font)
        if length > right - left > 0:
            size = int(np.clip(size * (right - left) / length, *_FONT_SIZES))
            font = load_font(size)
        draw.text((width + left, top), text, fill="black", font=font)
    return np.ascontiguousarray(np.asarray(canvas, dtype=np.uint8)[:, :, ::-1])
