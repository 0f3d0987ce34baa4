"""Results drawn on their image: numbered outlines, and the texts beside it.

Lines and letters grow with the image, so that they are told apart on a page of a phone's camera and
don't cover a captcha.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image, ImageDraw

from hubocr.imaging.fonts import Lettering, find_lettering
from hubocr.imaging.types import BgrImage

LONGEST_SIDE = 65_500
"""Pixels of a side that libjpeg writes at most (JPEG_MAX_DIMENSION); libpng has a limit, too."""

_RED = (220, 0, 0)
_STROKE = 2
_FONT_SHARE = 0.75
_SMALLEST_FONT, _LARGEST_FONT = 8, 64
_NUMBER_SHARE, _SMALLEST_NUMBER, _LARGEST_NUMBER = 0.5, 10, 24

_UNIT_SIDE = 1000
"""Side in pixels of an image on which sizes are as written here; larger images scale them."""
_LARGEST_UNIT = 8.0

_PANEL_WIDTH, _LIST_FONT, _ROW_HEIGHT, _MARGIN = 600, 20, 28, 10
_MIN_ROWS, _MAX_COLUMNS = 20, 3


@dataclass(frozen=True)
class Mark:
    """One thing to draw.

    Attributes:
        polygon: Corners (x, y) in pixels.
        text: What is written there, or None.
        score: How sure that is, or None.
        number: What it is called on the image and in the list, or None.
    """

    polygon: Sequence[tuple[int, int]]
    text: str | None = None
    score: float | None = None
    number: int | None = None


def shrunk(image: BgrImage, side: int) -> BgrImage:
    """Return an image scaled down into a square, or itself where it fits.

    Args:
        image: Array (H, W, 3), uint8, BGR.
        side: Side of the square in pixels.
    """
    scale = side / max(image.shape[:2])
    if scale >= 1:
        return image
    size = max(1, int(image.shape[1] * scale)), max(1, int(image.shape[0] * scale))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def draw_boxes(image: BgrImage, marks: Sequence[Mark]) -> BgrImage:
    """Return the image with outlines and their numbers.

    Args:
        image: Array (H, W, 3), uint8, BGR.
        marks: What is drawn.

    Returns:
        Array (H, W, 3), uint8, BGR.
    """
    canvas = _to_pillow(image)
    _outline(canvas, marks, _unit(image))
    return _to_bgr(canvas)


def draw_lines(image: BgrImage, lines: Sequence[tuple[Sequence[tuple[int, int]], str]]) -> BgrImage:
    """Return the image with boxes, and beside it a page with each text at the place of its box.

    Args:
        image: Array (H, W, 3), uint8, BGR.
        lines: Corners (x, y) of each box in pixels, and its text. Several are numbered in order.

    Returns:
        Array (H, 2 * W, 3), uint8, BGR.
    """
    height, width = image.shape[:2]
    unit, lettering = _unit(image), find_lettering()
    canvas = Image.new("RGB", (2 * width, height), "white")
    boxed = _to_pillow(image)
    numbered = [
        Mark(corners, number=index if len(lines) > 1 else None)
        for index, (corners, _) in enumerate(lines, start=1)
    ]
    _outline(boxed, numbered, unit)
    canvas.paste(boxed, (0, 0))
    pen = ImageDraw.Draw(canvas)
    for corners, given in lines:
        text = lettering.shown(" ".join(given.split("\n")))
        left, top = min(x for x, _ in corners), min(y for _, y in corners)
        right, bottom = max(x for x, _ in corners), max(y for _, y in corners)
        sizes = (_SMALLEST_FONT, int(_LARGEST_FONT * unit))
        size = int(np.clip((bottom - top) * _FONT_SHARE, *sizes))
        length = lettering.font(size).getlength(text)
        if length > right - left > 0:
            size = int(np.clip(size * (right - left) / length, *sizes))
        pen.text((width + left, top), text, fill="black", font=lettering.font(size))
    return _to_bgr(canvas)


def draw_list(image: BgrImage, marks: Sequence[Mark], lettering: Lettering) -> BgrImage:
    """Return the image with outlines, and beside it a list "number: text   score".

    The list has up to three columns, and is higher than the image where that isn't enough. Each
    column is 600 pixels wide, more on a large image.

    Args:
        image: Array (H, W, 3), uint8, BGR.
        marks: What is drawn; those with a text are listed.
        lettering: The font; see `hubocr.imaging.fonts.find_lettering`.
    """
    unit = _unit(image)
    boxed = draw_boxes(image, marks)
    rows: list[str] = []
    for mark in marks:
        if mark.text is not None:
            score = "" if mark.score is None else f"   {mark.score:.3f}"
            rows += _wrap(f"{mark.number}: {mark.text}{score}", lettering, unit)
    panel = _panel(rows, image.shape[0], lettering, unit)
    padding = ((0, panel.shape[0] - image.shape[0]), (0, 0), (0, 0))
    page = np.pad(boxed, padding, constant_values=255)
    return np.asarray(np.hstack((page, panel)), dtype=np.uint8)


def _unit(image: BgrImage) -> float:
    """Return how much larger than written here lines and letters are drawn."""
    side = math.sqrt(image.shape[0] * image.shape[1])
    return float(np.clip(side / _UNIT_SIDE, 1.0, _LARGEST_UNIT))


def _outline(canvas: Image.Image, marks: Sequence[Mark], unit: float) -> None:
    pen = ImageDraw.Draw(canvas)
    stroke = round(_STROKE * unit)
    lettering = find_lettering()
    for mark in marks:
        corners = [(float(x), float(y)) for x, y in mark.polygon]
        if len(corners) > 1:
            pen.polygon(corners, outline=_RED, width=stroke)
        if mark.number is not None:
            _number(pen, canvas.size, mark, lettering, unit)


def _number(
    pen: ImageDraw.ImageDraw,
    canvas: tuple[int, int],
    mark: Mark,
    lettering: Lettering,
    unit: float,
) -> None:
    """Write the number in white on red, left of the box, or above it, or where there is room."""
    left, top = min(x for x, _ in mark.polygon), min(y for _, y in mark.polygon)
    bottom = max(y for _, y in mark.polygon)
    wanted = (bottom - top) * _NUMBER_SHARE
    font = lettering.font(int(np.clip(wanted, _SMALLEST_NUMBER, _LARGEST_NUMBER * unit)))
    text = str(mark.number)
    x0, y0, x1, y1 = pen.textbbox((0, 0), text, font=font)
    width, height = math.ceil(x1 - x0) + 4, math.ceil(y1 - y0) + 4
    stroke = round(_STROKE * unit)
    x, y = left - width - stroke, top
    if x < 0:
        x, y = left, top - height - stroke
    x = int(np.clip(x, 0, max(0, canvas[0] - width)))
    y = int(np.clip(y, 0, max(0, canvas[1] - height)))
    pen.rectangle((x, y, x + width - 1, y + height - 1), fill=_RED)
    pen.text((x + 2 - x0, y + 2 - y0), text, fill="white", font=font)


def _wrap(line: str, lettering: Lettering, unit: float) -> list[str]:
    line = lettering.shown("".join(char if char.isprintable() else " " for char in line))
    font = lettering.font(round(_LIST_FONT * unit))
    room = (_PANEL_WIDTH - 2 * _MARGIN) * unit
    rows, used = [""], 0.0
    for char in line:
        width = font.getlength(char)
        if used + width > room:
            rows.append("    ")  # what goes on is indented
            used = 4 * font.getlength(" ")
        rows[-1] += char
        used += width
    return rows


def _panel(rows: Sequence[str], height: int, lettering: Lettering, unit: float) -> BgrImage:
    """Write all rows, in more columns and at last higher than the image where they are many."""
    width, row, margin = (round(size * unit) for size in (_PANEL_WIDTH, _ROW_HEIGHT, _MARGIN))
    fitting = max(_MIN_ROWS, (height - 2 * margin) // row)
    columns = min(_MAX_COLUMNS, max(1, math.ceil(len(rows) / fitting)))
    per_column = max(1, math.ceil(len(rows) / columns))
    size = (width * columns, max(height, per_column * row + 2 * margin))
    image = Image.new("RGB", size, "white")
    pen, font = ImageDraw.Draw(image), lettering.font(round(_LIST_FONT * unit))
    for index, text in enumerate(rows):
        column, place = divmod(index, per_column)
        corner = (column * width + margin, place * row + margin)
        pen.text(corner, text, fill="black", font=font)
    return _to_bgr(image)


def _to_pillow(image: BgrImage) -> Image.Image:
    return Image.fromarray(np.ascontiguousarray(image[:, :, ::-1]))


def _to_bgr(canvas: Image.Image) -> BgrImage:
    return np.ascontiguousarray(np.asarray(canvas, dtype=np.uint8)[:, :, ::-1])
