"""hOCR, ALTO and PAGE XML: against their schemas and rules."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from hubocr.exporters import FORMATS, document_of
from hubocr.pipeline import Page
from tests.exporters.pages import CONTROL, MIXED, line, page_of

ALTO = "{http://www.loc.gov/standards/alto/ns-v4#}"
PAGE_XML = "{http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15}"
HTML = "{http://www.w3.org/1999/xhtml}"
SCHEMAS = {"alto": "alto-4-4.xsd", "page": "page-2019-07-15.xsd"}
EMPTY = page_of([])
TURNED = page_of([line("quarter", 10, 10, 100)], angle=90)


def tree(name: str, page: Page) -> Any:
    return etree.fromstring(FORMATS[name].export(document_of(page, name='a "scan"; <1>')))


@pytest.mark.parametrize("page", [MIXED, CONTROL, EMPTY, TURNED])
@pytest.mark.parametrize("name", SCHEMAS)
def test_files_fit_the_schema(name: str, page: Page) -> None:
    folder = os.environ.get("HUBOCR_SCHEMAS")
    if not folder:
        pytest.skip(f"HUBOCR_SCHEMAS names no folder with {SCHEMAS[name]} (and xlink.xsd beside)")
    schema = etree.XMLSchema(etree.parse(str(Path(folder) / SCHEMAS[name])))
    schema.assertValid(tree(name, page))


@pytest.mark.parametrize("page", [MIXED, CONTROL, EMPTY, TURNED])
@pytest.mark.parametrize("name", ["hocr", "alto", "page"])
def test_names_are_used_once_and_references_lead_somewhere(name: str, page: Page) -> None:
    root = tree(name, page)
    keys = [key for element in root.iter() if (key := element.get("ID") or element.get("id"))]
    assert len(set(keys)) == len(keys)
    for element in root.iter():
        for reference in ("PROCESSINGREFS", "regionRef"):
            assert element.get(reference) in {None, *keys}


@given(st.text(), st.text())
def test_any_text_gives_a_document_that_can_be_read(text: str, name: str) -> None:
    page = page_of([line(text, 10, 10, 100)])
    for known in ("hocr", "alto", "page"):
        etree.fromstring(FORMATS[known].export(document_of(page, name=name)))


def test_alto_has_strings_spaces_and_glyphs() -> None:
    lines = list(tree("alto", MIXED).iter(f"{ALTO}TextLine"))
    texts = []
    for one in lines:
        parts = [child.get("CONTENT", " ") for child in one if child.tag != f"{ALTO}Shape"]
        texts.append("".join(parts))
    assert texts == [one.text for one in MIXED.lines]
    first = next(lines[0].iter(f"{ALTO}String"))
    assert [first.get(key) for key in ("CONTENT", "HPOS", "VPOS", "WIDTH", "HEIGHT", "WC")] == [
        *("Total", "40", "22", "50", "16", "0.9"),
    ]
    glyphs = list(next(lines[1].iter(f"{ALTO}String")).iter(f"{ALTO}Glyph"))
    assert [(glyph.get("CONTENT"), glyph.get("HPOS")) for glyph in glyphs] == [
        *(("合", "40"), ("计", "60"), ("金", "80"), ("额", "100")),
    ]
    assert [one.get("BASEDIRECTION") for one in lines] == [None, None, None, "rtl"]


def test_words_of_lines_without_boxes_of_words_share_the_line() -> None:
    (one,) = list(tree("alto", page_of([line("ab 合计", 100, 10, 70)])).iter(f"{ALTO}TextLine"))
    strings = [(s.get("CONTENT"), s.get("HPOS"), s.get("WIDTH")) for s in one.iter(f"{ALTO}String")]
    assert strings == [("ab", "100", "20"), ("合计", "130", "40")]
    (reverse,) = list(tree("alto", page_of([line("שלום אב", 0, 10, 70)])).iter(f"{ALTO}TextLine"))
    assert [s.get("HPOS") for s in reverse.iter(f"{ALTO}String")] == ["30", "0"]


def test_page_xml_has_the_text_of_every_level() -> None:
    root = tree("page", MIXED)
    shown = root.find(f"{PAGE_XML}Page")
    assert (shown.get("imageWidth"), shown.get("imageHeight")) == ("600", "400")
    lines = list(root.iter(f"{PAGE_XML}TextLine"))
    found = [one.find(f"{PAGE_XML}TextEquiv/{PAGE_XML}Unicode").text for one in lines]
    assert found == [one.text for one in MIXED.lines]
    words = [
        w.find(f"{PAGE_XML}TextEquiv/{PAGE_XML}Unicode").text
        for w in lines[1].iter(f"{PAGE_XML}Word")
    ]
    assert words == ["合计金额", "PP-OCR", "模型v4"]
    for coords in root.iter(f"{PAGE_XML}Coords"):
        assert re.fullmatch(r"(\d+,\d+ )+\d+,\d+", coords.get("points"))
    assert tree("page", TURNED).find(f"{PAGE_XML}Page").get("orientation") == "90"


def test_hocr_has_boxes_within_boxes() -> None:
    root = tree("hocr", MIXED)
    capabilities = root.find(f".//{HTML}meta[@name='ocr-capabilities']").get("content").split()
    for element in root.iter():
        assert element.get("class") in {None, *capabilities}
        outer, inner = element.getparent(), _box(element)
        if inner and outer is not None and _box(outer):
            left, top, right, bottom = _box(outer)
            assert left <= inner[0] and top <= inner[1]
            assert right >= inner[2] and bottom >= inner[3]
    words = [w.text for w in root.iter(f"{HTML}span") if w.get("class") == "ocrx_word"]
    assert words == " ".join(one.text for one in MIXED.lines).split()
    assert "\ufffd" in "".join(tree("hocr", CONTROL).itertext())


def _box(element: Any) -> list[int]:
    found = re.search(r"bbox (\d+) (\d+) (\d+) (\d+)", element.get("title") or "")
    return [int(number) for number in found.groups()] if found else []
