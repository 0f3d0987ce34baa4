from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from PIL.TiffImagePlugin import TiffImageFile

from hubocr.documents import Page, PageError
from hubocr.errors import DocumentTooLargeError, HubocrError, ImageTooLargeError, PageRangeError
from tests.documents.reading import error, page, pages, read

SHADES = (0, 60, 120, 240)


def frames(kind: str, **options: Any) -> bytes:
    """Return a file of four frames, each of one shade, written by Pillow."""
    images = [Image.new("RGB", (40, 20), (shade,) * 3) for shade in SHADES]
    target = io.BytesIO()
    images[0].save(target, kind, save_all=True, append_images=images[1:], **options)
    return target.getvalue()


FILES = {
    "tiff": frames("TIFF"),
    "tiff_lzw": frames("TIFF", compression="tiff_lzw"),
    "gif": frames("GIF"),
    "apng": frames("PNG"),
    "webp": frames("WEBP", lossless=True),
}


@pytest.mark.parametrize("kind", FILES)
def test_each_frame_is_a_page(kind: str) -> None:
    found = pages(FILES[kind])
    assert [int(item.image.mean().round()) for item in found] == list(SHADES)
    assert [item.page_index for item in found] == [0, 1, 2, 3]
    assert {item.page_count for item in found} == {4}
    assert {item.image.shape for item in found} == {(20, 40, 3)}


@pytest.mark.parametrize("kind", FILES)
def test_the_first_frame_or_some_can_be_asked_for(kind: str) -> None:
    first = page(FILES[kind], frames="first")
    assert (first.page_index, first.page_count) == (None, 1)
    assert int(first.image.mean()) == SHADES[0]
    last = page(FILES[kind], frames="last")
    assert (last.page_index, int(last.image.mean().round())) == (None, SHADES[-1])
    assert [item.page_index for item in pages(FILES[kind], page_range="2,4-")] == [1, 3]


@pytest.mark.parametrize("kind", FILES)
def test_a_pillow_image_gives_its_frames(kind: str) -> None:
    opened = Image.open(io.BytesIO(FILES[kind]))
    found = pages(opened)
    assert [int(item.image.mean().round()) for item in found] == list(SHADES)
    assert len(pages(opened, frames="first")) == 1


@pytest.mark.parametrize("kind", FILES)
def test_more_frames_than_the_limit_are_an_error(kind: str) -> None:
    found = error(FILES[kind], max_pages=3)
    assert isinstance(found, DocumentTooLargeError)
    assert "limit is 3" in found.message
    assert len(pages(FILES[kind], max_pages=4)) == 4


@pytest.mark.parametrize("kind", FILES)
def test_frames_beyond_the_last_are_named(kind: str) -> None:
    found = error(FILES[kind], page_range="3-9")
    assert isinstance(found, PageRangeError)
    assert "names page 9, the document has 4 pages" in found.message


@pytest.mark.parametrize("kind", FILES)
def test_frames_of_too_many_pixels_are_an_error(kind: str) -> None:
    found = read(FILES[kind], max_pixels=799)
    # An animation's frames are drawn on one canvas, pages of a TIFF have each their own size.
    assert len(found) == (4 if kind.startswith("tiff") else 1)
    for item in found:
        assert isinstance(item, PageError)
        assert isinstance(item.error, ImageTooLargeError)


def test_a_page_range_is_not_for_single_images() -> None:
    assert page(np.zeros((4, 4), np.uint8), page_range="7").page_count == 1


def test_pages_of_a_tiff_may_differ_in_size_and_kind() -> None:
    images = [
        Image.new("L", (30, 10), 9),
        Image.new("1", (10, 30), 1),
        Image.fromarray(np.full((5, 5), 0x9234, np.uint16)),
        Image.new("CMYK", (7, 8), (0, 0, 0, 255)),
        Image.new("RGBA", (6, 6), (0, 0, 0, 0)),
    ]
    target = io.BytesIO()
    images[0].save(target, "TIFF", save_all=True, append_images=images[1:])
    found = pages(target.getvalue())
    assert [item.image.shape[:2] for item in found] == [(10, 30), (30, 10), (5, 5), (8, 7), (6, 6)]
    assert [int(item.image[0, 0, 0]) for item in found] == [9, 255, 0x92, 0, 255]


def test_a_damaged_page_of_a_tiff_does_not_hide_the_next() -> None:
    data = bytearray(frames("TIFF", compression="tiff_deflate"))
    with Image.open(io.BytesIO(bytes(data))) as opened:
        assert isinstance(opened, TiffImageFile)
        opened.seek(1)
        (start,) = opened.tag_v2[273]
        (size,) = opened.tag_v2[279]
    data[start : start + size] = b"\xff" * size
    found = read(bytes(data))
    assert [isinstance(item, PageError) for item in found] == [False, True, False, False]
    assert isinstance(found[1], PageError)
    assert found[1].page_index == 1
    assert "page 2" in found[1].error.message


def test_a_tiff_whose_pages_go_round_in_circles_ends() -> None:
    data = bytearray(frames("TIFF"))
    with Image.open(io.BytesIO(bytes(data))) as opened:
        offsets = []
        for index in range(4):
            opened.seek(index)
            offsets.append(opened._frame_pos[index])  # type: ignore[attr-defined]
    (entries,) = struct.unpack_from("<H", data, offsets[-1])
    struct.pack_into("<I", data, offsets[-1] + 2 + 12 * entries, offsets[0])
    assert len(read(bytes(data), max_pages=50)) in (1, 4)


# Pillow warns of damaged tags.
@pytest.mark.filterwarnings("ignore::UserWarning")
@settings(max_examples=60)
@given(st.data())
def test_damaged_files_give_pages_or_errors_of_ours(data: st.DataObject) -> None:
    broken = bytearray(FILES[data.draw(st.sampled_from(sorted(FILES)))])
    for _ in range(data.draw(st.integers(1, 8))):
        # Mostly in the head, where a file says what it is made of.
        place = data.draw(st.integers(0, len(broken) - 1) | st.integers(0, 60))
        broken[place % len(broken)] = data.draw(st.integers(0, 255))
    whole = len(broken)
    cut = data.draw(st.just(whole) | st.integers(0, whole))
    found = read(bytes(broken[:cut]), max_pixels=1_000_000, max_pages=50, prefetch=0)
    assert 1 <= len(found) <= 50
    for item in found:
        assert isinstance(item, Page) or isinstance(item.error, HubocrError)


def test_an_apng_that_announces_billions_of_frames_is_refused() -> None:
    data = bytearray(FILES["apng"])
    place = data.index(b"acTL")
    struct.pack_into(">I", data, place + 4, 0x7FFFFFFF)
    found = read(bytes(data))
    assert len(found) <= 2  # the first frame is damaged, and what follows is lost
    assert all(isinstance(item, PageError) for item in found)
