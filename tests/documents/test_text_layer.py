from __future__ import annotations

from math import cos, radians, sin
from typing import Any

import numpy as np
import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from hubocr.documents import Page, TextLayer
from hubocr.documents.pdf.text_layer import PageGeometry
from tests.documents.pdfs import PdfPage, make_pdf, text_at
from tests.documents.reading import page

SCAN = np.full((1000, 800), 200, np.uint8)
LINES = "".join(text_at(72, 700 - 20 * i, f"line {i} of the text of a page") for i in range(20))


def layer(found: Page) -> TextLayer:
    assert found.text_layer is not None, found.text_layer_note
    return found.text_layer


def ink(found: Page) -> tuple[int, int, int, int]:
    """Return the left, top, right and bottom of what is dark in an image."""
    ys, xs = np.nonzero(found.image.min(axis=2) < 128)
    return int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1


@pytest.mark.parametrize("rotate", [0, 90, 180, 270])
@pytest.mark.parametrize("crop", [None, (40, 300, 560, 720)])
@pytest.mark.parametrize("turned", [0, 90, 180, 270])
def test_the_box_of_a_word_is_where_its_ink_is(
    rotate: int, crop: tuple[float, ...] | None, turned: int
) -> None:
    c, s = round(cos(radians(turned))), round(sin(radians(turned)))
    content = f"BT /F1 20 Tf {c} {s} {-s} {c} 300 500 Tm (Height) Tj ET"
    found = page(make_pdf(PdfPage(content, rotate=rotate, crop_box=crop)), dpi=144)
    (line,) = layer(found).lines
    (word,) = line.words
    assert word.text == line.text == "Height"
    left, top, right, bottom = ink(found)
    xs, ys = word.box[:, 0], word.box[:, 1]
    assert xs.min() <= left + 1 and ys.min() <= top + 1
    assert xs.max() >= right - 1 and ys.max() >= bottom - 1
    loose = 20  # pixels: the box has the height of the font, 40 pixels and some
    assert xs.min() > left - loose and xs.max() < right + loose
    assert ys.min() > top - loose and ys.max() < bottom + loose
    # The first side runs along the text: counter-clockwise in the page, clockwise by /Rotate.
    angle = radians(turned - rotate)
    along = (word.box[1] - word.box[0]) / np.linalg.norm(word.box[1] - word.box[0])
    assert along == pytest.approx([cos(angle), -sin(angle)], abs=0.02)


@pytest.mark.parametrize("slant", [10, 30, 75, 200, 330])
def test_the_box_of_a_slanted_word_follows_it(slant: int) -> None:
    c, s = cos(radians(slant)), sin(radians(slant))
    content = f"BT /F1 20 Tf {c:.5f} {s:.5f} {-s:.5f} {c:.5f} 300 400 Tm (slanted) Tj ET"
    found = page(make_pdf(PdfPage(content)), dpi=144)
    (word,) = layer(found).lines[0].words
    side = word.box[1] - word.box[0]
    assert np.degrees(np.arctan2(-side[1], side[0])) % 360 == pytest.approx(slant, abs=2)
    left, top, right, bottom = ink(found)
    centre = word.box.mean(axis=0)
    assert centre == pytest.approx([(left + right) / 2, (top + bottom) / 2], abs=12)
    assert np.linalg.norm(word.box[2] - word.box[1]) == pytest.approx(40, abs=12)


def test_words_and_lines_are_told_apart() -> None:
    content = (
        text_at(72, 700, "first line here")
        + text_at(72, 680, "second")
        + text_at(400, 680, "another column")
    )
    found = layer(page(make_pdf(PdfPage(content))))
    assert [line.text for line in found.lines] == ["first line here", "second", "another column"]
    assert [word.text for word in found.lines[0].words] == ["first", "line", "here"]
    assert found.text == "first line here\nsecond\nanother column"
    for line in found.lines:
        for word in line.words:
            assert (word.box.min(axis=0) >= line.box.min(axis=0) - 0.5).all()
            assert (word.box.max(axis=0) <= line.box.max(axis=0) + 0.5).all()


def chinese(text: str, x: float, y: float, size: float = 12) -> str:
    codes = text.encode("utf-16-be").hex()
    return f"BT /F1 {size} Tf {x} {y} Td <{codes}> Tj ET\n"


def chinese_font(pdf: pikepdf.Pdf) -> pikepdf.Array:
    info = pikepdf.Dictionary(Registry=b"Adobe", Ordering=b"GB1", Supplement=2)
    return pikepdf.Array(
        [
            pikepdf.Dictionary(
                Type=pikepdf.Name.Font,
                Subtype=pikepdf.Name.CIDFontType0,
                BaseFont=pikepdf.Name("/STSong-Light"),
                CIDSystemInfo=info,
            )
        ]
    )


