"""From a request's strings to images: strict base64, and a slot for each."""

from __future__ import annotations

import base64
import binascii

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubocr.errors import ImageError, RequestError
from hubocr.hub.payload import check_images, decode_base64, decode_images
from tests.hub.wire_contract import encoded

LINE = encoded("lines/digits.png")
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
    # What is taken is base64 as it is written, and nothing was passed over but line breaks.
    plain = text.rpartition(",")[2].translate({10: None, 13: None})
    assert set(plain.rstrip("=")) <= ALPHABET
    assert len(plain) % 4 == 0
    assert binascii.a2b_base64(plain) == data


@pytest.mark.parametrize(
    "text",
    ["QUJD ", " QUJD", "QU JD", "QUJ", "QUJDR", "QU=D", "QU-_", "QUJD\0", "=", "图"],
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
    ],
)
def test_prefixes_of_data_uris(prefix: str) -> None:
    assert decode_base64(f"{prefix}QUJD") == b"ABC"


@pytest.mark.parametrize("prefix", ["data:,", "data:image/png,", "base64,", "data:;base64;"])
def test_other_prefixes_are_refused(prefix: str) -> None:
    with pytest.raises(ImageError):
        decode_base64(f"{prefix}QUJD")


def test_every_image_has_its_slot() -> None:
    images = [LINE, "!", LINE, base64.b64encode(b"x").decode()]
    first, second, third, fourth = decode_images(images)
    assert isinstance(first, np.ndarray)
    assert isinstance(third, np.ndarray)
    np.testing.assert_array_equal(first, third)
    assert isinstance(second, ImageError)
    assert "images[1]" in second.message
    assert isinstance(fourth, ImageError)
    assert "images[3]" in fourth.message


def test_the_limit_on_pixels_holds_for_each() -> None:
    small = encoded("captchas/a.png")
    with pytest.raises(ImageError, match="pixels"):
        decode_images([small], max_pixels=10)
    assert len(decode_images([small, LINE], max_pixels=100_000)) == 2


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
        check_images(images)
