"""The columns of a recogniser's output that a task is about."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

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
    allowed = parse_charset(spec)
    groups: dict[tuple[str, int], list[int]] = {}
    permitted: set[str] = set()
    blanks = [BLANK]
    is_joined = nfkc or case != "as_is"
    for index, character in enumerate(vocabulary.characters, start=1):
        if strip_spaces and character.isspace():
            blanks.append(index)
            continue
        symbol = _in_case(_plain(character) if nfkc else character, case)
        # A dictionary may have a character twice; where nothing is joined those stay two, so that
        # the best path is the greedy one.
        groups.setdefault((symbol, 0 if is_joined else index), []).append(index)
        if allowed is None or _is_allowed(symbol if nfkc else character, allowed, case):
            permitted.add(symbol)
    if allowed is not None:
        _require_readable(allowed, permitted, spec, case, strip_spaces)
    classes = [blanks, *groups.values()]
    symbols = tuple(symbol for symbol, _ in groups)
    return Alphabet(
        symbols=symbols,
        columns=(
            None
            if len(classes) == vocabulary.class_count
            else np.array([group[0] for group in classes], np.intp)
        ),
        more=tuple(_further_classes(classes)),
        allowed=np.array([True, *(symbol in permitted for symbol in symbols)]),
    )


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


def _is_allowed(character: str, allowed: AllowedCharacters, case: Case) -> bool:
    if case == "as_is":
        return character in allowed
    return any(form in allowed for form in (character, character.lower(), character.upper()))


def _require_readable(
    allowed: AllowedCharacters,
    permitted: set[str],
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
