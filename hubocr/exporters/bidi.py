"""Text that runs from right to left: Arabic, Hebrew.

The order on the page of one line without embedded directions, by the rules of Unicode's
bidirectional algorithm (UAX 9) that concern such a line: P2, W1, W4, W5, W7, N1, N2, L2 and L4.
"""

from __future__ import annotations

import unicodedata
from itertools import groupby

_RIGHT = frozenset({"R", "AL"})
_NUMBERS = frozenset({"EN", "AN"})

_MIRRORED = str.maketrans("()[]{}<>\u00ab\u00bb\u2039\u203a", ")(][}{><\u00bb\u00ab\u203a\u2039")


def runs_left(text: str) -> bool:
    """Say whether a line runs from right to left: its first letter does."""
    for char in text:
        kind = unicodedata.bidirectional(char)
        if kind in _RIGHT:
            return True
        if kind == "L":
            return False
    return False


def has_right_to_left(text: str) -> bool:
    """Say whether any character of a text runs from right to left."""
    return any(unicodedata.bidirectional(char) in _RIGHT for char in text)


def visual_order(text: str) -> str:
    """Return a line as it stands on the page, from left to right.

    Brackets in a part that runs left are those that are seen. Text without such a part is returned
    as it is.
    """
    if not has_right_to_left(text):
        return text
    levels = _levels(text)
    order = list(range(len(text)))
    for level in range(max(levels), 0, -1):  # L2
        order = [
            index
            for is_high, group in groupby(order, key=lambda index: levels[index] >= level)
            for index in (reversed(list(group)) if is_high else group)
        ]
    return "".join(
        text[index].translate(_MIRRORED) if levels[index] % 2 else text[index] for index in order
    )


def _levels(text: str) -> list[int]:
    """Return the embedding level of every character: odd ones run left."""
    base = int(runs_left(text))
    kinds: list[str | None] = []
    for char in text:
        kind = unicodedata.bidirectional(char)
        if kind in _RIGHT:
            kinds.append("R")
        elif kind == "L":
            kinds.append("L")
        elif kind in _NUMBERS:
            kinds.append("number")
        elif kind == "NSM" and kinds:
            kinds.append(kinds[-1])
        else:
            kinds.append(None)
    _join_numbers(text, kinds)
    _resolve_neutrals(kinds, "R" if base else "L")
    high = {"L": 2 * base, "R": 1, "number": 2}
    return [
        0 if base == 0 and _is_left(kinds, at) else high[kind or "L"]
        for at, kind in enumerate(kinds)
    ]


def _join_numbers(text: str, kinds: list[str | None]) -> None:
    """Make separators within numbers (W4) and signs beside them (W5) part of them."""
    for at in range(1, len(text) - 1):
        is_separator = unicodedata.bidirectional(text[at]) in {"CS", "ES"}
        if is_separator and kinds[at - 1] == kinds[at + 1] == "number":
            kinds[at] = "number"
    for places in (range(1, len(text)), range(len(text) - 2, -1, -1)):
        for at in places:
            beside = kinds[at - places.step]
            if unicodedata.bidirectional(text[at]) == "ET" and beside == "number":
                kinds[at] = "number"


def _is_left(kinds: list[str | None], at: int) -> bool:
    """Say whether a number belongs to text that runs right (W7)."""
    if kinds[at] != "number":
        return False
    before = next((kind for kind in reversed(kinds[:at]) if kind in {"L", "R"}), "L")
    return before == "L"


def _resolve_neutrals(kinds: list[str | None], base: str) -> None:
    """Give characters without a direction that of both neighbours, else the line's (N1, N2)."""
    at = 0
    while at < len(kinds):
        if kinds[at] is not None:
            at += 1
            continue
        end = at
        while end < len(kinds) and kinds[end] is None:
            end += 1
        before = _side(kinds[at - 1]) if at else base
        after = _side(kinds[end]) if end < len(kinds) else base
        kinds[at:end] = [before if before == after else base] * (end - at)
        at = end


def _side(kind: str | None) -> str:
    """Numbers are neighbours that run left (N1)."""
    return "R" if kind == "number" else kind or "L"
