from __future__ import annotations

import io
import threading
from pathlib import Path
from typing import Literal

import numpy as np
import pikepdf
import pytest

from hubocr.documents import DocumentOptions, Page, PageError, open_documents
from hubocr.documents.pdf import process
from hubocr.errors import (
    DocumentPasswordError,
    DocumentTooLargeError,
    ImageTooLargeError,
    PageRangeError,
)
from tests.documents.pdfs import PdfPage, make_pdf, saved, text_at
from tests.documents.reading import error, page, pages, read

SQUARE = "1 0 0 rg 100 600 72 72 re f"  # red, 100 points from the left, 120 from the top


def red(image: np.ndarray) -> tuple[int, int, int, int]:
    """Return the left, top, right and bottom of what is red in a BGR image."""
    ys, xs = np.nonzero((image[:, :, 2] > 200) & (image[:, :, 0] < 80))
    return int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1


def test_a_page_is_rendered_in_bgr_at_the_resolution_asked_for() -> None:
    found = page(make_pdf(PdfPage(SQUARE)), dpi=144)
    assert found.image.shape == (1584, 1224, 3)
    assert (found.size, found.dpi, found.rotation) == ((612, 792), 144, 0)
    assert red(found.image) == (200, 240, 344, 384)
    assert found.image[0, 0].tolist() == [255, 255, 255]


# Where the square is at 72 dpi when the page has been turned clockwise.
@pytest.mark.parametrize(
    ("rotate", "size", "place"),
    [
        (0, (612, 792), (100, 120)),
        (90, (792, 612), (792 - 120 - 72, 100)),
        (180, (612, 792), (612 - 100 - 72, 792 - 120 - 72)),
        (270, (792, 612), (120, 612 - 100 - 72)),
        (-90, (792, 612), (120, 612 - 100 - 72)),
    ],
)
def test_turned_pages_are_shown_upright(
    rotate: int, size: tuple[int, int], place: tuple[int, int]
) -> None:
    found = page(make_pdf(PdfPage(SQUARE, rotate=rotate)), dpi=72)
    assert found.size == size
    assert found.rotation == rotate % 360
    assert red(found.image)[:2] == place


def test_a_crop_box_is_respected() -> None:
    found = page(make_pdf(PdfPage(SQUARE, crop_box=(90, 590, 290, 690))), dpi=72)
    assert found.image.shape == (100, 200, 3)
    assert red(found.image) == (10, 18, 82, 90)


def test_a_crop_box_beyond_the_media_box_is_cut() -> None:
    found = page(make_pdf(PdfPage(SQUARE, crop_box=(-500, -500, 5000, 5000))), dpi=72)
    assert found.size == (612, 792)


def test_the_resolution_follows_the_size_of_the_text() -> None:
    heights = {}
    for points in (6, 8, 10, 14, 20):
        lines = "".join(text_at(72, 700 - 30 * i, "some lines of text", points) for i in range(9))
        found = page(make_pdf(PdfPage(lines)))
        assert found.dpi is not None
        heights[points] = found.dpi / 72 * points
    assert all(20 <= height <= 40 for height in heights.values()), heights


def test_a_scan_keeps_its_own_resolution() -> None:
    scan = np.full((1100, 850), 255, np.uint8)
    found = page(make_pdf(PdfPage("612 0 0 792 0 0 cm /Im Do", picture=scan)))
    assert found.image.shape == (1100, 850, 3)
    assert found.dpi == pytest.approx(100)


def test_a_scan_on_a_tiny_page_keeps_its_pixels() -> None:
    scan = np.full((1500, 2000), 255, np.uint8)
    content = "60 0 0 45 0 0 cm /Im Do"
    found = page(make_pdf(PdfPage(content, media_box=(0, 0, 60, 45), picture=scan)))
    assert found.image.shape == (1500, 2000, 3)


def test_large_pages_are_kept_within_bounds_that_suit_them() -> None:
    found = page(make_pdf(PdfPage(media_box=(0, 0, 3370, 2384))))
    assert 10e6 < found.image.shape[0] * found.image.shape[1] <= 16.1e6


def test_pages_of_too_many_pixels_are_an_error_in_their_place() -> None:
    data = make_pdf(PdfPage(), PdfPage(media_box=(0, 0, 14400, 14400)), PdfPage())
    first, second, third = read(data)
    assert isinstance(first, Page)
    assert isinstance(third, Page)
    assert isinstance(second, PageError)
    assert isinstance(second.error, ImageTooLargeError)
    assert (second.page_index, second.page_count) == (1, 3)
    assert "input, page 2: the page has 7200x7200 pixels at 36 dpi" in second.error.message
    assert isinstance(error(make_pdf(PdfPage()), dpi=1200, max_pixels=10**6), ImageTooLargeError)


def test_a_page_range_chooses_pages() -> None:
    data = make_pdf(*[PdfPage(media_box=(0, 0, 100 + n, 100)) for n in range(1, 11)])
    found = pages(data, page_range="7,1-3,9-")
    assert [item.page_index for item in found] == [0, 1, 2, 6, 8, 9]
    assert [item.size[0] - 100 for item in found if item.size] == [1, 2, 3, 7, 9, 10]
    beyond = error(data, page_range="2,11")
    assert isinstance(beyond, PageRangeError)
    assert beyond.message == "input: page_range '2,11' names page 11, the document has 10 pages"


