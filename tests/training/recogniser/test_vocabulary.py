from __future__ import annotations

from pathlib import Path

import pytest

from hubocr.errors import SettingsError, VocabularyError
from hubocr.training.recogniser.vocabulary import choose_vocabulary

KNOWN = ("a", "b", "1", "2", "字", " ", "a")


def test_auto_is_what_the_labels_have_in_the_order_of_the_base() -> None:
    assert choose_vocabulary("auto", ["2b", "é a", "字"], KNOWN) == ("a", "b", "2", "字", "é", " ")


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("digits", "1203456789"),
        ("a-c", "abc"),
        ("any", "ab12字 "),
        ("hanzi+'12'", "12字"),
        ("12ab", "ab12"),
    ],
)
def test_a_specification_gives_its_characters(spec: str, expected: str) -> None:
    assert "".join(choose_vocabulary(spec, [], KNOWN)) == expected


def test_a_large_set_is_cut_to_what_is_known_or_used() -> None:
    assert choose_vocabulary("hanzi", ["龙"], KNOWN) == ("字", "龙")


def test_a_dictionary_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "dictionary.txt"
    path.write_text("x\nb\n", encoding="utf-8")
    assert choose_vocabulary(str(path), ["xb"], KNOWN) == ("b", "x")


def test_characters_that_are_missing_are_named() -> None:
    with pytest.raises(VocabularyError, match=r"'A' \(U\+0041\), 'é' \(U\+00E9\)"):
        choose_vocabulary("digits", ["1A", "é2"], KNOWN)
    with pytest.raises(VocabularyError, match="and 30 more"):
        choose_vocabulary("digits", [chr(0x4E00 + place) for place in range(50)], KNOWN)


def test_a_misspelt_set_is_an_error() -> None:
    with pytest.raises(SettingsError, match="digits"):
        choose_vocabulary("digit", [], KNOWN)
    with pytest.raises(VocabularyError, match="no character"):
        choose_vocabulary("auto", [], KNOWN)
