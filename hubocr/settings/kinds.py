"""The kinds of values that a setting may have: what each allows, and how it is written and read.

A new kind is a class here and an entry of `KINDS`. Everything that depends on the type of a value
(the check of a settings class, JSON schema, the command line, YAML, the tables in the docs) asks
the kind.
"""

from __future__ import annotations

import ipaddress
import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from hubocr.errors import SettingsError
from hubocr.settings.charset import ANY, LONGEST_TEXT, length_limits, parse_charset

_LONGEST_CHARSET = 10_000


class Bounds(Protocol):
    """What a kind has to know of a rule."""

    @property
    def low(self) -> float:
        """Smallest value."""

    @property
    def high(self) -> float:
        """Largest value."""

    @property
    def choices(self) -> tuple[str, ...]:
        """The values of a choice."""


class Kind:
    """A kind of value; the base is a text that isn't empty."""

    metavar = "TEXT"
    nargs: str | None = None

    def allows(self, value: object, bounds: Bounds) -> bool:
        """Say whether a setting of this kind may have a value."""
        return isinstance(value, str) and bool(value)

    def refuse_content(self, value: Any, name: str) -> None:
        """Raise `SettingsError` for a value that is allowed by form but has a mistake inside."""

    def expectation(self, bounds: Bounds) -> str:
        """Return what is expected, for an error message: "must be ..."."""
        return "a text that isn't empty"

    def schema(self, bounds: Bounds) -> dict[str, Any]:
        """Return the JSON schema."""
        return {"type": "string"}

    def convert(self, value: object) -> object:
        """Return a value as a settings class has it, from what JSON, YAML or Python can write."""
        return value

    def parse(self, text: str) -> object:
        """Return the value that a text on the command line means; what is wrong stays as it is."""
        return self.convert(text)

    def plain(self, value: Any) -> Any:
        """Return a value as JSON and YAML can write it."""
        return value

    @property
    def argument(self) -> Callable[[str], object]:
        """The function with which argparse reads a word."""
        return str

    def limits(self, bounds: Bounds) -> str:
        """Return the values that are allowed for the tables in the docs, in no language."""
        return ""


class _Number(Kind):
    metavar = "X"
    article = "a number"
    types: tuple[type, ...] = (int, float)

    def allows(self, value: object, bounds: Bounds) -> bool:
        is_number = isinstance(value, self.types) and not isinstance(value, bool)
        return is_number and bounds.low <= value <= bounds.high  # type: ignore[operator]

    def expectation(self, bounds: Bounds) -> str:
        return f"{self.article} from {_bound(bounds.low)} to {_bound(bounds.high)}"

    def schema(self, bounds: Bounds) -> dict[str, Any]:
        return {"type": "number", "minimum": bounds.low, "maximum": bounds.high}

    def parse(self, text: str) -> object:
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            return text

    @property
    def argument(self) -> Callable[[str], object]:
        return float

    def limits(self, bounds: Bounds) -> str:
        return f"{_bound(bounds.low)} – {_bound(bounds.high)}"


class _Integer(_Number):
    metavar = "N"
    article = "an integer"
    types = (int,)

    def schema(self, bounds: Bounds) -> dict[str, Any]:
        return {"type": "integer", "minimum": bounds.low, "maximum": bounds.high}

    @property
    def argument(self) -> Callable[[str], object]:
        return int


class _Boolean(Kind):
    def allows(self, value: object, bounds: Bounds) -> bool:
        return isinstance(value, bool)

    def expectation(self, bounds: Bounds) -> str:
        return "true or false"

    def schema(self, bounds: Bounds) -> dict[str, Any]:
        return {"type": "boolean"}

    def parse(self, text: str) -> object:
        return {"true": True, "false": False}.get(text, text)

    def limits(self, bounds: Bounds) -> str:
        return "`true`, `false`"


class _Choice(Kind):
    def allows(self, value: object, bounds: Bounds) -> bool:
        return value in bounds.choices

    def expectation(self, bounds: Bounds) -> str:
        return f"one of {', '.join(repr(choice) for choice in bounds.choices)}"

    def schema(self, bounds: Bounds) -> dict[str, Any]:
        return {"type": "string", "enum": list(bounds.choices)}

    def limits(self, bounds: Bounds) -> str:
        return ", ".join(f"`{choice}`" for choice in bounds.choices)


class _Shape(Kind):
    """(3, height, width); written as a text "3, 48, 320" or a list."""

    metavar = "SHAPE"

    def allows(self, value: object, bounds: Bounds) -> bool:
        return (
            isinstance(value, tuple)
            and len(value) == 3
            and all(isinstance(size, int) for size in value)
            and value[0] == 3
            and 8 <= value[1] <= 1024
            and 8 <= value[2] <= 8192
        )

    def expectation(self, bounds: Bounds) -> str:
        return "three integers: 3, a height from 8 to 1024 and a width from 8 to 8192"

    def convert(self, value: object) -> object:
        parts = value.split(",") if isinstance(value, str) else value
        try:
            return tuple(int(part) for part in parts)  # type: ignore[attr-defined]
        except (TypeError, ValueError):
            return value

    def plain(self, value: Any) -> Any:
        return list(value)

    def limits(self, bounds: Bounds) -> str:
        return "`3, 8–1024, 8–8192`"


