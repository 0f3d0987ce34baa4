"""The columns of a recogniser's output that a task is about."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from hubocr.errors import SettingsError
from hubocr.recognition.ctc import BLANK
from hubocr.recognition.vocabulary import Vocabulary
from hubocr.settings import Case
from hubocr.settings.charset import AllowedCharacters, parse_charset

_MOST_NAMED = 20
"""Characters that an error message lists."""


@dataclass(frozen=True, eq=False)
class Alphabet:
    """The symbols that a recogniser can write, and those that a task leaves.

    Attributes:
        symbols: Text of symbol 1, 2, and so on; symbol 0 is the blank.
        columns: First class of the blank and of every symbol, int, (symbols + 1,); None where the
            symbols are the classes.
        more: Further classes of some symbols: pairs of arrays (n,), int, with symbols, each once,
            and one more class of each.
        allowed: Whether the blank (always) and each symbol may be in the text, bool,
            (symbols + 1,).
    """

    symbols: tuple[str, ...]
    columns: NDArray[np.intp] | None
    more: tuple[tuple[NDArray[np.intp], NDArray[np.intp]], ...]
    allowed: NDArray[np.bool_]

    @property
    def choices(self) -> NDArray[np.intp]:
        """The blank and the symbols that are allowed, int, ascending."""
        return np.flatnonzero(self.allowed)

    def add_up(self, probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the probabilities (steps, symbols + 1) of all symbols, allowed or not.

        Args:
            probabilities: The model's, shape (steps, classes).
        """
        if self.columns is None:
            return probabilities
        whole = probabilities.take(self.columns, axis=1)
        for symbols, columns in self.more:
            whole[:, symbols] += probabilities[:, columns]
        return whole


def build_alphabet(
    vocabulary: Vocabulary,
    spec: str = "any",
    case: Case = "as_is",
    strip_spaces: bool = False,
    nfkc: bool = False,
) -> Alphabet:
    """Return the symbols of a task.

    Args:
        vocabulary: The model's characters.
        spec: The allowed ones, see `hubocr.settings.charset`. Where ``case`` is not as_is,
            a letter is allowed in either case.
        case: lower and upper make one symbol of a letter's two forms.
        strip_spaces: Take spaces for blanks. The text is then what it would be with the spaces
            taken out at the end, and so is its probability, since neither is written and both
            keep equal neighbours apart.
        nfkc: Make one symbol of a character and its compatibility forms.

    Raises:
        SettingsError: The model lacks a character that is written out, or all.
    """
    known = _symbols_of(vocabulary, case, strip_spaces, nfkc)
    allowed = parse_charset(spec)
    if allowed is None:
        permitted = np.ones(len(known.symbols), np.bool_)
    else:
        permitted = np.zeros(len(known.symbols), np.bool_)
        permitted[known.symbol_of[_are_allowed(known, allowed, case)]] = True
        readable = [known.symbols[place] for place in np.flatnonzero(permitted)]
        _require_readable(allowed, readable, spec, case, strip_spaces)
    return Alphabet(
        symbols=known.symbols,
        columns=known.columns,
        more=known.more,
        allowed=np.concatenate([[True], permitted]),
    )


@dataclass(frozen=True, eq=False)
class _Symbols:
    """What of an alphabet no charset changes.

    Attributes:
        symbols: As `Alphabet.symbols`.
        columns: As `Alphabet.columns`.
        more: As `Alphabet.more`.
        characters: Those of the vocabulary that are written, as a charset is to hold them.
        symbol_of: Place in ``symbols`` of each character, int, (characters,).
        points: Code points of the forms of each character of which one has to be allowed, int,
            (characters, forms); -1: it is more than one.
        odd: Places of the characters that have such a form.
    """

    symbols: tuple[str, ...]
    columns: NDArray[np.intp] | None
    more: tuple[tuple[NDArray[np.intp], NDArray[np.intp]], ...]
    characters: tuple[str, ...]
    symbol_of: NDArray[np.intp]
    points: NDArray[np.intp]
    odd: tuple[int, ...]


