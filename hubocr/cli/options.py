"""Parameters on the command line: flags of their own, ``--profile``, ``--settings`` and ``-o``."""

from __future__ import annotations

import argparse
from collections.abc import Collection, Mapping
from pathlib import Path

from hubocr.api.config import read_config
from hubocr.settings import PROFILES, TASKS, PipelineSettings, Task
from hubocr.settings.flags import add_settings_arguments, flag_names, given
from hubocr.settings.layers import effective_settings
from hubocr.settings.params import PARAMS
from hubocr.settings.profiles import DEFAULT_PROFILE, PROFILE

_LAYER = "command line"


def add_pipeline_arguments(
    parser: argparse.ArgumentParser,
    names: Collection[str],
    *,
    flags: Mapping[str, str] | None = None,
    defaults: Mapping[str, object] | None = None,
    profile: str = DEFAULT_PROFILE,
) -> None:
    """Add flags for some parameters, and ``--profile``, ``--settings`` and ``-o`` for all.

    Args:
        parser: The parser of a command, which calls `read_settings`.
        names: The parameters that get a flag.
        flags: Flags of this command that differ from the declared ones, by parameter.
        defaults: Defaults of this command that differ from the declared ones.
        profile: The profile that this command has where none is named; the help shows its values.
    """
    shown = {**(defaults or {}), **PROFILES[profile].values}
    add_settings_arguments(parser, PARAMS, names, flags=flags, defaults=shown)
    parser.add_argument(
        PROFILE.option,
        "--scene",
        dest=PROFILE.name,
        metavar="NAME",
        help=f"scene, or other named set of settings: {', '.join(PROFILES)}",
    )
    parser.add_argument(
        "--settings",
        "--config",
        type=Path,
        metavar="FILE",
        help="YAML file of parameters (see hubocr options --yaml), or an OCR.yaml of PaddleX; "
        "flags and -o override it",
    )
    parser.add_argument(
        "-o",
        "--option",
        action="append",
        type=_option,
        default=[],
        metavar="NAME=VALUE",
        help="a parameter as in params.py, such as det_limit_type=min, rec_charset=digits or "
        "profile=fast (see hubocr options); may be repeated",
    )
    named = {**flag_names(PARAMS, _LAYER, flags), f"{_LAYER}.{PROFILE.name}": PROFILE.option}
    parser.set_defaults(flag_names=named, command_defaults=dict(defaults or {}))


def read_settings(
    arguments: argparse.Namespace, tasks: Collection[Task] = TASKS
) -> PipelineSettings:
    """Return the settings of a command line.

    Args:
        arguments: What was parsed, by a parser with `add_pipeline_arguments`.
        tasks: The tasks whose parameters may be set.

    Raises:
        SettingsError: A parameter is unknown or its value can't be used.
    """
    defaults = arguments.command_defaults
    layers = settings_layers(arguments)
    return effective_settings(PipelineSettings(), layers, tasks, server=defaults).pipeline


def settings_layers(arguments: argparse.Namespace) -> dict[str, dict[str, object]]:
    """Return what a command line sets, the file that it names first.

    Raises:
        SettingsError: The file can't be read.
    """
    flags = given(arguments, PARAMS)
    if arguments.profile is not None:
        flags[PROFILE.name] = arguments.profile
    layers = {_LAYER: flags, "--option": dict(arguments.option)}
    if arguments.settings is not None:
        layers = {arguments.settings.name: dict(read_config(arguments.settings).values), **layers}
    return layers


def _option(text: str) -> tuple[str, object]:
    name, separator, value = text.partition("=")
    if not separator:
        raise argparse.ArgumentTypeError(f"{text!r}: expected NAME=VALUE")
    return name, PARAMS[name].rule.type.parse(value) if name in PARAMS else value
