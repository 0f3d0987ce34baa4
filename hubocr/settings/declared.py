"""A settings tree by public names: where each setting is, and new trees with some of them changed.

A tree is a frozen dataclass whose fields are settings (declared with
`hubocr.settings.rule.setting`) or trees of their own; the pipeline's, the server's and a training
run's are such trees.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass, replace
from typing import Any, TypeVar

from hubocr.errors import SettingsError
from hubocr.settings.rule import Language, Rule, Task

_MOST_NAMED, _LONGEST_SHOWN = 10, 60
"""Unknown names that an error lists, and the characters that it shows of each."""

Tree = TypeVar("Tree")


@dataclass(frozen=True)
class Param:
    """A setting in a tree.

    Attributes:
        path: The fields that lead to its section, such as ("options", "detection").
        field: Its field there.
        rule: Its name, meaning and limits.
        default: Its default; None also where it has none.
        tasks: The stages that a module must have for it to mean anything.
        required: Whether it has no default.
        title: The heading of its section in each language.
    """

    path: tuple[str, ...]
    field: str
    rule: Rule
    default: Any
    tasks: tuple[Task, ...]
    required: bool
    title: Mapping[Language, str]

    def belongs(self, tasks: Collection[Task]) -> bool:
        """Say whether a module with these stages has it."""
        return set(self.tasks) <= set(tasks)

    def of(self, settings: Any) -> Any:
        """Return its value in a tree."""
        for name in self.path:
            settings = getattr(settings, name)
        return getattr(settings, self.field)


Params = Mapping[str, Param]
"""Settings by public name."""


def declared(tree: type) -> dict[str, Param]:
    """Return every setting of a tree by its public name, in the order of declaration."""
    params: dict[str, Param] = {}
    for param in _walk(tree, None, ()):
        if param.rule.name in params:
            raise TypeError(f"{tree.__name__} declares {param.rule.name} twice")
        params[param.rule.name] = param
    return params


def _walk(tree: Any, defaults: Any, path: tuple[str, ...]) -> Iterator[Param]:
    for own in fields(tree):
        default = _default(own) if defaults is None else getattr(defaults, own.name)
        if "rule" in own.metadata:
            rule: Rule = own.metadata["rule"]
            required = own.default is MISSING and own.default_factory is MISSING
            tasks = rule.tasks or tree.tasks
            yield Param(path, own.name, rule, default, tasks, required, tree.title)
        elif is_dataclass(default):
            yield from _walk(type(default), default, (*path, own.name))


def _default(own: Field[Any]) -> Any:
    if own.default is not MISSING:
        return own.default
    return own.default_factory() if own.default_factory is not MISSING else None


def change(settings: Tree, params: Params, values: Mapping[str, object], where: str) -> Tree:
    """Return a tree with the settings of one layer applied.

    Args:
        settings: The settings so far.
        params: The settings that the layer may hold.
        values: Values by public name, as JSON, YAML or Python can write them.
        where: Name of the layer, for error messages, such as ``init_args``.

    Raises:
        SettingsError: A name is unknown, or a value is wrong.
    """
    refuse_unknown(values, params, where)
    changes = [(params[name], params[name].rule.convert(value)) for name, value in values.items()]
    try:
        return _changed(settings, [(param.path, param.field, value) for param, value in changes])
    except SettingsError as error:
        raise error.within(where) from None


_Change = tuple[tuple[str, ...], str, object]


def _changed(settings: Tree, changes: Sequence[_Change]) -> Tree:
    if not changes:
        return settings
    inner: dict[str, list[_Change]] = {}
    for path, name, value in changes:
        if path:
            inner.setdefault(path[0], []).append((path[1:], name, value))
    new: dict[str, Any] = {
        own.name: _changed(getattr(settings, own.name), inner[own.name])
        for own in fields(settings)  # type: ignore[arg-type]
        if own.name in inner
    }
    new |= {name: value for path, name, value in changes if not path}
    return replace(settings, **new)  # type: ignore[type-var]


def refuse_unknown(values: Mapping[str, object], params: Collection[str], where: str) -> None:
    """Raise `SettingsError` where a layer names something else than these settings."""
    unknown = sorted(set(values) - set(params))
    if unknown:
        named = ", ".join(shortened(name) for name in unknown[:_MOST_NAMED])
        more = f" and {len(unknown) - _MOST_NAMED} more" if len(unknown) > _MOST_NAMED else ""
        listed = ", ".join(sorted(params)) or "none"
        raise SettingsError(f"unknown key in {where}: {named}{more} (settings: {listed})")


def shortened(text: str) -> str:
    """Return a text of a caller's as error messages show it."""
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."
