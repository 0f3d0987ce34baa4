from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubocr.training.metrics import Confusion, differing, score

rapidfuzz = pytest.importorskip("rapidfuzz.distance")


@given(st.text("abc", max_size=8), st.text("abc", max_size=8))
def test_there_are_as_few_edits_as_can_be(expected: str, found: str) -> None:
    assert len(differing(expected, found)) == rapidfuzz.Levenshtein.distance(expected, found)


@pytest.mark.parametrize(
    ("expected", "found", "edits"),
    [
        ("abc", "abc", []),
        ("abc", "xbc", [("a", "x")]),
        ("abc", "ac", [("b", "")]),
        ("ac", "abc", [("", "b")]),
        ("", "a", [("", "a")]),
    ],
)
def test_edits_are_named(expected: str, found: str, edits: list[tuple[str, str]]) -> None:
    assert differing(expected, found) == edits


def test_scores() -> None:
    found = score([("abcd", "abcd"), ("abcd", "abxd"), ("ab", "axb"), ("x", "")])
    assert found.lines == 4
    assert found.line_accuracy == 0.25
    assert found.character_accuracy == pytest.approx(1 - 3 / 11)
    assert found.edit_similarity == pytest.approx((1 + 0.75 + 2 / 3 + 0) / 4)
    assert Confusion("c", "x", 1) in found.confusions
    assert score([]).line_accuracy == 0
