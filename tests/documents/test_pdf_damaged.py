from __future__ import annotations

import io
import time
import zlib

import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hubocr.documents import Page, PageError
from hubocr.documents.pdf import process
from hubocr.errors import (
    DocumentError,
    DocumentTimeoutError,
    DocumentTooLargeError,
    HubocrError,
)
from tests.documents.pdfs import PdfPage, handwritten, make_pdf, saved, text_at
from tests.documents.reading import error, page, read

GOOD = make_pdf(*[PdfPage(text_at(72, 700, f"page {n}"), media_box=(0, 0, 300, 800)) for n in "ab"])

CATALOG = "<< /Type /Catalog /Pages 2 0 R >>"


def one_page(
    contents: str, *more: str, resources: str = "<< >>", box: str = "0 0 200 200"
) -> bytes:
    """Return a PDF of one page; the contents are object 4, what follows is from object 5 on."""
    return handwritten(
        CATALOG,
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [{box}] /Resources {resources} /Contents 4 0 R >>",
        f"<< /Length {len(contents)} >>\nstream\n{contents}\nendstream",
        *more,
    )


def nested_forms(depth: int, width: int) -> bytes:
    """Return a PDF that draws width ** depth times."""
    forms = []
    for level in range(depth):
        calls = "/Next Do " * width if level < depth - 1 else "0 0 9 9 re f"
        inner = (
            f"/Resources << /XObject << /Next {6 + level} 0 R >> >>" if level < depth - 1 else ""
        )
        forms.append(
            f"<< /Type /XObject /Subtype /Form /BBox [0 0 200 200] {inner} /Length {len(calls)} >>"
            f"\nstream\n{calls}\nendstream"
        )
    return one_page("/Next Do", *forms, resources="<< /XObject << /Next 5 0 R >> >>")


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"%PDF-1.7\n%%EOF", "damaged"),
        (b"%PDF-", "damaged"),
        (GOOD[: len(GOOD) // 3], "damaged"),
        (handwritten(CATALOG, "<< /Type /Pages /Kids [] /Count 0 >>"), "damaged or has no pages"),
        (handwritten("<< /Type /Catalog >>"), "damaged or has no pages"),
    ],
)
def test_what_cannot_be_opened_says_so(data: bytes, told: str) -> None:
    found = error(data)
    assert type(found) is DocumentError
    assert found.http_status == 422
    assert told in found.message


def test_pages_that_go_round_in_circles_end() -> None:
    circle = handwritten(
        CATALOG, "<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 1000000 /Parent 2 0 R >>"
    )
    for item in read(circle, max_pages=20, page_seconds=5):
        assert isinstance(item, PageError)


def test_a_false_count_of_pages_is_seen() -> None:
    wrong = handwritten(
        CATALOG,
        "<< /Type /Pages /Kids [3 0 R] /Count 5 >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 50 50] >>",
    )
    found = read(wrong)
    assert isinstance(found[0], Page)
    assert all(isinstance(item, PageError) for item in found[1:])


def test_forms_that_draw_themselves_end() -> None:
    form = (
        "<< /Type /XObject /Subtype /Form /BBox [0 0 200 200] "
        "/Resources << /XObject << /Self 5 0 R >> >> /Length 9 >>\nstream\n/Self Do \nendstream"
    )
    found = read(one_page("/Self Do", form, resources="<< /XObject << /Self 5 0 R >> >>"))
    assert len(found) == 1


@pytest.mark.parametrize("box", ["0 0 0 0", "0 0 -5 nan", "1 1 1 1", "a b", "0 0 1e38 1e38", ""])
def test_odd_media_boxes_give_a_page_or_an_error(box: str) -> None:
    (found,) = read(one_page("", box=box))
    assert isinstance(found, (Page, PageError))


def test_a_page_that_takes_too_long_is_stopped() -> None:
    start = time.monotonic()
    found = error(nested_forms(12, 10), page_seconds=1)
    assert isinstance(found, DocumentTimeoutError)
    assert "limit of 1 seconds" in found.message
    assert time.monotonic() - start < 20
    assert page(GOOD, page_range="1").page_count == 2  # and the next document is read


def test_a_document_is_given_up_after_some_such_pages() -> None:
    slow = pikepdf.Pdf.open(io.BytesIO(nested_forms(12, 10)))
    pdf = pikepdf.Pdf.new()
    for _ in range(6):
        pdf.pages.append(slow.pages[0])
    found = read(saved(pdf), page_seconds=0.5)
    assert [type(item) for item in found] == [PageError] * 4
    last = found[-1]
    assert isinstance(last, PageError)
    assert isinstance(last.error, DocumentTooLargeError)
    assert "given up after page 3 of 6" in last.error.message


def test_a_page_that_takes_too_much_memory_is_stopped() -> None:
    packer = zlib.compressobj(1)  # 400 MB of blanks in a content stream of 2 MB
    blanks = b"".join(packer.compress(b" " * (1 << 20)) for _ in range(400)) + packer.flush()
    pdf = pikepdf.Pdf.open(io.BytesIO(one_page("")))
    stream = pikepdf.Stream(pdf, b"")
    stream.write(blanks, filter=pikepdf.Name.FlateDecode)
    pdf.pages[0].Contents = stream
    found = error(saved(pdf), memory_mb=128)
    assert isinstance(found, DocumentTooLargeError)
    assert "128 MB of memory" in found.message


def test_a_process_that_dies_between_documents_is_replaced() -> None:
    page(GOOD, page_range="1")
    waiting = process.take_process()
    waiting._process.kill()
    waiting._process.wait()
    process._idle._processes.append(waiting)
    assert page(GOOD, page_range="1").page_count == 2


def test_processes_are_used_again() -> None:
    page(GOOD, page_range="1")
    (first,) = {id(p) for p in process._idle._processes[-1:]}
    page(GOOD, page_range="2")
    assert first in {id(p) for p in process._idle._processes}


@settings(max_examples=60)
@given(st.data())
def test_damaged_files_give_pages_or_errors_of_ours(data: st.DataObject) -> None:
    broken = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(broken) - 1))
        broken[place] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(broken)))
    for source in (bytes(broken), b"%PDF-" + bytes(broken)[cut:], GOOD[:cut]):
        for item in read(source, max_pixels=4_000_000, page_seconds=10, prefetch=0):
            assert isinstance(item, Page) or isinstance(item.error, HubocrError)
