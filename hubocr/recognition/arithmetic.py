"""The sums of captchas: ``12+18=?``, ``3x4``, ``五加二等于几``, ``?-3=4``."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from fractions import Fraction

_LONGEST = 40
"""Characters; a captcha's sum has a dozen."""

_OPERATORS = {
    **dict.fromkeys(("+", "加", "加上", "plus"), "+"),
    **dict.fromkeys(("-", "−", "–", "—", "减", "减去", "minus"), "-"),
    **dict.fromkeys(("*", "x", "X", "×", "✕", "╳", "乘", "乘以", "times"), "*"),
    **dict.fromkeys(("/", "÷", "除以", ":"), "/"),
}
_EQUALS = ("=", "等于", "等於", "得")
_UNKNOWN = ("?", "几", "多少", "幾", "_", "口")
_DIGITS = {
    **{character: value for value, character in enumerate("零一二三四五六七八九")},
    **{character: value for value, character in enumerate("〇壹贰叁肆伍陆柒捌玖")},
    "两": 2,
    "貳": 2,
    "參": 3,
    "陸": 6,
}
_UNITS = {"十": 10, "拾": 10, "百": 100, "佰": 100}

_WORDS = sorted({*_OPERATORS, *_EQUALS, *_UNKNOWN}, key=len, reverse=True)
Token = Fraction | str

_NUMERALS = "".join((*_DIGITS, *_UNITS))
_TOKEN = re.compile(rf"([0-9]+)|([{_NUMERALS}]+)|({'|'.join(map(re.escape, _WORDS))})|([()])")

_SIGNS: tuple[Token, ...] = ("+", "-", "*", "/")


def solve(text: str) -> str | None:
    """Return the result of a sum as its digits, or None where a text is none.

    There may be any number of terms, with multiplication and division first, and brackets. What
    follows the equals sign is a question mark, a word for it or nothing; or one number stands there
    and a question mark takes the place of one term before it. Numbers are of ASCII or Chinese
    digits. A division that doesn't come out even has no result.
    """
    text = "".join(unicodedata.normalize("NFKC", text).split())
    if not text or len(text) > _LONGEST:
        return None
    tokens = _tokens(text)
    if tokens is None:
        return None
    left, right = _sides(tokens)
    try:
        value = _value_of(left) if right is None else _unknown_of(left, right)
    except (ArithmeticError, ValueError, IndexError):
        return None
    return str(value) if value is not None and value.denominator == 1 else None


def _tokens(text: str) -> list[Token] | None:
    found: list[Token] = []
    place = 0
    for match in _TOKEN.finditer(text):
        if match.start() != place:
            return None
        place = match.end()
        digits, chinese, word, bracket = match.groups()
        if digits:
            found.append(Fraction(int(digits)))
        elif chinese:
            found.append(Fraction(_chinese(chinese)))
        elif bracket:
            found.append(bracket)
        elif word in _OPERATORS:
            found.append(_OPERATORS[word])
        else:
            found.append("=" if word in _EQUALS else "?")
    return found if place == len(text) else None


def _chinese(text: str) -> int:
    """Return a number below 1000, with units (二十三) or digit by digit (二三)."""
    if not any(character in _UNITS for character in text):
        return int("".join(str(_DIGITS[character]) for character in text))
    value, digit = 0, 1
    for character in text:
        if character in _UNITS:
            value, digit = value + digit * _UNITS[character], 0
        else:
            digit = _DIGITS[character]
    return value + digit


def _sides(tokens: list[Token]) -> tuple[list[Token], Fraction | None]:
    """Return what is left of the equals sign, and the number right of it where there is one."""
    while tokens and tokens[-1] == "?" and (len(tokens) < 2 or tokens[-2] not in _SIGNS):
        tokens = tokens[:-1]
    if "=" not in tokens:
        return tokens, None
    place = tokens.index("=")
    rest = tokens[place + 1 :]
    if not rest:
        return tokens[:place], None
    if len(rest) == 1 and isinstance(rest[0], Fraction) and tokens.count("?") == 1:
        return tokens[:place], rest[0]
    return [], None


def _value_of(tokens: list[Token]) -> Fraction | None:
    is_sum = any(token in _SIGNS for token in tokens)
    if not is_sum or "?" in tokens or "=" in tokens:
        return None
    stream = iter([*tokens, "end"])
    value, after = _sum(stream)
    return value if after == "end" else None


def _unknown_of(tokens: list[Token], right: Fraction) -> Fraction | None:
    """Return what a question mark stands for; the sum is linear in it, or it has no result."""
    values = []
    for guess in (1, 2, 3):
        terms: list[Token] = [Fraction(guess) if token == "?" else token for token in tokens]
        value = _value_of(terms)
        if value is None:
            return None
        values.append(value)
    slope = values[1] - values[0]
    if values[2] - values[1] != slope:
        return None
    return 1 + (right - values[0]) / slope


def _sum(stream: Iterator[Token]) -> tuple[Fraction, Token]:
    value, after = _product(stream)
    while after == "+" or after == "-":
        term, following = _product(stream)
        value = value + term if after == "+" else value - term
        after = following
    return value, after


def _product(stream: Iterator[Token]) -> tuple[Fraction, Token]:
    value = _term(stream)
    after = next(stream)
    while after == "*" or after == "/":
        term = _term(stream)
        value = value * term if after == "*" else value / term
        after = next(stream)
    return value, after


def _term(stream: Iterator[Token]) -> Fraction:
    token = next(stream)
    if token == "(":
        value, after = _sum(stream)
        if after != ")":
            raise ValueError("a bracket is open")
        return value
    if not isinstance(token, Fraction):
        raise ValueError("a term is missing")
    return token