class _Charset(Kind):
    """A text that `hubocr.settings.charset.parse_charset` reads."""

    metavar = "SPEC"

    def allows(self, value: object, bounds: Bounds) -> bool:
        return isinstance(value, str) and 0 < len(value) <= _LONGEST_CHARSET

    def refuse_content(self, value: Any, name: str) -> None:
        parse_charset(value, name)

    def expectation(self, bounds: Bounds) -> str:
        return (
            "names of sets joined with + (such as letters+digits), ranges (such as a-f), or "
            f"the characters themselves, at most {_LONGEST_CHARSET}"
        )

    def limits(self, bounds: Bounds) -> str:
        return "`digits+a-f`"


class _Length(Kind):
    """A text such as "4" or "3-6"; an integer is taken for its text."""

    metavar = "N-M"

    def allows(self, value: object, bounds: Bounds) -> bool:
        return isinstance(value, str) and length_limits(value) is not None

    def expectation(self, bounds: Bounds) -> str:
        return f"{ANY!r}, a number such as '4' or limits such as '3-6', up to {LONGEST_TEXT}"

    def convert(self, value: object) -> object:
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value) if 0 < value <= LONGEST_TEXT else value
        return value

    def limits(self, bounds: Bounds) -> str:
        return f"`{ANY}`, `4`, `3-6`"


class _Path(Kind):
    metavar = "PATH"

    def allows(self, value: object, bounds: Bounds) -> bool:
        return isinstance(value, Path)

    def expectation(self, bounds: Bounds) -> str:
        return "a path"

    def convert(self, value: object) -> object:
        return Path(value) if isinstance(value, str) and value else value

    def plain(self, value: Any) -> Any:
        return str(value)

    @property
    def argument(self) -> Callable[[str], object]:
        return Path


class _Texts(Kind):
    """Several texts, a tuple; written as a list."""

    nargs = "+"

    def allows(self, value: object, bounds: Bounds) -> bool:
        return isinstance(value, tuple) and all(isinstance(v, str) and v for v in value)

    def expectation(self, bounds: Bounds) -> str:
        return "a list of texts"

    def schema(self, bounds: Bounds) -> dict[str, Any]:
        return {"type": "array", "items": {"type": "string"}}

    def convert(self, value: object) -> object:
        return tuple(value) if isinstance(value, list) else value

    def plain(self, value: Any) -> Any:
        return list(value)


class _Numbers(_Texts):
    """Several numbers, a tuple; written as a list."""

    metavar = "X"

    def allows(self, value: object, bounds: Bounds) -> bool:
        return isinstance(value, tuple) and all(
            isinstance(v, (int, float))
            and not isinstance(v, bool)
            and math.isfinite(v)
            and bounds.low <= v <= bounds.high
            for v in value
        )

    def expectation(self, bounds: Bounds) -> str:
        return f"a list of numbers from {_bound(bounds.low)} to {_bound(bounds.high)}"

    def schema(self, bounds: Bounds) -> dict[str, Any]:
        item = {"type": "number", "minimum": bounds.low, "maximum": bounds.high}
        return {"type": "array", "items": item}

    @property
    def argument(self) -> Callable[[str], object]:
        return float

    def limits(self, bounds: Bounds) -> str:
        return f"{_bound(bounds.low)} – {_bound(bounds.high)}"


class _Networks(_Texts):
    """Addresses and networks such as 10.0.0.0/8, a tuple of texts; written as a list."""

    metavar = "NETWORK"

    def refuse_content(self, value: Any, name: str) -> None:
        for text in value:
            try:
                ipaddress.ip_network(text, strict=False)
            except ValueError as error:
                raise SettingsError(f"{name}: {error}", setting=name) from None

    def expectation(self, bounds: Bounds) -> str:
        return "a list of addresses or networks"

    def limits(self, bounds: Bounds) -> str:
        return "`10.0.0.0/8`"


KINDS: Mapping[str, Kind] = {
    "integer": _Integer(),
    "number": _Number(),
    "boolean": _Boolean(),
    "choice": _Choice(),
    "text": Kind(),
    "shape": _Shape(),
    "charset": _Charset(),
    "length": _Length(),
    "path": _Path(),
    "texts": _Texts(),
    "numbers": _Numbers(),
    "networks": _Networks(),
}
"""Every kind by its name."""


def refusal(name: str, expectation: str, value: object) -> SettingsError:
    """Return the error for a value that a setting may not have."""
    return SettingsError(f"{name} must be {expectation}, not {_shown(value)}", setting=name)


def _shown(value: object) -> str:
    try:
        text = repr(value)
    except ValueError:  # Python won't write integers of more than 4300 digits
        return "a number that long"
    except RecursionError:
        return "a value nested that deeply"
    return text if len(text) <= 100 else f"{text[:97]}..."


def _bound(value: float) -> str:
    return str(value) if isinstance(value, int) else f"{value:.12g}"
