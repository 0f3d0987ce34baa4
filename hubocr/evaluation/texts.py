"""How a text that was read is compared with the true one."""

from __future__ import annotations

import unicodedata
from collections import Counter
from dataclasses import dataclass

from rapidfuzz.distance import Levenshtein

_UNIFIED = {
    "'": "‘’‚‛′`´",
    '"': "“”„‟″〝〞",
    "-": "‐‑‒–—―−",
    ",": "、",
    ".": "。",
    "·": "•・‧∙⋅",
    "~": "〜",
    "...": "⋯",
    "[": "【〔",
    "]": "】〕",
    "<": "《〈",
    ">": "》〉",
}
"""Marks that mean the same, beyond those that NFKC unifies (full-width forms, for example)."""

_UNIFY = str.maketrans({mark: to for to, marks in _UNIFIED.items() for mark in marks})
_LOOK_ALIKE = str.maketrans("OI", "01")


def normalize_text(text: str, *, ignore_case: bool = False) -> str:
    """Return a text as it is compared: NFKC, quotes and punctuation unified, no white space.

    Args:
        text: Any text; line ends are white space too.
        ignore_case: Fold the case as well.
    """
    # Before NFKC too, which would take some of the marks apart ("´" into a space and an accent).
    text = unicodedata.normalize("NFKC", text.translate(_UNIFY)).translate(_UNIFY)
    text = "".join(text.split())
    return text.casefold() if ignore_case else text


def is_equal(predicted: str, truth: str, *, ignore_case: bool = False) -> bool:
    """Say whether two texts are equal after `normalize_text`."""
    return normalize_text(predicted, ignore_case=ignore_case) == normalize_text(
        truth, ignore_case=ignore_case
    )


def edit_similarity(predicted: str, truth: str, *, ignore_case: bool = False) -> float:
    """Return 1 - d / n of two normalised texts, from 0 to 1; 1 where both are empty.

    d is the Levenshtein distance (insertions, deletions and substitutions of one character), n
    the length of the longer text.
    """
    return float(
        Levenshtein.normalized_similarity(
            normalize_text(predicted, ignore_case=ignore_case),
            normalize_text(truth, ignore_case=ignore_case),
        )
    )


def is_exact(predicted: str, truth: str, *, ignore_case: bool = False) -> bool:
    """Say whether two captchas are the same string: nothing is normalised but, maybe, case."""
    if ignore_case:
        return predicted.casefold() == truth.casefold()
    return predicted == truth


def plate_text(text: str, *, european: bool) -> str:
    """Return what counts of a licence plate: letters (Chinese too) and digits, in capitals.

    Args:
        text: What was read, or the label.
        european: Whether O and 0, I and 1 are the same, as on plates that don't tell them apart.
    """
    kept = "".join(c for c in unicodedata.normalize("NFKC", text) if c.isalnum()).upper()
    return kept.translate(_LOOK_ALIKE) if european else kept


@dataclass(frozen=True)
class CharacterCounts:
    """How many characters two texts share; counts of several images are added up.

    Attributes:
        common: Characters in both, each as often as the text with fewer of it has it.
        truth: Characters of the true text.
        predicted: Characters that were read.
    """

    common: int = 0
    truth: int = 0
    predicted: int = 0

    def __add__(self, other: CharacterCounts) -> CharacterCounts:
        return CharacterCounts(
            self.common + other.common,
            self.truth + other.truth,
            self.predicted + other.predicted,
        )

    @property
    def recall(self) -> float:
        """Share of the true text's characters that were read; 1 where there are none."""
        return self.common / self.truth if self.truth else 1.0

    @property
    def precision(self) -> float:
        """Share of the characters read that are in the true text; 1 where none were read."""
        return self.common / self.predicted if self.predicted else 1.0


def count_characters(predicted: str, truth: str, *, ignore_case: bool = False) -> CharacterCounts:
    """Compare two whole texts as multisets of characters, after `normalize_text`.

    The order of lines and of characters plays no part, so that a page with columns can be scored
    without knowing the right reading order; a character counts as often as it stands there.
    """
    read = Counter(normalize_text(predicted, ignore_case=ignore_case))
    true = Counter(normalize_text(truth, ignore_case=ignore_case))
    return CharacterCounts((read & true).total(), true.total(), read.total())
