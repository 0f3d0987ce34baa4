"""Searchable PDFs, read by PDFium and by qpdf."""

from __future__ import annotations

import io
import math

import numpy as np
import pikepdf
import pypdfium2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubocr.exporters import FORMATS
from hubocr.exporters.document import document_of
from hubocr.imaging import read_image
from hubocr.pipeline import Box, Line, OcrPipeline, Page
from hubocr.recognition import Recognition
from hubocr.settings import OcrOptions, RecognitionSettings
from tests.conftest import FIXTURES
from tests.exporters.pages import MIXED, document_with_images, line, page_of, worded

SCALE = 150 / 72
"""Pixels of the image in a point."""


def exported(*pages: Page) -> bytes:
    return FORMATS["pdf"].export(document_with_images(*pages))


def lines_of(data: bytes, page: int = 0) -> list[str]:
    with pypdfium2.PdfDocument(data) as pdf:
        text: str = pdf[page].get_textpage().get_text_range()
    return text.split("\r\n")


def box_of(data: bytes, text: str, height: int) -> list[float]:
    """Where a text is on the first page: left, top, right, bottom in pixels of the image."""
    with pypdfium2.PdfDocument(data) as pdf:
        page = pdf[0].get_textpage()
        found = page.search(text).get_next()
        assert found is not None, text
        start, count = found
        boxes = [page.get_charbox(start + place) for place in range(count)]
    left, bottom = min(b[0] for b in boxes), min(b[1] for b in boxes)
    right, top = max(b[2] for b in boxes), max(b[3] for b in boxes)
    return [left * SCALE, height - top * SCALE, right * SCALE, height - bottom * SCALE]


def test_the_text_comes_out_as_it_was_read() -> None:
    data = exported(MIXED, page_of([]), page_of([worded("第二页", 10, 10)]))
    assert lines_of(data) == [one.text for one in MIXED.lines]
    assert lines_of(data, 1) == [""]
    assert lines_of(data, 2) == ["第二页"]


def test_words_and_lines_are_where_they_were_read() -> None:
    data = exported(MIXED)
    for text, box in {
        "Total": (40, 20, 90, 40),
        "25.50": (180, 20, 230, 40),
        "合": (40, 60, 60, 80),
        "PP-OCR": (130, 60, 190, 80),
        "no words here": (40, 100, 170, 120),
    }.items():
        assert box_of(data, text, MIXED.height) == pytest.approx(box, abs=1), text


@pytest.mark.parametrize("degrees", [4, 30, 90, 180, 270])
def test_turned_lines_run_along_their_polygon(degrees: int) -> None:
    angle = math.radians(degrees)
    along = np.array([math.cos(angle), math.sin(angle)])
    down = np.array([-along[1], along[0]])
    corner = np.array([200.0, 180.0])
    points = [corner, corner + 120 * along, corner + 120 * along + 24 * down, corner + 24 * down]
    polygon = tuple((round(float(x)), round(float(y))) for x, y in points)
    page = page_of([Line(Box(polygon, 0.9), Recognition("turned words", 0.9))])
    data = exported(page)
    assert lines_of(data) == ["turned words"]
    expected = page.lines[0].box.bounds
    assert box_of(data, "turned words", page.height) == pytest.approx(expected, abs=3)


def test_a_column_runs_down_and_an_upside_down_line_to_the_left() -> None:
    column = Line(
        Box(((500, 20), (524, 20), (524, 140), (500, 140)), 0.9), Recognition("竖排文字", 0.9)
    )
    turned = Line(Box(line("upside", 40, 200, 120).polygon, 0.9, 180), Recognition("upside", 0.9))
    page = page_of([column, turned])
    data = exported(page)
    assert "".join("".join(lines_of(data)).split()) == "竖排文字upside"
    assert box_of(data, "竖", page.height) == pytest.approx((500, 20, 524, 50), abs=3)
    assert box_of(data, "字", page.height) == pytest.approx((500, 110, 524, 140), abs=3)
    assert box_of(data, "u", page.height) == pytest.approx((140, 200, 160, 220), abs=3)


def test_nothing_but_the_image_is_seen() -> None:
    page = page_of([line("invisible", 10, 10, 300, 60)])
    with pypdfium2.PdfDocument(exported(page)) as pdf:
        assert pdf[0].get_size() == pytest.approx((600 / SCALE, 400 / SCALE), abs=0.1)
        seen = pdf[0].render(scale=SCALE).to_numpy()
    assert seen.shape[:2] == (400, 600)
    assert np.abs(seen.astype(int) - 200).max() <= 2


def test_the_file_is_sound_and_named() -> None:
    with pikepdf.open(io.BytesIO(exported(MIXED, MIXED))) as pdf:
        assert pdf.check_pdf_syntax() == []
        assert str(pdf.docinfo["/Title"]) == "scan"
        assert pdf.open_metadata()["dc:title"] == "scan"
        assert len(pdf.pages) == 2


def test_the_resolution_sets_the_size_and_a_page_has_a_longest_side() -> None:
    pages = (page_of([]), page_of([], 40_000, 10))
    document = document_with_images(*pages)
    object.__setattr__(document, "resolution", lambda place: 300.0)
    with pypdfium2.PdfDocument(FORMATS["pdf"].export(document)) as pdf:
        assert pdf[0].get_size() == pytest.approx((144, 96), abs=0.1)
        assert pdf[1].get_size() == pytest.approx((9600, 2.4), abs=0.1)
    with pypdfium2.PdfDocument(exported(pages[1])) as pdf:
        assert pdf[0].get_size()[0] == pytest.approx(14400)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(st.sampled_from("aZ9é中文字體あカ한글Жλ𠀀𡃁"), min_size=2), max_size=4))
def test_letters_of_any_script_come_out(texts: list[str]) -> None:
    page = page_of([line(text, 10, 10 + 60 * place, 500) for place, text in enumerate(texts)])
    assert "".join(lines_of(exported(page))) == "".join(texts)


@pytest.mark.parametrize(
    "text",
    ["שלום עולם", "מחיר: 25.50 ₪ (כולל)", "عدد 12 من 3", "שלום עולם abc مرحبا", "(abc) 12"],
)
def test_text_from_right_to_left_comes_out_in_its_order(text: str) -> None:
    assert lines_of(exported(page_of([line(text, 10, 10, 400)]))) == [text]


def test_a_page_that_was_read(pipeline: OcrPipeline) -> None:
    image = read_image(FIXTURES / "pages" / "receipt.png")
    options = OcrOptions(recognition=RecognitionSettings(word_boxes=True))
    page = pipeline.run(image, options)
    assert page.lines
    data = exported(page)
    assert "".join("".join(lines_of(data)).split()) == "".join(page.text.split())
    for one in page.lines:
        for word in one.reading.words or ():
            if "".join(page.text.split()).count(word.text) == 1 and len(word.text) > 1:
                left, _, right, _ = box_of(data, word.text, page.height)
                xs = [x for x, _ in word.polygon]
                assert (left, right) == pytest.approx((min(xs), max(xs)), abs=3), word.text


def test_a_page_longer_than_a_jpeg_file_can_be_is_scaled_down() -> None:
    image = np.full((3, 70_000, 3), 255, np.uint8)
    document = document_of(Page(image.shape[1], image.shape[0]), image)
    for name in ("pdf", "image"):
        assert FORMATS[name].export(document)
    with pikepdf.open(io.BytesIO(FORMATS["pdf"].export(document))) as pdf:
        picture = pdf.pages[0].obj.Resources.XObject.I
        assert max(int(picture.Width), int(picture.Height)) <= 65_500
