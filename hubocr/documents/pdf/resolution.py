"""The resolution at which a PDF page is rendered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt

POINTS_PER_INCH = 72.0

TEXT_HEIGHT = 28.0
"""Aim for the height of text in pixels. Recognisers take lines of 32 or 48 pixels, and detectors
find text of 20 to 40 pixels best."""

USUAL_TEXT_POINTS = 10.0
"""Size of text that is assumed where a page says nothing about it: 200 dpi."""

LOWEST_DPI = 36.0
HIGHEST_DPI = 400.0

SCAN_DPI = 300.0
SCAN_SIDE = 2400.0
"""Of a scan no more is kept than this resolution, or this many pixels along the longer side where
that is more: files that say nothing true about their resolution have tiny pages."""

AIMED_PIXELS = 16_000_000
"""A page is not made larger than this to suit its text: an A3 page at 300 dpi has 17 megapixels."""


@dataclass(frozen=True)
class Picture:
    """An image on a page.

    Attributes:
        box: Left, bottom, right and top in page coordinates.
        pixels: Width and height.
    """

    box: tuple[float, float, float, float]
    pixels: tuple[int, int]

    @property
    def area(self) -> float:
        """Its area in square points."""
        left, bottom, right, top = self.box
        return max(0.0, right - left) * max(0.0, top - bottom)

    @property
    def dpi(self) -> float:
        """Its resolution, the higher one where the axes differ; 0 for an empty box.

        Which side is which is not known for a picture that is turned, so the longer side of the
        box is taken to be the longer one of the picture.
        """
        left, bottom, right, top = self.box
        box = sorted((right - left, top - bottom))
        if box[0] <= 0:
            return 0.0
        return max(
            pixels / points * POINTS_PER_INCH
            for pixels, points in zip(sorted(self.pixels), box, strict=True)
        )


def choose_dpi(
    size: tuple[float, float], text_points: float | None, pictures: Sequence[Picture]
) -> float:
    """Return the resolution at which text on a page is about `TEXT_HEIGHT` pixels high.

    A page that is mostly pictures (a scan, whole or in strips) gets their resolution, since
    enlarging adds nothing, up to `SCAN_DPI`. Other pages follow the size of their text, or a usual
    size where they have none. Large pages get less, down to `LOWEST_DPI`, to stay near
    `AIMED_PIXELS`.

    Args:
        size: Width and height of the page in points.
        text_points: Median font size of the page's text, in points.
        pictures: The images on the page.
    """
    area = size[0] * size[1]
    if area <= 0:
        return LOWEST_DPI
    if sum(picture.area for picture in pictures) >= area / 2:
        largest = max(picture.area for picture in pictures)
        scan = max(picture.dpi for picture in pictures if picture.area >= largest / 4)
        dpi = min(scan, max(SCAN_DPI, SCAN_SIDE / max(size) * POINTS_PER_INCH))
    else:
        points = min(max(text_points or USUAL_TEXT_POINTS, 5.0), 20.0)
        dpi = min(TEXT_HEIGHT * POINTS_PER_INCH / points, HIGHEST_DPI)
    aimed = POINTS_PER_INCH * sqrt(AIMED_PIXELS / area)
    return max(min(dpi, aimed), LOWEST_DPI)


def largest_size(size: tuple[float, float]) -> tuple[int, int]:
    """Return the largest size in pixels that `choose_dpi` gives a page, whatever is on it."""
    scan = SCAN_SIDE / max(*size, 1.0) * POINTS_PER_INCH
    aimed = POINTS_PER_INCH * sqrt(AIMED_PIXELS / max(1.0, size[0] * size[1]))
    return pixel_size(size, max(min(max(HIGHEST_DPI, scan), aimed), LOWEST_DPI))


def scale_of(dpi: float) -> float:
    """Return pixels per point, less so little that 3300.0000001 pixels are not rounded up."""
    return dpi / POINTS_PER_INCH * (1 - 1e-9)


def pixel_size(size: tuple[float, float], dpi: float) -> tuple[int, int]:
    """Return the width and height of a page in pixels, as pypdfium2 rounds them."""
    scale = scale_of(dpi)
    return ceil(size[0] * scale), ceil(size[1] * scale)
