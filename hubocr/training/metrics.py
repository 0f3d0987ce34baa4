"""How well texts are read: lines, characters, and what is taken for what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np


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
    """

    lines: int
    line_accuracy: float
    edit_similarity: float
    character_accuracy: float
    confusions: tuple[Confusion, ...]


def score(pairs: Iterable[tuple[str, str]]) -> Scores:
    """Return the scores of pairs of an expected and a found text; zeros where there is none."""
    lines = right = edits = characters = 0
    similarity = 0.0
    confused: Counter[tuple[str, str]] = Counter()
    for expected, found in pairs:
        lines += 1
        characters += len(expected)
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
    )


def differing(expected: Sequence[str], found: Sequence[str]) -> list[tuple[str, str]]:
    """Return the edits that turn one text into the other, as pairs of characters, in order.

    There are as few as can be (Wagner and Fischer, The String-to-String Correction Problem, 1974);
    of several ways the one with the most substitutions is taken.
    """
    costs = np.zeros((len(expected) + 1, len(found) + 1), np.intp)
    costs[:, 0] = np.arange(len(expected) + 1)
    costs[0] = np.arange(len(found) + 1)
    for i, left in enumerate(expected, start=1):
        for j, right in enumerate(found, start=1):
            costs[i, j] = min(
                costs[i - 1, j - 1] + (left != right), costs[i - 1, j] + 1, costs[i, j - 1] + 1
            )
    pairs = []
    i, j = len(expected), len(found)
    while i or j:
        if i and j and costs[i, j] == costs[i - 1, j - 1] + (expected[i - 1] != found[j - 1]):
            i, j = i - 1, j - 1
            if expected[i] != found[j]:
                pairs.append((expected[i], found[j]))
        elif i and costs[i, j] == costs[i - 1, j] + 1:
            i -= 1
            pairs.append((expected[i], ""))
        else:
            j -= 1
            pairs.append(("", found[j]))
    return pairs[::-1]