@lru_cache(maxsize=8)  # of a few vocabularies, in a few cases
def _symbols_of(vocabulary: Vocabulary, case: Case, strip_spaces: bool, nfkc: bool) -> _Symbols:
    """Join the classes of a vocabulary to symbols, which takes tens of milliseconds."""
    groups: dict[tuple[str, int], list[int]] = {}
    places: dict[tuple[str, int], int] = {}
    characters, symbol_of = [], []
    blanks = [BLANK]
    is_joined = nfkc or case != "as_is"
    for index, character in enumerate(vocabulary.characters, start=1):
        if strip_spaces and character.isspace():
            blanks.append(index)
            continue
        symbol = _in_case(_plain(character) if nfkc else character, case)
        # A dictionary may have a character twice; where nothing is joined those stay two, so that
        # the best path is the greedy one.
        key = (symbol, 0 if is_joined else index)
        groups.setdefault(key, []).append(index)
        symbol_of.append(places.setdefault(key, len(places)))
        characters.append(symbol if nfkc else character)
    classes = [blanks, *groups.values()]
    forms = [_forms(character, case) for character in characters]
    points = [[ord(form) if len(form) == 1 else -1 for form in each] for each in forms]
    return _Symbols(
        symbols=tuple(symbol for symbol, _ in groups),
        columns=(
            None
            if len(classes) == vocabulary.class_count
            else np.array([group[0] for group in classes], np.intp)
        ),
        more=tuple(_further_classes(classes)),
        characters=tuple(characters),
        symbol_of=np.array(symbol_of, np.intp),
        points=np.array(points, np.intp).reshape(len(points), -1),
        odd=tuple(place for place, each in enumerate(points) if -1 in each),
    )


def _are_allowed(known: _Symbols, allowed: AllowedCharacters, case: Case) -> NDArray[np.bool_]:
    """Say of each character whether it, or a form of it, is allowed."""
    starts, ends = np.array(allowed.merged, np.intp).reshape(-1, 2).T
    place = np.searchsorted(starts, known.points, side="right") - 1
    held = np.isin(known.points, [ord(character) for character in allowed.literals])
    if len(ends):
        held = held | ((place >= 0) & (known.points <= ends[place]))
    found = np.asarray(held.any(axis=1), np.bool_)
    for odd in known.odd:
        found[odd] = any(form in allowed for form in _forms(known.characters[odd], case))
    return found


def _further_classes(
    classes: list[list[int]],
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    for place in range(1, max(map(len, classes))):
        pairs = [
            (symbol, group[place]) for symbol, group in enumerate(classes) if place < len(group)
        ]
        symbols, columns = np.array(pairs, np.intp).T
        yield symbols, columns


def _plain(character: str) -> str:
    """Return the plain form of a character; where that is several, as of a fraction, itself."""
    plain = unicodedata.normalize("NFKC", character)
    return plain if len(plain) == 1 else character


def _in_case(character: str, case: Case) -> str:
    if case == "as_is":
        return character
    changed = character.lower() if case == "lower" else character.upper()
    # Some letters, such as the sharp s, become two; they stay as they are.
    return changed if len(changed) == len(character) else character


def _forms(character: str, case: Case) -> tuple[str, ...]:
    if case == "as_is":
        return (character,)
    return character, character.lower(), character.upper()


def _require_readable(
    allowed: AllowedCharacters,
    permitted: Sequence[str],
    spec: str,
    case: Case,
    strip_spaces: bool,
) -> None:
    readable = set("".join(permitted))
    missing = [
        character
        for character in allowed.literals
        if _in_case(character, case) not in readable and not (strip_spaces and character.isspace())
    ]
    if missing:
        named = ", ".join(map(repr, missing[:_MOST_NAMED]))
        more = f" and {len(missing) - _MOST_NAMED} more" if len(missing) > _MOST_NAMED else ""
        raise SettingsError(f"rec_charset: the recogniser can't read {named}{more}")
    if not permitted:
        raise SettingsError(f"rec_charset: the recogniser can't read any character of {spec!r}")
