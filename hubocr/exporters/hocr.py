"""hOCR 1.2 (https://kba.github.io/hocr-spec/1.2/): XHTML with the boxes of all words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from xml.etree.ElementTree import Element

from hubocr import __version__
from hubocr.exporters.bidi import runs_left
from hubocr.exporters.document import Document
from hubocr.exporters.markup import add, add_text, number, serialized
from hubocr.exporters.reading import Corner, Token, bounds_of, line_quad, tokens
from hubocr.pipeline.blocks import Block, blocks_of
from hubocr.pipeline.results import Line, Page

_DOCTYPE = (
    '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" '
    '"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd">\n'
)
_CAPABILITIES = "ocr_page ocr_carea ocr_par ocr_line ocr_header ocrx_word ocrp_wconf ocrp_poly"


def write(document: Document) -> bytes:
    """Return the document; boxes are in pixels of the images as they came."""
    root = Element("html", {"xmlns": "http://www.w3.org/1999/xhtml"})
    head = add(root, "head")
    add_text(head, "title", document.name)
    add(head, "meta", **{"http-equiv": "Content-Type", "content": "text/html; charset=utf-8"})
    add(head, "meta", name="ocr-system", content=f"hubocr {__version__}")
    add(head, "meta", name="ocr-capabilities", content=_CAPABILITIES)
    add(head, "meta", name="ocr-number-of-pages", content=len(document.pages))
    body = add(root, "body")
    for place, page in enumerate(document.pages):
        _page(body, page, place, document.name)
    return serialized(root, _DOCTYPE)


def _page(body: Element, page: Page, place: int, name: str) -> None:
    quoted = name.replace('"', "'").replace(";", ",")
    title = f'image "{quoted}"; bbox 0 0 {page.width} {page.height}; ppageno {place}'
    shown = _add(body, "div", "ocr_page", f"page_{place + 1}", title)
    for number_, block in enumerate(blocks_of(page), start=1):
        key = f"{place + 1}_{number_}"
        box = _box([corner for line in block.lines for corner in line.polygon])
        area = _add(shown, "div", "ocr_carea", f"block_{key}", box)
        paragraph = _add(area, "p", "ocr_par", f"par_{key}", box)
        for index, line in enumerate(block.lines, start=1):
            _line(paragraph, line, block, f"{key}_{index}")


def _line(paragraph: Element, line: Line, block: Block, key: str) -> None:
    polygon = " ".join(f"{x} {y}" for x, y in line.polygon)
    title = f"{_box(line.polygon)}; poly {polygon}"
    angle = _angle(line)
    if angle:
        title += f"; textangle {number(angle)}"
    kind = "ocr_header" if block.level else "ocr_line"
    shown = _add(paragraph, "span", kind, f"line_{key}", title)
    if runs_left(line.text):
        shown.set("dir", "rtl")
    for index, token in enumerate(tokens(line), start=1):
        _word(shown, token, f"word_{key}_{index}")


def _word(line: Element, token: Token, key: str) -> None:
    title = f"{_box(token.quad)}; x_wconf {round(100 * token.score)}"
    add_text(line, "span", token.text, class_="ocrx_word", id=key, title=title)


def _add(parent: Element, tag: str, kind: str, key: str, title: str) -> Element:
    return add(parent, tag, class_=kind, id=key, title=title)


def _box(corners: Sequence[Corner]) -> str:
    left, top, right, bottom = bounds_of(corners)
    return f"bbox {math.floor(left)} {math.floor(top)} {math.ceil(right)} {math.ceil(bottom)}"


def _angle(line: Line) -> float:
    """Return by how many degrees a line is turned counter-clockwise, 0 where it is nearly level."""
    first, second, *_ = line_quad(line)
    angle = -math.degrees(math.atan2(second[1] - first[1], second[0] - first[0])) % 360
    return 0.0 if min(angle, 360 - angle) < 1 else angle