CHINESE_FONT = {
    "Subtype": pikepdf.Name.Type0,
    "BaseFont": pikepdf.Name("/STSong-Light-UniGB-UCS2-H"),
    "Encoding": pikepdf.Name("/UniGB-UCS2-H"),
    "DescendantFonts": chinese_font,
}


def test_each_chinese_character_is_a_word() -> None:
    content = chinese("第一行 abc文字", 72, 700)
    found = layer(page(make_pdf(PdfPage(content, font=CHINESE_FONT)), text_layer="use"))
    (line,) = found.lines
    assert line.text == "第一行 abc文字"
    assert [word.text for word in line.words] == ["第", "一", "行", "abc", "文", "字"]
    lefts = [word.box[0, 0] for word in line.words]
    assert lefts == sorted(lefts)


def test_text_beyond_the_crop_box_is_left_out() -> None:
    content = text_at(100, 700, "shown") + text_at(100, 100, "hidden")
    found = layer(page(make_pdf(PdfPage(content, crop_box=(0, 600, 612, 792)))))
    assert found.text == "shown"


def test_the_options_decide() -> None:
    data = make_pdf(PdfPage(LINES))
    for use, has in (("auto", True), ("use", True), ("ignore", False)):
        found = page(data, text_layer=use)
        assert (found.text_layer is not None) is has
        assert found.text_layer_note == (None if has else "ignored")


@pytest.mark.parametrize("use", ["auto", "use"])
def test_an_empty_layer_is_never_used(use: str) -> None:
    for content in ("", "0 0 100 100 re f", text_at(72, 700, "   ")):
        found = page(make_pdf(PdfPage(content)), text_layer=use)
        assert (found.text_layer, found.text_layer_note) == (None, "none")


def doubtful(kind: str) -> PdfPage:
    draw = "q 612 0 0 792 0 0 cm /Im Do Q\n"
    if kind == "invisible":  # a scan with the text of another OCR program
        content = "".join(text_at(72, 700 - 20 * i, "read before", mode=3) for i in range(20))
        return PdfPage(draw + content, picture=SCAN)
    if kind == "pictures":  # a picture beside the text
        return PdfPage(LINES + "q 200 0 0 200 300 50 cm /Im Do Q", picture=SCAN)
    codes = " ".join(f"<{n:02x}> <fffd>" for n in range(32, 127))
    count = codes.count("fffd")
    table = (
        "/CIDInit /ProcSet findresource begin begincmap 1 begincodespacerange <00> <ff> "
        f"endcodespacerange {count} beginbfchar {codes} endbfchar endcmap"
    )
    junk = {"ToUnicode": lambda pdf: pikepdf.Stream(pdf, table.encode())}
    if kind == "garbled":
        return PdfPage(LINES, font=junk)
    signs = "".join(text_at(72, 700 - 20 * i, "~ | = # @ ^ _ * +") for i in range(5))
    return PdfPage(signs)


@pytest.mark.parametrize(
    ("kind", "note"),
    [
        ("invisible", "invisible"),
        ("pictures", "pictures"),
        ("garbled", "garbled"),
        ("signs", "garbled"),
    ],
)
def test_a_layer_that_will_not_do_is_not_used_by_itself(kind: str, note: str) -> None:
    data = make_pdf(doubtful(kind))
    found = page(data)
    assert (found.text_layer, found.text_layer_note) == (None, note)
    assert page(data, text_layer="use").text_layer is not None


def test_a_small_ornament_does_not_matter() -> None:
    content = LINES + "q 30 0 0 30 500 740 cm /Im Do Q"
    assert page(make_pdf(PdfPage(content, picture=SCAN))).text_layer is not None


BOXES = st.tuples(
    st.floats(-500, 500), st.floats(-500, 500), st.floats(1, 5000), st.floats(1, 5000)
)


@given(BOXES, st.sampled_from([0, 90, 180, 270]))
def test_the_corners_of_the_page_are_those_of_the_image(
    box: tuple[float, float, float, float], rotation: int
) -> None:
    left, bottom, width, height = box
    shown = (left, bottom, left + width, bottom + height)
    geometry = PageGeometry(shown, rotation, (300, 200))
    top_left_first = [
        (left, bottom + height),
        (left + width, bottom + height),
        (left + width, bottom),
        (left, bottom),
    ]
    corners: NDArray[Any] = geometry.to_pixels(np.array(top_left_first))
    image = np.array([(0, 0), (300, 0), (300, 200), (0, 200)])
    # Turned clockwise, the page's top left corner comes to the image's top right.
    assert corners == pytest.approx(np.roll(image, -(rotation // 90), axis=0), abs=1e-6)
