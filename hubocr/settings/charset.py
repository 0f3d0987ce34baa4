"""The grammar of what is known of a text: which characters it may have, and how many.

A charset:

::

    any                    every character of the model
    digits                 a named set, see `NAMED_SETS`
    letters+digits         sets, ranges and characters are joined with +
    2-9+a-hjkmnp-z         a hyphen between two digits, or letters of one case, is a range
    digits+'+-*/='         quotes, single or double, make a part literal
    0123456789+-*/=        without a set, a range or quotes the whole text is literal

What a set or range holds and the model lacks is left out; a character that is written out has to
be one that the model can read. A length is ``any``, a number (``4``) or limits (``3-6``).
"""

from __future__ import annotations

import bisect
import functools
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from hubocr.errors import SettingsError

ANY = "any"
"""The value of a charset or length that restricts nothing."""

LONGEST_TEXT = 64
"""Largest number of characters that a length may name; captchas, plates and numbers are shorter."""

Ranges = tuple[tuple[int, int], ...]

_DIGITS: Ranges = ((0x30, 0x39),)
_LOWER: Ranges = ((0x61, 0x7A),)
_UPPER: Ranges = ((0x41, 0x5A),)

NAMED_SETS: Mapping[str, Ranges] = {
    ANY: ((0, 0x10FFFF),),
    "digits": _DIGITS,
    "lower": _LOWER,
    "upper": _UPPER,
    "letters": _LOWER + _UPPER,
    "alnum": _DIGITS + _LOWER + _UPPER,
    "hex": (*_DIGITS, (0x61, 0x66), (0x41, 0x46)),
    "ascii": ((0x20, 0x7E),),
    "space": ((0x20, 0x20), (0xA0, 0xA0), (0x3000, 0x3000)),
    "hanzi": (
        *((0x3005, 0x3005), (0x3007, 0x3007)),
        *((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x323AF)),
    ),
    "kana": ((0x3041, 0x3096), (0x30A1, 0x30FA), (0x30FC, 0x30FC)),
    "hangul": ((0xAC00, 0xD7A3),),
    "punctuation": (
        *((0x21, 0x2F), (0x3A, 0x40), (0x5B, 0x60), (0x7B, 0x7E), (0xB7, 0xB7)),
        *((0x2010, 0x2027), (0x2030, 0x205E)),
        *((0x3001, 0x3003), (0x3008, 0x3011), (0x3014, 0x301F)),
        *((0xFF01, 0xFF0F), (0xFF1A, 0xFF20), (0xFF3B, 0xFF40), (0xFF5B, 0xFF65)),
    ),
}
"""Code points, first and last, of the named sets (blocks of Unicode 15; letters and digits are
those of ASCII)."""

_PART = re.compile(r"""(?:'(?P<single>[^']+)'|"(?P<double>[^"]+)"|(?P<plain>[^+]*))(?:\+|$)""")
_RANGE = re.compile(r"(.)-(.)", re.DOTALL)
_RANGED = frozenset({"Nd", "Ll", "Lu", "Lo"})
"""Categories of Unicode that a range may be of: digits, lower, upper and other letters."""

_SIMILAR = 0.8
"""Likeness (difflib) from which a text is taken for a misspelt name and refused."""

_SHORTEST_NAME, _LONGEST_NAME = 2, 16
"""Lengths of texts that can be so like a name: the names have 3 to 11 characters."""


_NAMED_PARTS = 50
"""Parts that are looked at for misspelt names, which takes 70 microseconds each."""


@dataclass(frozen=True)
class AllowedCharacters:
    """Characters.

    Attributes:
        ranges: Code points, first and last, of the sets and ranges.
        literals: Characters that were written out one by one.
    """

    ranges: Ranges = ()
    literals: str = ""

    def __contains__(self, character: str) -> bool:
        """Say whether it holds all code points of a character, and whether there is one."""
        return bool(character) and all(map(self._holds, character))

    def _holds(self, point: str) -> bool:
        place = bisect.bisect_right(self._starts, ord(point)) - 1
        if place >= 0 and ord(point) <= self.merged[place][1]:
            return True
        return point in self._literal_set

    @functools.cached_property
    def merged(self) -> Ranges:
        """The ranges in order, none overlapping: a client may send thousands of them."""
        merged: list[tuple[int, int]] = []
        for low, high in sorted(self.ranges):
            if merged and low <= merged[-1][1] + 1:
                merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
            else:
                merged.append((low, high))
        return tuple(merged)

    @functools.cached_property
    def _starts(self) -> list[int]:
        return [low for low, _ in self.merged]

    @functools.cached_property
    def _literal_set(self) -> frozenset[str]:
        return frozenset(self.literals)


