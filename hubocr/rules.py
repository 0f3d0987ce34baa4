"""Rules of settings: what each is called, means and may be, declared once with its field."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from hubocr.errors import SettingsError

Kind = Literal["integer", "number", "boolean", "choice", "text", "shape", "charset", "length"]

ANY = "any"
"""The value of a charset or length that restricts nothing."""

LONGEST_TEXT = 64
"""Largest number of characters that a length may name; captchas, plates and numbers are shorter."""

_LONGEST_CHARSET = 10_000
_LENGTH = re.compile(r"([0-9]{1,2})(?:-([0-9]{1,2}))?")


@dataclass(frozen=True)
class Rule:
    """What a setting is called, means and may be.

    Attributes:
        name: The public name, upstream's where upstream has one.
        help: The meaning, in one sentence.
        kind: The type of the value; a ``shape`` is (3, height, width), a ``charset`` a text that
            `hubocr.recognition.parse_charset` reads, a ``length`` a text such as ``4`` or ``3-6``.
        low: Smallest value.
        high: Largest value.
        choices: The values of a ``choice``.
        optional: Whether None is a value.
        per_request: Whether a request may set it.
    """

    name: str
    help: str
    kind: Kind
    low: float = 0
    high: float = 0
    choices: tuple[str, ...] = ()
    optional: bool = False
    per_request: bool = False

    def check(self, value: object) -> None:
        """Raise `SettingsError`, which names the setting, unless it may have this value."""
        if not self._allows(value):
            raise SettingsError(f"{self.name} must be {self._expectation()}, not {_shown(value)}")

    def _allows(self, value: object) -> bool:
        if value is None:
            return self.optional
        if self.kind == "boolean":
            return isinstance(value, bool)
        if self.kind == "choice":
            return value in self.choices
        if self.kind == "text":
            return isinstance(value, str) and bool(value)
        if self.kind == "shape":
            return _is_shape(value)
        if self.kind == "charset":
            return isinstance(value, str) and 0 < len(value) <= _LONGEST_CHARSET
        if self.kind == "length":
            return isinstance(value, str) and length_limits(value) is not None
        types = (int,) if self.kind == "integer" else (int, float)
        is_number = isinstance(value, types) and not isinstance(value, bool)
        return is_number and self.low <= value <= self.high  # type: ignore[operator]

    def _expectation(self) -> str:
        if self.kind == "boolean":
            return "true or false"
        if self.kind == "choice":
            return f"one of {', '.join(repr(choice) for choice in self.choices)}"
        if self.kind == "text":
            return "a name or path"
        if self.kind == "shape":
            return "three integers: 3, a height from 8 to 1024 and a width from 8 to 8192"
        if self.kind == "charset":
            return (
                "names of sets joined with + (such as letters+digits), ranges (such as a-f), or "
                f"the characters themselves, at most {_LONGEST_CHARSET}"
            )
        if self.kind == "length":
            return f"{ANY!r}, a number such as '4' or limits such as '3-6', up to {LONGEST_TEXT}"
        number = "an integer" if self.kind == "integer" else "a number"
        return f"{number} from {self.low:.12g} to {self.high:.12g}"


def _shown(value: object) -> str:
    try:
        text = repr(value)
    except ValueError:  # Python won't write integers of more than 4300 digits
        return "a number that long"
    return text if len(text) <= 100 else f"{text[:97]}..."


def _is_shape(value: object) -> bool:
    return (
        isinstance(value, tuple)
        and len(value) == 3
        and all(isinstance(size, int) for size in value)
        and value[0] == 3
        and 8 <= value[1] <= 1024
        and 8 <= value[2] <= 8192
    )


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


def setting(default: object, name: str, help: str, kind: Kind, **limits: Any) -> Any:
    """Declare a field of a settings class; see `Rule` for the arguments."""
    return field(default=default, metadata={"rule": Rule(name, help, kind, **limits)})


def rules(settings: type) -> dict[str, Rule]:
    """Return the rules of a settings class by field."""
    return {f.name: f.metadata["rule"] for f in fields(settings) if "rule" in f.metadata}


class Checked:
    """Base of the settings classes: checks every field when a value is made."""

    def __post_init__(self) -> None:
        """Raise `SettingsError` for a field that breaks its rule."""
        for name, rule in rules(type(self)).items():
            rule.check(getattr(self, name))
