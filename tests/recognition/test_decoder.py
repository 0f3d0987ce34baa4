"""Decoding by what is known of the text, against sums over the model's own paths."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from hubocr.recognition import Recognition, Vocabulary, decode_greedy
from hubocr.recognition.alphabet import build_alphabet
from hubocr.recognition.ctc import first_steps
from hubocr.recognition.decoder import decode_restricted
from hubocr.settings import DecodingSettings
from tests.arrays import present

CHARSET = Vocabulary(("a", "A", "1", " "))
WIDE = 100
SCORED = DecodingSettings(char_scores=True)


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float32]:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float32)


@st.composite
def outputs(draw: st.DrawFn, vocabulary: Vocabulary = CHARSET) -> NDArray[np.float32]:
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shape = draw(st.integers(1, 5)), vocabulary.class_count
    return softmax(draw(st.floats(0, 6)) * generator.normal(size=shape))


def decode(
    probabilities: NDArray[np.float32], model: Vocabulary = CHARSET, **options: object
) -> Recognition:
    settings = DecodingSettings(**options)  # type: ignore[arg-type]
    alphabet = build_alphabet(model, settings.charset, settings.case, settings.strip_spaces)
    return decode_restricted(probabilities, model, alphabet, settings)


FOLDS: dict[str, Callable[[str], str]] = {"as_is": str, "lower": str.lower, "upper": str.upper}


def symbols(options: dict[str, Any]) -> tuple[list[str], str]:
    """Return what each class stands for, the blank first, and the allowed characters."""
    fold = FOLDS[str(options.get("case", "as_is"))]
    allowed = {"any": "aA1 ", "letters": "aA", "digits": "1", "'a '": "a ", "lower": "a"}[
        str(options.get("charset", "any"))
    ]
    return ["", *(fold(one) for one in CHARSET.characters)], "".join(fold(one) for one in allowed)


def collapsed(names: Iterable[str]) -> str:
    return "".join(name for name, _ in itertools.groupby(names))


def by_brute_force(probabilities: NDArray[np.float32], options: dict[str, Any]) -> dict[str, float]:
    """Return the share of every allowed text, from all paths of the model's classes.

    A letter's two forms are one from the start, so that "a" beside "A" is one character. Spaces
    are taken out of the finished texts: that this equals taking them for blanks is the claim.
    """
    names, allowed = symbols(options)
    strip = bool(options.get("strip_spaces"))
    texts: dict[str, float] = defaultdict(float)
    for path in itertools.product(range(len(names)), repeat=len(probabilities)):
        if all(names[index] in allowed or (strip and names[index] == " ") for index in path):
            text = collapsed(names[index] for index in path)
            texts[text.replace(" ", "") if strip else text] += math.prod(
                float(probabilities[step, index]) for step, index in enumerate(path)
            )
    texts = {text: value for text, value in texts.items() if fits(text, options)}
    total = sum(texts.values())
    return {text: value / total for text, value in texts.items()} if total else {}


def fits(text: str, options: dict[str, Any]) -> bool:
    low, high = DecodingSettings(length=str(options.get("length", "any"))).length_limits
    return low <= len(text) <= (high or WIDE) and set(text) <= set(symbols(options)[1])


def along_the_best_path(probabilities: NDArray[np.float32], options: dict[str, Any]) -> str:
    """Return the greedy text with letters' forms added up and stripped spaces as blanks."""
    names, _ = symbols(options)
    if options.get("strip_spaces"):
        names = ["" if name == " " else name for name in names]
    path = []
    for row in probabilities:
        sums: dict[str, np.float32] = {}
        for name, value in zip(names, row, strict=True):
            sums[name] = sums.get(name, np.float32(0)) + value
        path.append(max(sums, key=lambda name: sums[name]))
    return collapsed(path)


_EVERY: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "charset": st.sampled_from(["any", "letters", "digits", "'a '", "lower"]),
        "length": st.sampled_from(["any", "1", "2", "3", "0-1", "2-3", "6"]),
        "case": st.sampled_from(["as_is", "lower", "upper"]),
        "strip_spaces": st.booleans(),
    },
)
OPTIONS = _EVERY.filter(lambda options: DecodingSettings(**options).is_restricted)


