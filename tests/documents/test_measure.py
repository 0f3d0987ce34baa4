"""The extent of a file against the pages that are then read from it."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from hubocr.documents import DocumentOptions
from hubocr.documents.measure import measure
from hubocr.errors import DocumentTooLargeError, ImageError
from tests.documents.pdfs import PdfPage, make_pdf, text_at
from tests.documents.reading import pages

SIZES = ((40, 20), (300, 200), (10, 900), (7, 5))


def tiff() -> bytes:
    images = [Image.new("L", size, 200) for size in SIZES]
    file = io.BytesIO()
    images[0].save(file, "TIFF", save_all=True, append_images=images[1:])
    return file.getvalue()


def pdf() -> bytes:
    return make_pdf(
        PdfPage(text_at(50, 50, "small", 6)),
        PdfPage(text_at(50, 50, "large", 30), media_box=(0, 0, 3000, 1000)),
        PdfPage("q 60 0 0 60 0 0 cm /Im Do Q", media_box=(0, 0, 60, 60)),
    )


@pytest.mark.parametrize(
    ("data", "options"),
    [
        (tiff(), {}),
        (tiff(), {"page_range": "1,3-4"}),
        (tiff(), {"frames": "first"}),
        (pdf(), {"dpi": 144}),
        (pdf(), {"dpi": 50, "page_range": "2-"}),
    ],
)
def test_it_is_that_of_the_pages(data: bytes, options: dict[str, object]) -> None:
    found = pages(data, **options)
    extent = measure(data, "it", DocumentOptions(**options))  # type: ignore[arg-type]
    assert extent.pages == len(found)
    assert extent.pixels == max(page.image.shape[0] * page.image.shape[1] for page in found)
    assert extent.decoding >= 3 * extent.pixels


def test_where_pages_choose_their_resolution_it_is_a_bound() -> None:
    for index in ("1", "2", "3"):
        (page,) = pages(pdf(), page_range=index)
        extent = measure(pdf(), "it", DocumentOptions(page_range=index))
        assert page.image.shape[0] * page.image.shape[1] <= extent.pixels <= 17_000_000


def test_more_pages_than_allowed_and_no_image() -> None:
    with pytest.raises(DocumentTooLargeError):
        measure(tiff(), "it", DocumentOptions(max_pages=3))
    with pytest.raises(ImageError):
        measure(b"nothing", "it", DocumentOptions())
