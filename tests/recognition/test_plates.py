"""The grammar of Chinese plates."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubocr.recognition import Character, Recognition
from hubocr.recognition.plates import as_plate, corrected_plate, is_surely_plate

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


@pytest.mark.parametrize(
    ("read", "plate"),
    [
        ("京A12345", "京A12345"),
        ("京A·O234I", "京A·02341"),
        ("粤80I2D4", "粤B012D4"),
        ("沪ad12345", "沪AD12345"),
        ("苏E1234警", "苏E1234警"),
        ("皖A·D0O123", "皖A·D00123"),
    ],
)
def test_look_alikes_are_settled_by_their_place(read: str, plate: str) -> None:
    assert corrected_plate(read) == plate


@pytest.mark.parametrize(
    "text",
    ["", "LOB4OI", "B OI 1234", "京A1234", "京A12345678", "京1OOOOO", "京城A12345", "OI-1234"],
)
def test_other_texts_are_no_chinese_plates(text: str) -> None:
    assert corrected_plate(text) is None
    assert not is_surely_plate(Recognition(text, 1.0, (1.0,) * len(text)))
    assert as_plate(Recognition(text, 0.5)) == Recognition(text, 0.5)


@given(
    st.sampled_from("京津沪苏浙粤"),
    st.sampled_from(LETTERS),
    st.text("0123456789" + LETTERS, min_size=5, max_size=6),
)
def test_a_right_plate_stays_as_it_is(province: str, office: str, serial: str) -> None:
    assert corrected_plate(province + office + serial) == province + office + serial


@pytest.mark.parametrize(
    ("text", "province", "sure"),
    [("粤B12345", 0.95, True), ("粤B12345", 0.6, False), ("粤B·12345", 0.6, True)],
)
def test_an_emblem_is_no_province(text: str, province: float, sure: bool) -> None:
    scores = (province, *(1.0,) * (len(text) - 1))
    assert is_surely_plate(Recognition(text, 0.9, scores)) == sure


def test_characters_follow_the_text() -> None:
    places = tuple(Character(one, 0.9, place / 7) for place, one in enumerate("京AO2345"))
    found = as_plate(Recognition("京AO2345", 0.9, characters=places))
    assert found.text == "京A02345"
    assert [one.text for one in found.characters or ()] == list(found.text)
    assert [one.position for one in found.characters or ()] == [one.position for one in places]
