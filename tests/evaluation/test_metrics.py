from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubocr.evaluation.metrics import Confusion, differing, score


def distance(expected: str, found: str) -> int:
    """Levenshtein's distance by its definition."""
    if not expected or not found:
        return len(expected) + len(found)
    return min(
        distance(expected[1:], found[1:]) + (expected[0] != found[0]),
        distance(expected[1:], found) + 1,
        distance(expected, found[1:]) + 1,
    )


@given(st.text("abc", max_size=5), st.text("abc", max_size=5))
def test_there_are_as_few_edits_as_can_be(expected: str, found: str) -> None:
    assert len(differing(expected, found)) == distance(expected, found)


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


def test_paddleocr_leaves_spaces_out() -> None:
    found = score([("a b", "ab"), ("abc d", "abd"), ("x", "x")])
    assert found.line_accuracy == pytest.approx(1 / 3)
    assert found.acc == pytest.approx(2 / 3)
    assert found.norm_edit_dis == pytest.approx((1 + 0.75 + 1) / 3)
