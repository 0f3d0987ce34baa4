"""Settings as flags of a command line.

The library speaks of settings by their names, at the beginning of a message (which the error then
knows, `hubocr.errors.HubocrError.setting`) or in `backticks` within it; a command line translates
them into its flags, see `flag_names` and `in_flags`.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Collection, Mapping
from typing import Any, Protocol

from hubocr.errors import HubocrError
from hubocr.settings.declared import Param, Params
from hubocr.settings.schema import default_text


class Target(Protocol):
    """A parser of argparse, or a group of its arguments."""

    def add_argument(self, *names: str, **options: Any) -> argparse.Action:
        """Add a flag."""


def add_settings_arguments(
    parser: Target,
    params: Params,
    names: Collection[str] | None = None,
    *,
    flags: Mapping[str, str] | None = None,
    defaults: Mapping[str, object] | None = None,
) -> None:
    """Add a flag for each setting; one that isn't given is None and leaves the setting alone.

    Args:
        parser: The parser, or a group in it.
        params: The settings that there are.
        names: Those that get a flag; None: all but secret ones.
        flags: Flags of this command that differ from the declared ones, by name.
        defaults: Defaults of this command that differ from the declared ones, to be shown.
    """
    for name in params if names is None else names:
        if names is None and params[name].rule.secret:
            continue
        flag = (flags or {}).get(name, params[name].rule.option)
        own = (defaults or {}).get(name)
        _add(parser, params[name], flag, own)


def _add(parser: Target, param: Param, flag: str, own: object) -> None:
    rule, kind = param.rule, param.rule.type
    shown = default_text(param) if own is None else str(own)
    # argparse takes % for a place holder.
    help_text = rule.help.replace("%", "%%") + (f" ({shown})" if shown else "")
    options: dict[str, Any] = {"dest": rule.name, "help": help_text}
    if rule.kind == "boolean":
        options["action"] = argparse.BooleanOptionalAction
    else:
        options |= {"type": kind.argument, "nargs": kind.nargs, "required": param.required}
        if rule.choices:
            options["choices"] = rule.choices
        else:
            options["metavar"] = kind.metavar
    parser.add_argument(flag, **options)


def given(
    arguments: argparse.Namespace, params: Params, names: Collection[str] | None = None
) -> dict[str, object]:
    """Return the settings that a command line sets, by name, as the settings classes have them."""
    found = {name: getattr(arguments, name, None) for name in names or params}
    return {
        name: params[name].rule.convert(value) for name, value in found.items() if value is not None
    }


def flag_names(
    params: Params, where: str = "", flags: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return the flag of each setting by the name that error messages have for it.

    Args:
        params: The settings.
        where: The layer's name in the messages, such as ``command line``; empty: none.
        flags: Flags that differ from the declared ones, by name.
    """
    prefix = f"{where}." if where else ""
    return {
        f"{prefix}{name}": (flags or {}).get(name, param.rule.option)
        for name, param in params.items()
    }


def in_flags(error: HubocrError, names: Mapping[str, str]) -> HubocrError:
    """Return an error that speaks of flags where the library's speaks of settings.

    Args:
        error: The library's.
        names: From `flag_names`.
    """
    flag = names.get(error.setting)
    rest = error.message if flag is None else error.message.removeprefix(error.setting)
    rest = re.sub(r"`(\w+)`", lambda found: names.get(found[1], found[0]), rest)
    return type(error)(f"{flag or ''}{rest}")
