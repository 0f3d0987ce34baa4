"""Sums of captchas; Python's own arithmetic is the reference."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubocr.recognition.arithmetic import solve

terms = st.lists(st.integers(0, 99), min_size=2, max_size=5)


@given(terms, st.data())
def test_sums_have_pythons_results(numbers: list[int], data: st.DataObject) -> None:
    signs = [data.draw(st.sampled_from("+-*")) for _ in numbers[1:]]
    text = str(numbers[0]) + "".join(f"{s}{n}" for s, n in zip(signs, numbers[1:], strict=True))
    expected = str(eval(text))
    for ending in ("", "=", "=?", " = ？"):
        assert solve(text + ending) == expected


@given(st.text(max_size=50) | st.text("0123456789+-*/=?()x×÷加减乘除等于几一二十", max_size=40))
def test_no_text_is_an_error(text: str) -> None:
    answer = solve(text)
    assert answer is None or answer.lstrip("-").isdecimal()


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("12+18=?", "30"),
        ("3x4", "12"),
        ("7 × 8 = ？", "56"),
        ("９９＋７＝？", "106"),
        ("84÷4=", "21"),
        ("(2+3)*4=?", "20"),
        ("五加二等于几", "7"),
        ("二十三减去八等于多少？", "15"),
        ("叁乘以柒等于?", "21"),
        ("十二除以四", "3"),
        ("?-3=4", "7"),
        ("6*?=42", "7"),
        ("3+?=11", "8"),
        ("7/2=?", None),
        ("1/0=?", None),
        ("?*?=4", None),
        ("1234", None),
        ("12+", None),
        ("A+B=?", None),
        ("(1+2", None),
        ("2+2=5", None),
        ("", None),
        ("9*" * 30 + "9", None),
    ],
)
def test_kinds_of_sums(text: str, answer: str | None) -> None:
    assert solve(text) == answer
