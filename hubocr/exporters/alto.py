"""ALTO 4.4 (https://www.loc.gov/standards/alto/): boxes of blocks, lines, words, characters."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from hubocr import __version__
from hubocr.exporters.bidi import runs_left
from hubocr.exporters.document import Document
from hubocr.exporters.markup import add, add_text, number, serialized
from hubocr.exporters.reading import Corner, Token, bounds_of, tokens
from hubocr.pipeline.blocks import Block, blocks_of
from hubocr.pipeline.results import Line, Page

_NAMESPACE = "http://www.loc.gov/standards/alto/ns-v4#"
_SCHEMA = f"{_NAMESPACE} https://www.loc.gov/standards/alto/v4/alto-4-4.xsd"


def write(document: Document) -> bytes:
    """Return the document; boxes are in pixels of the images as they came."""
    root = Element(
        "alto",
        {
            "xmlns": _NAMESPACE,
            "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
            "xsi:schemaLocation": _SCHEMA,
            "SCHEMAVERSION": "4.4",
        },
    )
    description = add(root, "Description")
    add_text(description, "MeasurementUnit", "pixel")
    add_text(add(description, "sourceImageInformation"), "fileName", document.name)
    processing = add(description, "Processing", ID="processing_1")
    add_text(processing, "processingCategory", "contentGeneration")
    software = add(processing, "processingSoftware")
    add_text(software, "softwareName", "hubocr")
    add_text(software, "softwareVersion", __version__)
    layout = add(root, "Layout")
    for place, page in enumerate(document.pages, start=1):
        _page(layout, page, place)
    return serialized(root)


def _page(layout: Element, page: Page, place: int) -> None:
    size = {"WIDTH": page.width, "HEIGHT": page.height}
    key = f"page_{place}"
    shown = add(
        layout, "Page", ID=key, PHYSICAL_IMG_NR=place, PROCESSINGREFS="processing_1", **size
    )
    space = add(shown, "PrintSpace", ID=f"space_{place}", HPOS=0, VPOS=0, **size)
    for index, block in enumerate(blocks_of(page), start=1):
        _block(space, block, f"{place}_{index}")


def _block(space: Element, block: Block, key: str) -> None:
    lines = [(line, found) for line in block.lines if (found := tokens(line))]
    if not lines:
        return
    corners = [corner for line, _ in lines for corner in line.polygon]
    shown = add(space, "TextBlock", ID=f"block_{key}", **_box(corners))
    for index, (line, found) in enumerate(lines, start=1):
        _line(shown, line, found, f"{key}_{index}")


def _line(block: Element, line: Line, found: Sequence[Token], key: str) -> None:
    direction = "rtl" if runs_left(line.text) else None
    box = _box(line.polygon)
    shown = add(block, "TextLine", ID=f"line_{key}", BASEDIRECTION=direction, **box)
    points = " ".join(f"{number(x)},{number(y)}" for x, y in line.polygon)
    add(add(shown, "Shape"), "Polygon", POINTS=points)
    for index, token in enumerate(found, start=1):
        if index > 1:
            add(shown, "SP")
        _string(shown, token, f"{key}_{index}")


def _string(line: Element, token: Token, key: str) -> None:
    values = {"CONTENT": token.text, "WC": number(token.score), **_box(token.quad)}
    shown = add(line, "String", ID=f"string_{key}", **values)
    for index, part in enumerate(token.characters, start=1):
        glyph = {"CONTENT": part.text, "GC": number(part.score), **_box(part.quad)}
        add(shown, "Glyph", ID=f"glyph_{key}_{index}", **glyph)


def _box(corners: Sequence[Corner]) -> dict[str, object]:
    left, top, right, bottom = bounds_of(corners)
    return {
        "HPOS": number(left),
        "VPOS": number(top),
        "WIDTH": number(right - left),
        "HEIGHT": number(bottom - top),
    }
