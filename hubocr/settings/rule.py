"""Rules of settings: what each is called, means and may be, declared once with its field.

A settings class is a frozen dataclass that inherits `Checked` and whose fields are made with
`setting`. What other parts need (layers, flags, JSON schema, YAML, tables in the docs) is derived
from the rules.

pydantic and msgspec were tried for this. Importing pydantic 2.14 takes 40 to 90 ms here, which is
8 to 18 % of the time from start to the first captcha; msgspec 0.22 takes 28 ms and checks only what
it decodes, not what Python makes. Neither has a place for a second language or the tasks, so that a
rule beside each field would be needed all the same.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, ClassVar, Literal

from hubocr.settings.kinds import KINDS, Kind, refusal

Task = Literal["det", "cls", "rec"]
TASKS: tuple[Task, ...] = ("det", "cls", "rec")
"""The stages: detection, direction classification, recognition."""

Language = Literal["en", "zh"]


@dataclass(frozen=True)
class Rule:
    """What a setting is called, means and may be.

    Attributes:
        name: The public name, upstream's where upstream has one.
        help: The meaning, in one sentence.
        zh: The same in Chinese.
        kind: The type of the value, a name of `hubocr.settings.kinds.KINDS`.
        low: Smallest value.
        high: Largest value.
        choices: The values of a ``choice``.
        optional: Whether None is a value.
        per_request: Whether a request may set it.
        tasks: The stages that a module must have for the setting to mean anything.
        flag: Its flag on the command line, where that isn't the name with hyphens.
        secret: Whether the value must not be shown, nor given on a command line.
        group: The heading under which the command line and the docs list it.
    """

    name: str
    help: str
    zh: str
    kind: str
    low: float = 0
    high: float = 0
    choices: tuple[str, ...] = ()
    optional: bool = False
    per_request: bool = False
    tasks: tuple[Task, ...] = ()
    flag: str = ""
    secret: bool = False
    group: str = ""

    @property
    def type(self) -> Kind:
        """The kind itself."""
        return KINDS[self.kind]

    @property
    def option(self) -> str:
        """The flag on the command line."""
        return self.flag or f"--{self.name.replace('_', '-')}"

    def text(self, language: Language = "en") -> str:
        """Return the meaning in a language."""
        return self.zh if language == "zh" else self.help

    def convert(self, value: object) -> object:
        """Return a value as the settings class has it, from what JSON, YAML or Python can write."""
        return self.type.convert(value)

    def check(self, value: object) -> None:
        """Raise `SettingsError`, which names the setting, unless it may have this value."""
        if value is None and self.optional:
            return
        if not self.type.allows(value, self):
            raise refusal(self.name, self.type.expectation(self), value)
        self.type.refuse_content(value, self.name)


def setting(default: object, name: str, help: str, zh: str, kind: str, **limits: Any) -> Any:
    """Declare a field of a settings class; see `Rule` for the arguments.

    ``default`` is `dataclasses.MISSING` where there is none.
    """
    rule = Rule(name, help, zh, kind, **limits)
    return field(default=default, repr=not rule.secret, metadata={"rule": rule})


def again(settings: type, name: str, default: object, **changes: Any) -> Any:
    """Declare a field of a class anew for a subclass: with a default of its own.

    Args:
        settings: The class that declares it.
        name: The field.
        default: The subclass's default.
        changes: What else differs of its `Rule`.
    """
    rule = replace(rules(settings)[name], **changes)
    return field(default=default, repr=not rule.secret, metadata={"rule": rule})


def rules(settings: type) -> dict[str, Rule]:
    """Return the rules of a settings class by field."""
    return _rules(settings)


@functools.cache
def _rules(settings: Any) -> dict[str, Rule]:
    return {f.name: f.metadata["rule"] for f in fields(settings) if "rule" in f.metadata}


class Checked:
    """Base of the settings classes: checks every field when a value is made.

    Attributes:
        title: What the class is about, a heading in each language.
        tasks: The stages that a module must have for the class's settings to mean anything, where
            a rule doesn't say otherwise.
    """

    title: ClassVar[Mapping[Language, str]] = {"en": "Settings", "zh": "设置"}
    tasks: ClassVar[tuple[Task, ...]] = ()

    def __post_init__(self) -> None:
        """Raise `SettingsError` for a field that breaks its rule."""
        for name, rule in rules(type(self)).items():
            rule.check(getattr(self, name))
