"""The invisible text of a page as PDF operators (PDF 32000-1:2008, 9.3 and 9.4)."""

from __future__ import annotations

import math
from collections.abc import Iterator

from hubocr.exporters.bidi import visual_order
from hubocr.exporters.pdf.font import DESCENT, BlankFont
from hubocr.exporters.reading import Corner, Piece, Quad, line_quad, pieces
from hubocr.pipeline.results import Line, Page

_NO_SPACE = 0.08
"""Gap between characters, in line heights, that no reader takes for a space: pdfminer's limit is
0.1."""

_LEAST = 0.01
"""Least size of a letter in points: some readers drop text without any."""

FONT_NAME = "f-0-0"
"""The font in a page's resources: Tesseract's name for its own, by which OCRmyPDF finds it."""


def invisible_text(page: Page, font: BlankFont, scale: float) -> bytes:
    """Return operators that lay a page's text over its image without painting it.

    A line is as high as its polygon, its words as wide as their boxes, where it has words.

    Args:
        page: The page.
        font: The font, called `FONT_NAME` in the page's resources.
        scale: Points in a pixel.
    """
    shown = [run for line in page.lines for run in _line(line, page, font, scale)]
    return "\n".join(["BT", "3 Tr", *shown, "ET"]).encode("ascii") if shown else b""


def _line(line: Line, page: Page, font: BlankFont, scale: float) -> Iterator[str]:
    whole = line_quad(line)
    origin, along, up = _axes(whole)
    height, length = math.hypot(*up), math.hypot(*along)
    if not height or not length:
        return
    across = along[0] / length, along[1] / length
    size = max(height * scale, _LEAST)
    found = list(pieces(line))
    spans = [_span(piece.quad, origin, across) for piece in found]
    spans = _joined(spans, found, _NO_SPACE * height)
    # PDF's y runs up the page, that of images down.
    matrix = f"{across[0]:.5f} {-across[1]:.5f} {across[1]:.5f} {across[0]:.5f}"
    for piece, (start, end) in zip(found, spans, strict=True):
        base = -DESCENT * height
        x = origin[0] + across[0] * start + across[1] * base
        y = origin[1] + across[1] * start - across[0] * base
        width = max((end - start) * scale, _LEAST)
        natural = font.width(piece.text) * size
        stretch = 100 * width / natural if natural else 100
        yield (
            f"/{FONT_NAME} {size:.3f} Tf {stretch:.3f} Tz "
            f"{matrix} {x * scale:.3f} {(page.height - y) * scale:.3f} Tm "
            f"<{font.encode(visual_order(piece.text))}> Tj"
        )


def _axes(quad: Quad) -> tuple[Corner, Corner, Corner]:
    """Return the bottom left corner, the mean side along the text and the one across it."""
    top_left, top_right, bottom_right, bottom_left = quad
    along = (
        (top_right[0] - top_left[0] + bottom_right[0] - bottom_left[0]) / 2,
        (top_right[1] - top_left[1] + bottom_right[1] - bottom_left[1]) / 2,
    )
    up = (
        (top_left[0] - bottom_left[0] + top_right[0] - bottom_right[0]) / 2,
        (top_left[1] - bottom_left[1] + top_right[1] - bottom_right[1]) / 2,
    )
    return bottom_left, along, up


def _span(quad: Quad, origin: Corner, across: Corner) -> tuple[float, float]:
    """Return where a box begins and ends along a line, in pixels."""
    places = [(x - origin[0]) * across[0] + (y - origin[1]) * across[1] for x, y in quad]
    return min(places), max(places)


def _joined(
    spans: list[tuple[float, float]], found: list[Piece], least: float
) -> list[tuple[float, float]]:
    """Return spans without gaps larger than ``least``: readers take one for a space.

    Characters that no space parts are both widened towards each other; a space fills its gap.
    """
    edges = [list(span) for span in spans]
    for place in range(1, len(edges)):
        before, after = edges[place - 1], edges[place]
        if found[place].is_space:
            after[0] = before[1]
        elif found[place - 1].is_space:
            before[1] = after[0]
        elif after[0] - before[1] > least:
            widened = (after[0] - before[1] - least) / 2
            before[1], after[0] = before[1] + widened, after[0] - widened
    return [(start, max(start, end)) for start, end in edges]