def test_more_pages_than_the_limit_are_an_error_and_no_cut() -> None:
    data = make_pdf(*[PdfPage(media_box=(0, 0, 50, 50))] * 5)
    found = error(data, max_pages=4)
    assert isinstance(found, DocumentTooLargeError)
    assert found.message == "input: 5 of 5 pages are asked for, the limit is 4"
    assert len(pages(data, max_pages=4, page_range="2-5")) == 4
    assert "5 of 5 pages" in error(data, max_pages=4, page_range="1-").message


# Passwords beyond Latin-1 came with revision 6.
@pytest.mark.parametrize(
    ("revision", "password"),
    [(3, "open sesame"), (4, "open sesame"), (6, "open sesame"), (6, "пароль"), (6, "密码")],
)
def test_encrypted_documents_are_read_with_their_password(
    revision: Literal[3, 4, 6], password: str
) -> None:
    encryption = pikepdf.Encryption(
        user=password, owner="owner", R=revision, aes=revision >= 4, metadata=revision >= 4
    )
    data = make_pdf(PdfPage(text_at(72, 700, "secret text")), encryption=encryption)
    found = page(data, password=password)
    assert found.text_layer is not None
    assert found.text_layer.text == "secret text"
    missing, wrong = error(data), error(data, password="wrong")
    assert isinstance(missing, DocumentPasswordError)
    assert "a password is needed" in missing.message
    assert isinstance(wrong, DocumentPasswordError)
    assert "wrong" in wrong.message


def test_a_password_that_is_not_needed_does_no_harm() -> None:
    assert page(make_pdf(PdfPage()), password="any").page_count == 1


def test_a_file_is_read_from_where_it_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "名 前.pdf").write_bytes(make_pdf(PdfPage(SQUARE)))
    monkeypatch.chdir(tmp_path)
    found = page("名 前.pdf")
    assert found.source == "名 前.pdf"


def resident(pid: int | str, field: str) -> float:
    """Return the memory of a process in MB: VmRSS now, VmHWM at its highest."""
    status = Path(f"/proc/{pid}/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith(field))
    return int(line.split()[1]) / 1024


def test_memory_does_not_grow_with_the_number_of_pages(tmp_path: Path) -> None:
    path = tmp_path / "long.pdf"
    path.write_bytes(make_pdf(*[PdfPage(text_at(72, 700, "some text") + SQUARE)] * 400))
    count = 0
    for item in open_documents(path, options=DocumentOptions(dpi=100)):
        assert isinstance(item, Page)
        count += 1
        if count == 50:
            early = resident("self", "VmRSS")
    assert count == 400
    assert resident("self", "VmRSS") - early < 50  # all pages would be 1000 MB
    worker = process._idle._processes[-1]._process.pid
    assert resident(worker, "VmHWM") < 200


def test_a_consumer_that_leaves_leaves_nothing_running() -> None:
    process._idle.stop()
    run = open_documents(make_pdf(*[PdfPage(SQUARE)] * 50), options=DocumentOptions(dpi=72))
    assert isinstance(next(run), Page)
    run.close()
    for thread in threading.enumerate():
        if thread.name == "hubocr-documents":
            thread.join(20)
            assert not thread.is_alive()
    assert len(process._idle._processes) == 1  # given back, for the next document


def test_documents_are_read_side_by_side() -> None:
    runs = [
        open_documents(make_pdf(*[PdfPage(media_box=(0, 0, 100 + n, 100))] * 3)) for n in range(4)
    ]
    options = DocumentOptions(dpi=72)
    runs += [open_documents(make_pdf(PdfPage(SQUARE)), options=options)]
    widths = []
    for _ in range(3):
        for run in runs[:4]:
            item = next(run)
            assert isinstance(item, Page) and item.size is not None
            widths.append(item.size[0])
    assert widths == [100, 101, 102, 103] * 3
    for run in runs:
        run.close()


def test_filled_form_fields_are_shown() -> None:
    pdf = pikepdf.Pdf.open(io.BytesIO(make_pdf(PdfPage())))
    appearance = pikepdf.Stream(pdf, b"1 0 0 rg 0 0 72 72 re f")
    appearance.Type, appearance.Subtype = pikepdf.Name.XObject, pikepdf.Name.Form
    appearance.BBox = pikepdf.Array([0, 0, 72, 72])
    field = pdf.make_indirect(
        pikepdf.Dictionary(
            Type=pikepdf.Name.Annot,
            Subtype=pikepdf.Name.Widget,
            FT=pikepdf.Name.Tx,
            T="field",
            V="text",
            F=4,
            Rect=pikepdf.Array([100, 600, 172, 672]),
            AP=pikepdf.Dictionary(N=appearance),
        )
    )
    pdf.pages[0].Annots = pikepdf.Array([field])
    pdf.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array([field]))
    left, top, _, _ = red(page(saved(pdf), dpi=72).image)
    assert (left, top) == pytest.approx((100, 120), abs=2)
