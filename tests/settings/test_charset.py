"""What a charset's specification means, and which columns of a model it leaves."""

from __future__ import annotations

import difflib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubocr.errors import SettingsError
from hubocr.recognition import NAMED_SETS, Vocabulary, parse_charset
from hubocr.recognition.alphabet import Alphabet, build_alphabet
from hubocr.settings import Case

ASCII = "".join(map(chr, range(0x20, 0x7F)))
MODEL = Vocabulary((*ASCII[1:], *"汉字〇ぁァ한é；　", " "))


def members(text: str, among: str = ASCII + "汉字〇ぁァ한é；　") -> str:
    allowed = parse_charset(text)
    assert allowed is not None
    return "".join(sorted(character for character in among if character in allowed))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("digits", "0123456789"),
        ("lower", "abcdefghijklmnopqrstuvwxyz"),
        ("hex", "0123456789ABCDEFabcdef"),
        ("hanzi", "〇字汉"),
        ("kana", "ぁァ"),
        ("hangul", "한"),
        ("space", " 　"),
        ("hanzi+kana", "〇ぁァ字汉"),
        ("a-e", "abcde"),
        ("a-cx-z", "abcxyz"),
        ("2-4+a-c_", "234_abc"),
        ("digits+xyz", "0123456789xyz"),
        ("字-汉", "字汉"),
        ("abc", "abc"),
        ("cabac", "abc"),
        ("0123+-*/=", "*+-/0123="),
        ("digits+'+-'", "+-0123456789"),
        ('"digits"', "dgist"),
        ("'a-z'", "-az"),
        ("'a+b'+0-1", "+01ab"),
        ("'", "'"),
        ("it's", "'ist"),
        ("+", "+"),
        ("-", "-"),
        ("a-Z", "-Za"),  # of two kinds, so that the hyphen is itself
        ("a-", "-a"),
        ("é", "é"),
    ],
)
def test_specifications(text: str, expected: str) -> None:
    assert members(text) == expected


def test_letters_and_digits_are_asciis() -> None:
    assert members("letters") == "".join(sorted(c for c in ASCII if c.isalpha()))
    assert members("alnum") == members("letters+digits")
    assert members("ascii") == ASCII
    assert members("punctuation+alnum+' '") == "".join(sorted(ASCII + "；"))


def test_any_restricts_nothing() -> None:
    assert parse_charset("any") is None


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("digit", "there is no set 'digit'; 'digits'"),
        ("Digits", "'digits'"),
        ("letters+uper", "there is no set 'uper'; 'upper'"),
        ("z-a", "the range z-a is upside down"),
        ("digits+9-0", "the range 9-0 is upside down"),
        ("digits+", "empty part"),
        ("+digits", "empty part"),
        ("a-z++0-9", "empty part; a plus sign is written '+', in quotes"),
    ],
)
def test_mistakes_are_named(text: str, named: str) -> None:
    with pytest.raises(SettingsError, match=r"^rec_charset: ") as refusal:
        parse_charset(text)
    assert named in refusal.value.message


@given(st.text(min_size=1, max_size=40) | st.text("a-z+'09\"", min_size=1, max_size=12))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        allowed = parse_charset(text)
    except SettingsError as error:
        assert error.message.startswith("rec_charset: ")
        return
    assert allowed is None or allowed.ranges or allowed.literals


@given(st.text(min_size=1))
def test_quotes_make_any_text_literal(text: str) -> None:
    quoted = text.replace("'", "")
    if quoted:
        allowed = parse_charset(f"'{quoted}'")
        assert allowed is not None
        assert set(allowed.literals) == set(quoted)
        assert not allowed.ranges


def test_a_character_of_several_code_points_needs_them_all() -> None:
    allowed = parse_charset("lower")
    assert allowed is not None
    assert "ab" in allowed
    assert "a1" not in allowed
    assert "" not in allowed


@given(st.sampled_from(sorted(NAMED_SETS)), st.characters())
def test_sets_are_the_sum_of_their_ranges(name: str, character: str) -> None:
    allowed = parse_charset(f"{name}+'x'")
    assert allowed is not None
    inside = any(low <= ord(character) <= high for low, high in NAMED_SETS[name])
    assert (character in allowed) == (inside or character == "x")


def allowed_symbols(alphabet: Alphabet) -> list[str]:
    assert alphabet.allowed[0]  # the blank
    return [alphabet.symbols[place - 1] for place in alphabet.choices[1:]]


