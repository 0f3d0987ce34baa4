"""The characters that a recogniser is trained to write."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from hubocr.errors import VocabularyError
from hubocr.recognition import parse_charset, read_dictionary

AUTO = "auto"
ALL = "all"

_MOST_NAMED = 20
_WRITTEN_OUT = 1000
"""A set of at most so many code points is taken whole; of a larger one, such as hanzi, only what
the base model or the labels have."""


def choose_vocabulary(spec: str, labels: Iterable[str], known: Sequence[str]) -> tuple[str, ...]:
    """Return the characters of the trained model, those of the base first and in its order.

    Args:
        spec: ``auto``: the characters of the labels; ``all``: those and the base's; the path of a
            dictionary file, one character a line; else a specification as in
            `hubocr.settings.charset`, where ``any`` stands for all characters of the base.
        labels: Texts of the training and validation images.
        known: Characters of the base model.

    Raises:
        VocabularyError: A label has characters that the charset lacks (they are named), or there is
            no character at all.
        SettingsError: The specification has a mistake.
    """
    used = set().union(*map(set, labels))
    if spec == ALL:
        wanted = used.union(known)
    else:
        wanted = used if spec == AUTO else _specified(spec, used, known)
    missing = sorted(used - wanted)
    if missing:
        named = ", ".join(f"{character!r} (U+{ord(character):04X})" for character in missing)
        if len(missing) > _MOST_NAMED:
            named = ", ".join(map(repr, missing[:_MOST_NAMED]))
            named += f" and {len(missing) - _MOST_NAMED} more"
        raise VocabularyError(f"`charset` lacks characters of the labels: {named}")
    ordered = [character for character in dict.fromkeys(known) if character in wanted]
    ordered += sorted(wanted.difference(ordered))
    # The convention of PP-OCR dictionaries: the space comes last.
    ordered.sort(key=lambda character: character == " ")
    if not ordered:
        raise VocabularyError("`charset`: there is no character to learn")
    return tuple(ordered)


def _specified(spec: str, used: set[str], known: Sequence[str]) -> set[str]:
    if Path(spec).is_file():
        return {line for line in read_dictionary(Path(spec)) if line}
    allowed = parse_charset(spec, "charset")
    if allowed is None:
        return set(known)
    wanted = {character for character in (*used, *known) if character in allowed}
    wanted.update(allowed.literals)
    if sum(last - first + 1 for first, last in allowed.ranges) <= _WRITTEN_OUT:
        wanted.update(chr(point) for a, b in allowed.ranges for point in range(a, b + 1))
    return wanted
