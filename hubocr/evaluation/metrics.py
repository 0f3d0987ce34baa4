"""How well texts are read: lines, characters, and what is taken for what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein


@dataclass(frozen=True)
class Confusion:
    """A character taken for another, and how often; "" where one is missing or too many."""

    expected: str
    found: str
    count: int


@dataclass(frozen=True)
class Scores:
    """Scores of a set of texts.

    Attributes:
        lines: Number of texts.
        line_accuracy: Share of the texts that are exactly right.
        edit_similarity: Mean of 1 - edits / length of the longer text.
        character_accuracy: 1 - all edits / all expected characters, at least 0.
        confusions: Pairs of characters, the most frequent first.
        acc: As PaddleOCR's ``RecMetric`` has it: `line_accuracy` without spaces.
        norm_edit_dis: The same of `edit_similarity`.
    """

    lines: int
    line_accuracy: float
    edit_similarity: float
    character_accuracy: float
    confusions: tuple[Confusion, ...]
    acc: float = 0.0
    norm_edit_dis: float = 0.0


def score(pairs: Iterable[tuple[str, str]]) -> Scores:
    """Return the scores of pairs of an expected and a found text; zeros where there is none."""
    lines = right = edits = characters = close = 0
    similarity = closeness = 0.0
    confused: Counter[tuple[str, str]] = Counter()
    for expected, found in pairs:
        lines += 1
        characters += len(expected)
        plain, read = expected.replace(" ", ""), found.replace(" ", "")
        close += plain == read
        closeness += float(Levenshtein.normalized_similarity(plain, read))
        if expected == found:
            right += 1
            similarity += 1
            continue
        differences = differing(expected, found)
        edits += len(differences)
        similarity += 1 - len(differences) / max(len(expected), len(found))
        confused.update(differences)
    return Scores(
        lines,
        right / lines if lines else 0.0,
        similarity / lines if lines else 0.0,
        max(0.0, 1 - edits / characters) if characters else 0.0,
        tuple(
            Confusion(expected, found, count)
            for (expected, found), count in sorted(
                confused.items(), key=lambda item: (-item[1], item[0])
            )
        ),
        close / lines if lines else 0.0,
        closeness / lines if lines else 0.0,
    )


def differing(expected: str, found: str) -> list[tuple[str, str]]:
    """Return the fewest edits that turn one text into the other, as pairs of characters, in order.

    An insertion and a deletion side by side count as two edits, as Levenshtein's distance has it.
    """
    return [
        (
            "" if edit.tag == "insert" else expected[edit.src_pos],
            "" if edit.tag == "delete" else found[edit.dest_pos],
        )
        for edit in Levenshtein.editops(expected, found)
    ]
