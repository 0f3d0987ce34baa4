"""Images that users sent elsewhere and that were read wrongly: what they say is read now."""

from __future__ import annotations

from pathlib import Path

import pytest

from hubocr.imaging import BgrImage, Frame, decode, decode_frames, probe
from hubocr.pipeline import OcrPipeline
from tests.arrays import bgr

pytestmark = pytest.mark.data

INVOICE = "Invoice20486total"


@pytest.fixture(scope="module")
def cases(data_folder: Path) -> Path:
    folder = data_folder.parent / "cases" / "images"
    if not folder.is_dir():
        pytest.skip(f"the cases are not at {folder}")
    return folder


def text_of(pipeline: OcrPipeline, image: BgrImage) -> str:
    lines = pipeline.run(image).lines
    return "".join(line.text for line in lines).replace(" ", "")


@pytest.mark.parametrize(
    "name",
    [
        "PNG_LA_alpha_0.img",
        "PNG_alpha_0_but_a_3x3_corner_cursor_opaque.img",
        "PNG_black_on_white_alpha_0_everywhere.img",
        "PNG_black_on_white_alpha_1_everywhere.img",
        "PNG_white_on_black_alpha_0_everywhere.img",
        "WebP_black_on_white_alpha_0_everywhere.img",
        "clipboard_v5.bmp",
    ],
)
def test_an_alpha_channel_that_says_nothing(pipeline: OcrPipeline, cases: Path, name: str) -> None:
    assert text_of(pipeline, decode((cases / "alpha" / name).read_bytes()).pixels) == INVOICE


@pytest.mark.parametrize(
    ("name", "frame", "text"),
    [
        ("s14_white_text_alpha100.png", "first", "Logincode7531"),
        ("s15_float01.tif", "first", "Serial90817"),
        ("s15_grey16_10bitrange.png", "first", "Serial90817"),
        ("exif6_prefix.webp", "first", "Serial90817"),
        ("s18_blank_first.gif", "last", "A7KP"),
        ("s18_blank_first.gif", "ink", "A7KP"),
        ("s18_blank_first.webp", "ink", "A7KP"),
        ("s18_blank_first_apng.png", "merged", "A7KP"),
        ("s18_one_missing_each.gif", "merged", "A7KP"),
    ],
)
def test_the_text_of_a_frame(
    pipeline: OcrPipeline, cases: Path, name: str, frame: Frame, text: str
) -> None:
    assert text_of(pipeline, decode((cases / name).read_bytes(), frame=frame).pixels) == text


def test_both_pages_of_a_tiff(pipeline: OcrPipeline, cases: Path) -> None:
    pages = decode_frames((cases / "s18_two_pages.tif").read_bytes())
    assert [text_of(pipeline, bgr(page)) for page in pages] == ["firstpagetext", "secondpagetext"]


@pytest.mark.parametrize("name", ["no_EOI.jpg", "progressive_no_EOI.jpg"])
def test_a_jpeg_without_its_end_is_read_and_flagged(
    pipeline: OcrPipeline, cases: Path, name: str
) -> None:
    found = decode((cases / "damaged" / name).read_bytes())
    assert text_of(pipeline, found.pixels) == INVOICE
    assert found.warnings


def test_half_an_image_is_flagged(cases: Path) -> None:
    found = decode((cases / "damaged" / "half_with_zeros.jpg").read_bytes())
    assert "320 of 640 rows are missing" in found.warnings[0]


def test_the_size_of_a_webp_with_the_prefix_of_jpeg(cases: Path) -> None:
    info = probe((cases / "exif6_prefix.webp").read_bytes())
    assert (info.width, info.height) == (420, 110)