def probabilities(**columns: float) -> np.ndarray:
    """One step, with the probabilities of some characters."""
    step = np.zeros((1, MODEL.class_count), np.float32)
    for character, value in columns.items():
        step[0, MODEL.characters.index(character) + 1] = value
    step[0, 0] = 1 - step.sum()
    return step


def test_columns_are_left_out_and_the_blank_is_kept() -> None:
    alphabet = build_alphabet(MODEL, "digits+hanzi")
    assert allowed_symbols(alphabet) == list("0123456789汉字〇")
    step = probabilities(汉=0.2, a=0.5)
    assert alphabet.add_up(step) is step
    reduced = step[0, alphabet.choices]
    assert reduced == pytest.approx([0.3, *[0] * 10, 0.2, 0, 0])


@pytest.mark.parametrize(("case", "symbol"), [("lower", "a"), ("upper", "A")])
@pytest.mark.parametrize("spec", ["any", "lower", "upper", "letters", "a", "A"])
def test_the_two_forms_of_a_letter_are_one(case: Case, symbol: str, spec: str) -> None:
    alphabet = build_alphabet(MODEL, spec, case)
    reduced = alphabet.add_up(probabilities(a=0.2, A=0.5))
    assert alphabet.allowed[alphabet.symbols.index(symbol) + 1]
    assert len(alphabet.symbols) == len(MODEL.characters) - 26
    assert reduced[0, alphabet.symbols.index(symbol) + 1] == pytest.approx(0.7)
    assert reduced[0, 0] == pytest.approx(0.3)
    assert reduced.sum() == pytest.approx(1)


def test_letters_without_a_single_other_form_stay() -> None:
    alphabet = build_alphabet(Vocabulary(("ß", "a", "İ")), case="upper")
    assert alphabet.symbols == ("ß", "A", "İ")


@pytest.mark.parametrize("spec", ["any", "letters", "letters+space"])
def test_stripped_spaces_count_as_blanks(spec: str) -> None:
    alphabet = build_alphabet(MODEL, spec, strip_spaces=True)
    assert not any(symbol.isspace() for symbol in alphabet.symbols)
    step = probabilities(a=0.2)
    step[0, MODEL.characters.index(" ") + 1] = 0.3
    step[0, MODEL.characters.index("　") + 1] = 0.1
    assert alphabet.add_up(step)[0, 0] == pytest.approx(0.8 + 0.4)


def test_a_character_that_the_dictionary_has_twice() -> None:
    twice = Vocabulary(("a", "b", "a"))
    # As it is, so that the best path is the greedy one; one symbol where forms are added up.
    assert build_alphabet(twice).symbols == ("a", "b", "a")
    alphabet = build_alphabet(twice, case="lower")
    assert alphabet.symbols == ("a", "b")
    added = alphabet.add_up(np.array([[0.1, 0.2, 0.3, 0.4]], np.float32))
    assert added[0] == pytest.approx([0.1, 0.6, 0.3])


def test_characters_that_the_model_lacks() -> None:
    with pytest.raises(SettingsError, match=r"^rec_charset: the recogniser can't read '€', '鬱'$"):
        build_alphabet(MODEL, "12€鬱")
    with pytest.raises(SettingsError, match=r"'€'$"):
        build_alphabet(MODEL, "digits+€")
    with pytest.raises(SettingsError, match=r" and 80 more$"):
        build_alphabet(MODEL, "".join(map(chr, range(0x5000, 0x5064))))
    # Of a set or range, what there is counts.
    assert allowed_symbols(build_alphabet(MODEL, "hanzi")) == ["汉", "字", "〇"]
    assert allowed_symbols(build_alphabet(MODEL, "x-z")) == ["x", "y", "z"]
    with pytest.raises(SettingsError, match="can't read any character of 'hangul\\+а-я'"):
        build_alphabet(Vocabulary(("a",)), "hangul+а-я")
    # In either case, where the case plays no part.
    assert build_alphabet(Vocabulary(("a",)), "A", "lower").symbols == ("a",)
    assert build_alphabet(Vocabulary(("a", " ")), "'a '", strip_spaces=True).symbols == ("a",)


def test_few_parts_are_looked_at_for_misspelt_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """It took most of the time of a charset of thousands of ranges."""
    seen: list[str] = []

    def get_close_matches(text: str, *_: object, **__: object) -> list[str]:
        seen.append(text)
        return []

    monkeypatch.setattr(difflib, "get_close_matches", get_close_matches)
    parse_charset("+".join(f"{chr(first)}-{chr(first + 1)}" for first in range(0x4E00, 0x5E00, 2)))
    assert seen == []
    parse_charset("+".join(["a-z", *("qx", "xq") * 1000]))
    assert len(seen) < 100
