"""hubocr.evaluation.texts, against truths worked out by hand."""

from __future__ import annotations

import pytest

from hubocr.evaluation.texts import (
    CharacterCounts,
    count_characters,
    edit_similarity,
    is_equal,
    is_exact,
    normalize_text,
    plate_text,
)


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("", ""),
        ("  a\tb\n c ", "abc"),
        ("全角　空格", "全角空格"),
        ("ＡＢ１２（３）：；！？，", "AB12(3):;!?,"),
        ("“双”与‘单’", "\"双\"与'单'"),
        ("it’s", "it's"),
        ("´a`", "'a'"),
        ("5″", '5"'),
        ("2020–21 — x − y", "2020-21-x-y"),
        ("一、二。", "一,二."),
        ("中・文•字·", "中·文·字·"),
        ("……⋯", "........."),
        ("【a】《b》", "[a]<b>"),
        ("￥5", "¥5"),
        ("20℃", "20°C"),
        ("x²", "x2"),
    ],
)
def test_normalisation(text: str, normal: str) -> None:
    assert normalize_text(text) == normal


def test_normalisation_is_idempotent() -> None:
    text = "“Ａ・b”—…　´℃【】"
    assert normalize_text(normalize_text(text)) == normalize_text(text)


def test_case_counts_unless_it_is_ignored() -> None:
    assert not is_equal("Total", "TOTAL")
    assert is_equal("Total", "TOTAL", ignore_case=True)
    assert is_equal("Straße", "STRASSE", ignore_case=True)


def test_spaces_and_kinds_of_marks_do_not_count_for_equality() -> None:
    assert is_equal("Hello,world !", "Hello， world！")
    assert not is_equal("Hello world", "Hello worlds")


@pytest.mark.parametrize(
    ("predicted", "truth", "similarity"),
    [
        ("", "", 1.0),
        ("abc", "", 0.0),
        ("", "abc", 0.0),
        ("abcd", "abcd", 1.0),
        ("abcd", "abed", 1 - 1 / 4),  # one substitution
        ("abc", "abcd", 1 - 1 / 4),  # one insertion
        ("kitten", "sitting", 1 - 3 / 7),
        ("a b c d", "ab cd", 1.0),  # spaces are gone before
        ("暖风得游人醉", "暖风熏得游人醉", 1 - 1 / 7),
    ],
)
def test_edit_similarity(predicted: str, truth: str, similarity: float) -> None:
    assert edit_similarity(predicted, truth) == pytest.approx(similarity)


def test_edit_similarity_ignoring_case() -> None:
    assert edit_similarity("AB", "ab") == 0
    assert edit_similarity("AB", "ab", ignore_case=True) == 1


def test_captchas_are_compared_as_they_stand() -> None:
    assert is_exact("aB3", "aB3")
    assert not is_exact("ab3", "aB3")
    assert is_exact("ab3", "aB3", ignore_case=True)
    assert not is_exact("aB3 ", "aB3")
    assert not is_exact("ａB3", "aB3")


@pytest.mark.parametrize(
    ("text", "european", "plate"),
    [
        ("浙A·6MX97", False, "浙A6MX97"),
        ("浙a 6mx97", False, "浙A6MX97"),
        ("皖AO1", False, "皖AO1"),
        ("wa-56 66O", True, "WA56660"),
        ("BI 1O0", True, "B1100"),
        ("ＷＡ１", True, "WA1"),
        ("·- ", True, ""),
    ],
)
def test_plates(text: str, european: bool, plate: str) -> None:
    assert plate_text(text, european=european) == plate


def test_european_plates_are_equal_up_to_look_alikes() -> None:
    assert plate_text("OI23", european=True) == plate_text("0123", european=True)
    assert plate_text("OI23", european=False) != plate_text("0123", european=False)


def test_characters_are_compared_as_multisets() -> None:
    # Common: one a, one b, two c. The order and the lines play no part.
    counts = count_characters("cab\nc x", "aab ccc")
    assert counts == CharacterCounts(common=4, truth=6, predicted=5)
    assert counts.recall == pytest.approx(4 / 6)
    assert counts.precision == pytest.approx(4 / 5)


def test_a_character_counts_no_more_often_than_it_stands_there() -> None:
    assert count_characters("aaaa", "a") == CharacterCounts(common=1, truth=1, predicted=4)


def test_characters_are_normalised_first() -> None:
    assert count_characters("（a） “b”", '(a)"b"') == CharacterCounts(6, 6, 6)
    assert count_characters("AB", "ab", ignore_case=True) == CharacterCounts(2, 2, 2)


def test_counts_of_images_are_added_up() -> None:
    total = count_characters("ab", "abcd") + count_characters("xyz", "x")
    assert total == CharacterCounts(common=3, truth=5, predicted=5)
    assert total.recall == pytest.approx(3 / 5)


def test_shares_of_nothing() -> None:
    assert count_characters("", "abc").precision == 1
    assert count_characters("", "abc").recall == 0
    assert count_characters("abc", "").recall == 1
    assert count_characters("abc", "").precision == 0
