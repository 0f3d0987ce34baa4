"""Parameters by their public names on the command line: ``--profile``, ``-o`` and their layers."""

from __future__ import annotations

import argparse
import json
from collections.abc import Collection, Sequence

from hubocr.hub.params import PARAMS, apply_layers
from hubocr.models.registry import TASKS, Task
from hubocr.profiles import PROFILES
from hubocr.settings import PipelineSettings

_NUMBERS = ("integer", "number", "boolean")


def add_profile_argument(parser: argparse.ArgumentParser) -> None:
    """Add ``--profile``."""
    parser.add_argument(
        "--profile", metavar="NAME", help=f"named set of settings: {', '.join(PROFILES)}"
    )


def add_option_argument(parser: argparse.ArgumentParser) -> None:
    """Add ``-o``, for `read_settings`."""
    parser.add_argument(
        "-o",
        "--option",
        action="append",
        type=_option,
        default=[],
        metavar="NAME=VALUE",
        help="a parameter as in params.py, such as det_limit_type=min, rec_charset=digits or "
        "profile=fast; may be repeated",
    )


def read_settings(
    arguments: argparse.Namespace, flags: Sequence[str], tasks: Collection[Task] = TASKS
) -> PipelineSettings:
    """Return the settings of a command line.

    Args:
        arguments: What was parsed.
        flags: Parameters that have a flag of their own; None, where one isn't given, leaves them
            to the profile.
        tasks: The tasks whose parameters ``-o`` may set.

    Raises:
        SettingsError: A parameter is unknown or its value can't be used.
    """
    named = {name: getattr(arguments, name) for name in flags}
    given = {name: value for name, value in named.items() if value is not None}
    layers = {"command line": given, "--option": dict(arguments.option)}
    return apply_layers(PipelineSettings(), layers, tasks)


def _option(text: str) -> tuple[str, object]:
    name, separator, value = text.partition("=")
    if not separator:
        raise argparse.ArgumentTypeError(f"{text!r}: expected NAME=VALUE")
    if PARAMS.get(name) and PARAMS[name].rule.kind in _NUMBERS:
        try:
            return name, json.loads(value)
        except ValueError:
            pass  # the setting says what it may be
    return name, value