@given(outputs(), OPTIONS)
def test_texts_and_their_probabilities(
    probabilities: NDArray[np.float32], options: dict[str, Any]
) -> None:
    expected = by_brute_force(probabilities, options)
    found = decode(probabilities, alternatives=50, beam_width=WIDE, **options)
    if not expected:
        assert found == Recognition("", 0.0, alternatives=())
        return
    greedy = along_the_best_path(probabilities, options)
    if fits(greedy, options):
        assert found.text == greedy
    else:
        assert expected[found.text] == pytest.approx(max(expected.values()), rel=1e-4)
        assert present(found.alternatives)[0].text == found.text
    for other in present(found.alternatives):
        assert other.probability == pytest.approx(expected[other.text], rel=1e-3, abs=1e-8)
    assert len(present(found.alternatives)) >= min(50, sum(p > 1e-7 for p in expected.values()))
    assert (found.score == 0) == (found.text == "")


@given(outputs(), OPTIONS)
def test_the_other_options_change_no_text(
    probabilities: NDArray[np.float32], options: dict[str, Any]
) -> None:
    plain = decode(probabilities, **options)
    more = decode(probabilities, alternatives=3, char_scores=True, **options)
    assert (more.text, more.score) == (plain.text, plain.score)
    assert (plain.char_scores, plain.alternatives) == (None, None)
    assert len(present(more.char_scores)) == len(more.text)
    assert sum(present(more.char_scores)) / max(1, len(more.text)) == pytest.approx(more.score)
    assert all(0 <= score <= 1 for score in present(more.char_scores))


@given(outputs())
def test_without_limits_the_text_is_the_greedy_one(probabilities: NDArray[np.float32]) -> None:
    greedy = decode_greedy(probabilities, CHARSET)
    found = decode(probabilities, alternatives=3)
    assert (found.text, found.score, found.char_scores) == (
        greedy.text,
        greedy.score,
        None,
    )
    assert 1 <= len(present(found.alternatives)) <= 3
    scored = decode_greedy(probabilities, CHARSET, SCORED)
    assert (scored.text, scored.score) == (greedy.text, greedy.score)
    assert len(present(scored.char_scores)) == len(greedy.text)
    assert decode(probabilities, alternatives=1, char_scores=True).char_scores == scored.char_scores


@given(outputs())
def test_the_score_of_the_greedy_text_is_the_greedy_one(
    probabilities: NDArray[np.float32],
) -> None:
    ascending = np.sort(probabilities, axis=1)
    assume((ascending[:, -1] > ascending[:, -2]).all())  # else there are several greedy paths
    greedy = decode_greedy(probabilities, CHARSET, SCORED)
    classes = [CHARSET.characters.index(character) + 1 for character in greedy.text]
    if classes:
        steps = first_steps(probabilities, classes)
        assert tuple(probabilities[steps, classes].tolist()) == greedy.char_scores


@given(outputs(), OPTIONS)
def test_limits_that_the_greedy_text_keeps_change_nothing(
    probabilities: NDArray[np.float32], options: dict[str, Any]
) -> None:
    options = {name: options[name] for name in options.keys() & {"charset", "length"}}
    greedy = decode_greedy(probabilities, CHARSET, SCORED)
    if fits(greedy.text, options):
        assert decode(probabilities, char_scores=True, **options) == greedy


@given(outputs(), st.lists(st.integers(1, 4), min_size=1, max_size=3))
def test_the_best_path_of_a_string(probabilities: NDArray[np.float32], classes: list[int]) -> None:
    paths = [
        path
        for path in itertools.product([0, *set(classes)], repeat=len(probabilities))
        if [index for index, _ in itertools.groupby(path) if index] == classes
    ]
    if not paths:
        return
    rows = probabilities.tolist()
    values = {path: math.prod(rows[s][i] for s, i in enumerate(path)) for path in paths}
    best, *others = sorted(paths, key=lambda path: -values[path])
    assume(not others or values[others[0]] < values[best] * (1 - 1e-6))
    runs = itertools.groupby(range(len(best)), key=lambda step: best[step])
    expected = [next(group) for index, group in runs if index]
    assert first_steps(probabilities, classes).tolist() == expected


def one_hot(classes: list[int], rest: dict[int, float], size: int) -> NDArray[np.float32]:
    steps = np.eye(size, dtype=np.float32)[classes] * (1 - sum(rest.values()))
    steps[:, list(rest)] += np.array(list(rest.values()), np.float32)
    return steps


def test_a_forbidden_character_becomes_the_likeliest_allowed_one() -> None:
    vocabulary = Vocabulary(("O", "0", "7", "D"))
    steps = one_hot([0, 3, 0, 1, 0, 3], {0: 0.01, 2: 0.05}, vocabulary.class_count)
    assert decode_greedy(steps, vocabulary).text == "7O7"
    assert decode(steps, vocabulary, charset="digits").text == "707"
    # The first character of the charset is no special one, and neither is the blank.
    assert decode(steps, vocabulary, charset="07").text == "707"
    assert decode(steps, vocabulary, charset="D7", length="2").text == "77"


