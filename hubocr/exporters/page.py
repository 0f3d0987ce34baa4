"""PAGE XML 2019-07-15 (https://github.com/PRImA-Research-Lab/PAGE-XML), one page a file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from xml.etree.ElementTree import Element

from hubocr import __version__
from hubocr.exporters.bidi import runs_left
from hubocr.exporters.document import Document
from hubocr.exporters.markup import add, add_text, number, serialized
from hubocr.exporters.reading import Corner, Token, bounds_of, line_quad, tokens
from hubocr.pipeline.blocks import Block, blocks_of
from hubocr.pipeline.results import Line, Page

_NAMESPACE = "http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15"
_SCHEMA = f"{_NAMESPACE} {_NAMESPACE}/pagecontent.xsd"

_ORIENTATION = {0: None, 90: "90", 180: "180", 270: "-90"}
"""PAGE's ``orientation``: degrees clockwise by which the page is turned, from -179.999 to 180."""


def write(document: Document) -> bytes:
    """Return the document's only page; polygons are in pixels of the image as it came."""
    (page,) = document.pages
    root = Element(
        "PcGts",
        {
            "xmlns": _NAMESPACE,
            "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
            "xsi:schemaLocation": _SCHEMA,
        },
    )
    metadata = add(root, "Metadata")
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    add_text(metadata, "Creator", f"hubocr {__version__}")
    add_text(metadata, "Created", now)
    add_text(metadata, "LastChange", now)
    shown = add(
        root,
        "Page",
        imageFilename=document.name,
        imageWidth=page.width,
        imageHeight=page.height,
        orientation=_ORIENTATION.get(page.angle),
    )
    blocks = blocks_of(page)
    if blocks:
        order = add(add(shown, "ReadingOrder"), "OrderedGroup", id="order")
        for index in range(len(blocks)):
            add(order, "RegionRefIndexed", index=index, regionRef=f"region_{index + 1}")
    for index, block in enumerate(blocks, start=1):
        _region(shown, block, str(index), page)
    return serialized(root)


def _region(shown: Element, block: Block, key: str, page: Page) -> None:
    kind = "heading" if block.level else "paragraph"
    region = add(shown, "TextRegion", id=f"region_{key}", type=kind)
    left, top, right, bottom = bounds_of([c for line in block.lines for c in line.polygon])
    corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    _coords(region, corners, page)
    for index, line in enumerate(block.lines, start=1):
        _line(region, line, f"{key}_{index}", page)
    _text(region, "\n".join(line.text for line in block.lines))


def _line(region: Element, line: Line, key: str, page: Page) -> None:
    direction = "right-to-left" if runs_left(line.text) else None
    shown = add(region, "TextLine", id=f"line_{key}", readingDirection=direction)
    _coords(shown, line.polygon, page)
    _, _, right, left = line_quad(line)
    add(shown, "Baseline", points=_points((left, right), page))
    for index, token in enumerate(tokens(line), start=1):
        _word(shown, token, f"{key}_{index}", page)
    _text(shown, line.text, line.score)


def _word(line: Element, token: Token, key: str, page: Page) -> None:
    word = add(line, "Word", id=f"word_{key}")
    _coords(word, token.quad, page)
    for index, part in enumerate(token.characters, start=1):
        glyph = add(word, "Glyph", id=f"glyph_{key}_{index}")
        _coords(glyph, part.quad, page)
        _text(glyph, part.text, part.score)
    _text(word, token.text, token.score)


def _text(parent: Element, text: str, score: float | None = None) -> None:
    conf = None if score is None else number(score)
    add_text(add(parent, "TextEquiv", conf=conf), "Unicode", text)


def _coords(parent: Element, corners: Sequence[Corner], page: Page) -> None:
    add(parent, "Coords", points=_points(corners, page))


def _points(corners: Sequence[Corner], page: Page) -> str:
    """Return corners as whole pixels within the image, as the format has them."""
    return " ".join(
        f"{min(max(round(x), 0), page.width)},{min(max(round(y), 0), page.height)}"
        for x, y in corners
    )
