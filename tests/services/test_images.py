"""Base64, and what is no list of it."""

from __future__ import annotations

import base64
import binascii
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubocr.errors import ImageError, RequestError
from hubocr.services.images import ImageSource, base64_images, decode_base64
from tests.hub.wire_contract import encoded

LINE = encoded("lines/digits.png")
MAX_PIXELS = 1_000_000
ALPHABET = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")


@given(st.binary(max_size=300))
def test_what_was_encoded_comes_back(data: bytes) -> None:
    text = base64.b64encode(data).decode()
    assert decode_base64(text) == data
    assert decode_base64(f"data:image/png;base64,{text}") == data
    assert decode_base64(base64.encodebytes(data).decode()) == data  # with MIME's line breaks


@given(st.text(max_size=60))
def test_any_text_is_base64_or_an_image_error(text: str) -> None:
    try:
        data = decode_base64(text)
    except ImageError:
        return
    # What is taken is base64 as it is written, and nothing was passed over but white space.
    plain = text.rpartition(",")[2].translate(dict.fromkeys(b" \t\r\n\f\v"))
    assert set(plain.rstrip("=")) <= ALPHABET
    assert len(plain) % 4 == 0
    assert binascii.a2b_base64(plain) == data


@pytest.mark.parametrize(
    "text",
    ["QUJ", "QUJDR", "QU=D", "QU-_", "QUJD\0", "=", "图", "QU\u00a0JD", "QU\u3000JD", "QU\x1cJD"],
)
def test_what_is_not_strict_base64(text: str) -> None:
    with pytest.raises(ImageError, match="base64"):
        decode_base64(text)


@pytest.mark.parametrize(
    "prefix",
    [
        "data:image/png;base64,",
        "DATA:IMAGE/JPEG;BASE64,",
        "data:image/svg+xml;charset=utf-8;base64,",
        "data:;base64,",
        "data:image/*;base64,",
        "data:image/png;base64, ",
        " \tdata:image/png;base64,\n",
        "",
        " ",
        "\r\n\f\v",
    ],
)
def test_prefixes_of_data_uris(prefix: str) -> None:
    for text in ("QUJD", "QUJD ", "QU JD", "Q\tU\r\nJ\fD\v"):
        assert decode_base64(f"{prefix}{text}") == b"ABC"


@pytest.mark.parametrize("prefix", ["data:,", "data:image/png,", "base64,", "data:;base64;"])
def test_other_prefixes_are_refused(prefix: str) -> None:
    with pytest.raises(ImageError):
        decode_base64(f"{prefix}QUJD")


def test_a_prefix_of_megabytes_takes_no_memory() -> None:
    """Expressions remember a place for each of its parameters: 16 MB took 700."""
    text = "data:image/png" + ";a=b" * 1_000_000 + ";base64,QUJD"
    tracemalloc.start()
    try:
        with pytest.raises(ImageError):
            decode_base64(text)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 3 * len(text)


def test_sources_decode_what_they_are_made_of(tmp_path: Path) -> None:
    data = base64.b64decode(LINE)
    path = tmp_path / "线.png"
    path.write_bytes(data)
    (expected,) = (source.decode(MAX_PIXELS) for source in base64_images([LINE]))
    assert isinstance(expected, np.ndarray)
    for source in (
        ImageSource.from_bytes(data, "x"),
        ImageSource.from_file(path),
        ImageSource.from_array(expected, "x"),
    ):
        np.testing.assert_array_equal(source.decode(MAX_PIXELS), expected)


@pytest.mark.parametrize(
    ("source", "named"),
    [
        (ImageSource.from_base64("!", "images[3]"), "images[3]: not valid base64"),
        (ImageSource.from_bytes(b"x", "file"), "file: not an image"),
        (ImageSource.from_file("no/such.png"), "no/such.png: can't be read (No such file"),
        (ImageSource.from_file("nul\0l"), "can't be read"),
        (ImageSource.from_array(np.zeros((0, 4, 3), np.uint8), "images[1]"), "images[1]: an image"),
        (ImageSource.from_base64(LINE, "images[0]"), "images[0]: the image has"),
    ],
)
def test_errors_name_the_image(source: ImageSource, named: str) -> None:
    slot = source.decode(10)
    assert isinstance(slot, ImageError)
    assert named in slot.message


@pytest.mark.parametrize(
    ("images", "named"),
    [
        (None, "missing"),
        ([], "empty"),
        ("QUJD", "a string"),
        ({}, "an object"),
        (7, "a number"),
        (True, "a boolean"),
        (["QUJD", 7], r"images\[1\] .* a number"),
        ([None], r"images\[0\] .* null"),
    ],
)
def test_what_is_no_list_of_strings(images: object, named: str) -> None:
    with pytest.raises(RequestError, match=named):
        base64_images(images)