def test_a_length_finds_the_characters_that_are_there() -> None:
    vocabulary = Vocabulary(("1", "2", "3"))
    steps = one_hot([1, 0, 0, 0, 2], {0: 0.1}, vocabulary.class_count)
    steps[2] = (0.9, 0.01, 0.01, 0.08)
    assert decode_greedy(steps, vocabulary).text == "12"
    assert decode(steps, vocabulary, length="3").text == "132"
    assert decode(steps, vocabulary, length="1").text in ("1", "2")
    assert decode(steps, vocabulary, length="6") == Recognition("", 0.0)


@given(outputs(), st.sampled_from(["any", "digits", "letters"]), st.sampled_from(["any", "0-9"]))
def test_places_are_told_of_every_text_also_of_none(
    probabilities: NDArray[np.float32], charset: str, length: str
) -> None:
    options: dict[str, Any] = {
        "word_boxes": True,
        "char_scores": True,
        "alternatives": 3,
        "beam_width": 5,
    }
    found = decode(probabilities, charset=charset, length=length, **options)
    assert "".join(one.text for one in present(found.characters)) == found.text
    assert len(present(found.char_scores)) == len(found.text)


def test_a_text_that_the_limits_forced_has_a_low_score() -> None:
    vocabulary = Vocabulary(("O", "0"))
    steps = one_hot([1, 0], {2: 0.02}, vocabulary.class_count)
    found = decode(steps, vocabulary, charset="digits", length="1", alternatives=1)
    assert found.text == "0"
    assert found.score < 0.1
    assert present(found.alternatives)[0].probability == pytest.approx(1)


def test_lines_in_visual_order() -> None:
    vocabulary = Vocabulary(("م", "ر", "1", "2"), right_to_left=True)
    steps = one_hot([1, 2, 3, 4], {0: 0.01}, vocabulary.class_count)
    steps[:, 1] += np.array([0, 0.001, 0.002, 0.003], np.float32)
    greedy = decode_greedy(steps, vocabulary, SCORED)
    assert greedy.text == "12رم"
    found = decode(steps, vocabulary, charset="digits+مر", char_scores=True, alternatives=1)
    assert (found.text, found.char_scores) == (greedy.text, greedy.char_scores)
    assert present(found.alternatives)[0].text == "12رم"
    in_order = [steps[step, step + 1] for step in (2, 3, 1, 0)]
    assert found.char_scores == pytest.approx(in_order)


def test_spaces_at_the_ends_are_left_out_in_every_way_of_decoding() -> None:
    vocabulary = Vocabulary(("a", "b", " ", "\u3000"))
    path = [3, 4, 0, 1, 3, 2, 0, 4]
    probabilities = np.full((len(path), 5), 0.02, np.float32)
    probabilities[range(len(path)), path] = 0.92
    asked = DecodingSettings(trim_spaces=True, char_scores=True)
    greedy = decode_greedy(probabilities, vocabulary, asked)
    assert greedy.text == "a b"
    assert greedy.char_scores is not None
    assert len(greedy.char_scores) == 3
    restricted = replace(asked, length="1-3", alternatives=2)
    found = decode_restricted(probabilities, vocabulary, build_alphabet(vocabulary), restricted)
    assert found.text == "a b"
    assert all(other.text == other.text.strip() for other in found.alternatives or ())
    assert decode_greedy(probabilities[[0, 1, 7]], vocabulary, asked).text == ""
    assert decode_greedy(probabilities, vocabulary).text == " \u3000a b\u3000"


def test_compatibility_forms_are_one_symbol_with_the_plain_one() -> None:
    vocabulary = Vocabulary(("8", "８", "⁸", "½", "B"))
    probabilities = np.array([[0.1, 0.2, 0.2, 0.2, 0.0, 0.3]], np.float32)
    settings = DecodingSettings(nfkc=True)
    alphabet = build_alphabet(vocabulary, nfkc=True)
    found = decode_restricted(probabilities, vocabulary, alphabet, settings)
    assert found.text == "8"
    assert found.score == pytest.approx(0.6)
    assert alphabet.symbols == ("8", "½", "B")
    digits = build_alphabet(vocabulary, "digits", nfkc=True)
    assert digits.allowed.tolist() == [True, True, False, False]
