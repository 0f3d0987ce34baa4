"""``hubocr synth``: draw labelled lines of text."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from hubocr.settings.declared import Params
from hubocr.settings.flags import add_settings_arguments, flag_names, given
from hubocr.synth.settings import OUTPUT_PARAMS, SYNTH_PARAMS, OutputSettings, SynthSettings

if TYPE_CHECKING:
    from hubocr.cli.command import Commands


def add_command(commands: Commands) -> None:
    """Add ``synth``."""
    parser = commands.add_parser(
        "synth",
        help="draw labelled lines of text",
        description="Draw lines of text with their labels, for training: words, numbers, codes, "
        "dates or a corpus of your own, in the fonts that are installed or named, damaged as "
        "pages, street photographs, handwriting or captchas are. The same seed draws the same "
        "lines. Needs hubocr[synth].",
    )
    add_settings_arguments(parser.add_argument_group("output"), OUTPUT_PARAMS)
    add_synth_arguments(parser)
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    parser.set_defaults(run=_synth, flag_names=flag_names({**OUTPUT_PARAMS, **SYNTH_PARAMS}))


def add_synth_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the flags of synthetic lines."""
    for title in ("text", "image"):
        group = parser.add_argument_group(title)
        own = [name for name, param in SYNTH_PARAMS.items() if param.rule.group == title]
        add_settings_arguments(group, SYNTH_PARAMS, own)


def read_synth(arguments: argparse.Namespace) -> SynthSettings:
    """Return the synthetic lines that a command line wants."""
    return SynthSettings(**_fields(arguments, SYNTH_PARAMS))


def _fields(arguments: argparse.Namespace, params: Params) -> dict[str, Any]:
    return {params[name].field: value for name, value in given(arguments, params).items()}


def _synth(arguments: argparse.Namespace) -> int:
    from hubocr.synth.output import write_lines

    output = OutputSettings(**_fields(arguments, OUTPUT_PARAMS))
    print(write_lines(read_synth(arguments), output, progress=not arguments.quiet))
    return 0