def parse_charset(text: str, name: str = "rec_charset") -> AllowedCharacters | None:
    """Read a specification; None: nothing is restricted.

    Args:
        text: The specification.
        name: The setting that it is a value of, for error messages.

    Raises:
        SettingsError: A name is misspelt, a range is upside down, or a part is empty.
    """
    return None if text == ANY else _parse(text, name)


@functools.lru_cache(maxsize=8)  # a request's is checked, and then used
def _parse(text: str, name: str) -> AllowedCharacters:
    parts = [
        _parse_part(match, name, number < _NAMED_PARTS)
        for number, match in enumerate(_PART.finditer(text))
    ]
    # The pattern finds an empty part at the end of any text that doesn't end in a plus sign.
    if not text.endswith("+"):
        parts = parts[:-1]
    if all(part.ranges == () and not part.quoted for part in parts):
        return AllowedCharacters(literals=_unique(text))
    if any(not part.ranges and not part.literals for part in parts):
        raise SettingsError(
            f"{name}: {_shown(text)} has an empty part; a plus sign is written '+', in quotes",
            setting=name,
        )
    return AllowedCharacters(
        tuple(limits for part in parts for limits in part.ranges),
        _unique("".join(part.literals for part in parts)),
    )


class _Part(NamedTuple):
    ranges: Ranges = ()
    literals: str = ""
    quoted: bool = False


def _parse_part(match: re.Match[str], name: str, may_be_a_name: bool) -> _Part:
    quoted = match["single"] or match["double"]
    if quoted:
        return _Part(literals=quoted, quoted=True)
    text = match["plain"] or ""
    if text in NAMED_SETS:
        return _Part(NAMED_SETS[text])
    ranges: list[tuple[int, int]] = []
    literals, place = [], 0
    while place < len(text):
        found = _RANGE.match(text, place)
        if found and _are_of_a_kind(found[1], found[2]):
            if found[1] > found[2]:
                raise SettingsError(f"{name}: the range {found[0]} is upside down", setting=name)
            ranges.append((ord(found[1]), ord(found[2])))
            place = found.end()
        else:
            literals.append(text[place])
            place += 1
    similar = None if ranges or not may_be_a_name else _similar_name(text)
    if similar is not None:
        raise SettingsError(
            f"{name}: there is no set {text!r}; {similar!r} is one, and quotes around the "
            "characters make them literal",
            setting=name,
        )
    return _Part(tuple(ranges), "".join(literals))


def _similar_name(text: str) -> str | None:
    """Return the name of a set that a text may be a misspelling of."""
    from difflib import get_close_matches

    if not _SHORTEST_NAME <= len(text) <= _LONGEST_NAME:
        return None
    found = get_close_matches(text.lower(), NAMED_SETS, n=1, cutoff=_SIMILAR)
    return found[0] if found else None


def _are_of_a_kind(first: str, last: str) -> bool:
    category = unicodedata.category(first)
    return category in _RANGED and category == unicodedata.category(last)


def _unique(characters: str) -> str:
    return "".join(dict.fromkeys(characters))


def _shown(text: str) -> str:
    return repr(text) if len(text) <= 100 else f"{text[:97]!r}..."


_LENGTH = re.compile(r"([0-9]{1,2})(?:-([0-9]{1,2}))?")


def length_limits(text: str) -> tuple[int, int | None] | None:
    """Return the least and the greatest length that a text names, or None where it is wrong."""
    if text == ANY:
        return 0, None
    match = _LENGTH.fullmatch(text)
    if match is None:
        return None
    low = int(match[1])
    high = low if match[2] is None else int(match[2])
    return (low, high) if max(low, 1) <= high <= LONGEST_TEXT else None
