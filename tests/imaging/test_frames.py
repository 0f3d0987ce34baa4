"""The choice of a frame, and all frames in turn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from hubocr.errors import ImageError
from hubocr.imaging import Frame, decode_frames, decode_image
from tests.imaging import Pixels, bgr, distance, encode, noise

ANIMATIONS: list[tuple[str, dict[str, Any]]] = [
    ("GIF", {}),
    ("PNG", {}),
    ("WEBP", {"lossless": True}),
]
BOXES = [(4, 4, 12, 20), (18, 4, 26, 20), (32, 4, 40, 20)]


def bars(*shown: int) -> Image.Image:
    """A light page with some of three dark bars."""
    image = Image.new("RGB", (48, 24), (240, 240, 240))
    for index in shown:
        ImageDraw.Draw(image).rectangle(BOXES[index], fill=(20, 20, 20))
    return image


def animation(frames: list[Image.Image], file_format: str, **options: Any) -> bytes:
    first, *others = frames
    return encode(first, file_format, save_all=True, append_images=others, duration=50, **options)


@pytest.mark.parametrize(("file_format", "options"), ANIMATIONS)
def test_the_frame_that_is_asked_for(file_format: str, options: dict[str, Any]) -> None:
    shown = [bars(), bars(0), bars(0, 1, 2), bars(1)]
    data = animation(shown, file_format, **options)
    choices: list[tuple[Frame, int]] = [("first", 0), ("last", 3), ("ink", 2), (0, 0), (1, 1)]
    choices += [(-1, 3), (-2, 2), ("merged", 2)]
    for frame, expected in choices:
        assert distance(decode_image(data, frame=frame), bgr(shown[expected])) <= 3
    assert [distance(read(a), bgr(b)) for a, b in zip(decode_frames(data), shown, strict=True)] < [
        4
    ] * 4
    picked = list(decode_frames(data, indices=[1, 3]))
    assert [distance(read(a), bgr(shown[i])) <= 3 for a, i in zip(picked, (1, 3), strict=True)] == [
        True
    ] * 2


@pytest.mark.parametrize(("file_format", "options"), ANIMATIONS)
@pytest.mark.parametrize("missing", [True, False])
def test_merged_frames_show_what_no_single_one_does(
    file_format: str, options: dict[str, Any], missing: bool
) -> None:
    parts = [(1, 2), (0, 2), (0, 1)] if missing else [(0,), (1,), (2,)]
    data = animation([bars(*part) for part in parts], file_format, **options)
    assert distance(decode_image(data, frame="merged"), bgr(bars(0, 1, 2))) <= 3


def test_light_text_on_a_dark_page_is_merged_too() -> None:
    inverted = [Image.eval(bars(index), lambda value: 255 - value) for index in range(3)]
    expected = bgr(Image.eval(bars(0, 1, 2), lambda value: 255 - value))
    assert distance(decode_image(animation(inverted, "PNG"), frame="merged"), expected) <= 3


def test_transparent_frames_are_laid_over_one_background() -> None:
    frames = []
    for box in BOXES:
        image = Image.new("RGBA", (48, 24), (0, 0, 0, 0))
        ImageDraw.Draw(image).rectangle(box, fill=(255, 255, 255, 255))
        frames.append(image)
    options: dict[str, Any] = {"disposal": 1, "blend": 0}
    merged = decode_image(animation(frames, "PNG", **options), frame="merged")
    for left, top, right, bottom in BOXES:
        assert merged[(top + bottom) // 2, (left + right) // 2].min() > 200
    assert merged[0, 0].max() < 60


def pages() -> list[Image.Image]:
    return [Image.fromarray(noise(size, 30, seed=size)) for size in (20, 25, 33)]


@pytest.mark.parametrize("compression", ["raw", "tiff_lzw", "tiff_adobe_deflate"])
@pytest.mark.parametrize("big", [False, True])
def test_pages_of_a_tiff(compression: str, big: bool) -> None:
    first, *others = pages()
    data = encode(
        first,
        "TIFF",
        save_all=True,
        append_images=others,
        compression=compression,
        big_tiff=big,
    )
    expected = [bgr(page) for page in pages()]
    for page, exact in zip(decode_frames(data), expected, strict=True):
        assert distance(read(page), exact) == 0
    assert distance(decode_image(data, frame="last"), expected[2]) == 0
    assert distance(decode_image(data, frame=1), expected[1]) == 0
    with pytest.raises(ImageError, match="several sizes"):
        decode_image(data, frame="merged")


def test_a_damaged_page_keeps_its_place_and_leaves_the_others() -> None:
    first, *others = pages()
    data = bytearray(encode(first, "TIFF", save_all=True, append_images=others))
    second = probe_pages(bytes(data))[1]
    data[second + 2 : second + 4] = b"\xff\xff"  # in the place of the width's tag
    found = list(decode_frames(bytes(data)))
    assert [isinstance(page, ImageError) for page in found] == [False, True, False]
    assert distance(read(found[0]), bgr(first)) == 0
    assert distance(read(found[2]), bgr(others[1])) == 0


def test_of_an_animation_nothing_comes_after_a_damaged_frame() -> None:
    data = animation([bars(), bars(0), bars(1)], "PNG")
    third = data.rindex(b"fdAT") + 12
    found = list(decode_frames(data[:third] + b"\0\0\0\0" + data[third + 4 :]))
    assert isinstance(found[-1], ImageError)
    assert distance(read(found[0]), bgr(bars())) == 0


def read(frame: Pixels | ImageError) -> Pixels:
    assert not isinstance(frame, ImageError)
    return frame


def probe_pages(data: bytes) -> list[int]:
    """Where the directories of a little-endian TIFF file begin."""
    places, place = [], int.from_bytes(data[4:8], "little")
    while place:
        places.append(place)
        end = place + 2 + 12 * int.from_bytes(data[place : place + 2], "little")
        place = int.from_bytes(data[end : end + 4], "little")
    return places


def test_of_a_still_image_any_choice_is_the_image() -> None:
    image = Image.fromarray(noise(9, 9))
    for file_format in ("PNG", "GIF", "TIFF", "BMP", "JPEG"):
        data = encode(image, file_format)
        exact: Pixels = decode_image(data)
        for frame in ("first", "last", "ink", "merged", 0, -1):
            assert np.array_equal(decode_image(data, frame=frame), exact)
        assert len(list(decode_frames(data))) == 1


@pytest.mark.parametrize("frame", [3, -4, 10**9])
def test_a_frame_that_is_not_there(frame: int) -> None:
    data = animation([bars(), bars(0), bars(1)], "GIF")
    with pytest.raises(ImageError, match=f"3 frames, there is no frame {frame}"):
        decode_image(data, frame=frame)
    with pytest.raises(ImageError):
        list(decode_frames(data, indices=[frame]))


def test_a_choice_that_is_none() -> None:
    with pytest.raises(ImageError, match="first, last, ink, merged"):
        decode_image(animation([bars(), bars(0)], "GIF"), frame="best")  # type: ignore[arg-type]
