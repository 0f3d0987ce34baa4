"""``hubocr completion``: the completion script of a shell."""

from __future__ import annotations

import argparse
import functools
from typing import TYPE_CHECKING

from hubocr.optional import require

if TYPE_CHECKING:
    from hubocr.cli.command import Commands

_SHELLS = ("bash", "zsh", "tcsh")


def add_command(commands: Commands, completed: argparse.ArgumentParser) -> None:
    """Add ``completion`` of what another parser takes."""
    parser = commands.add_parser(
        "completion",
        help="print the completion script of a shell",
        description="Print the script by which a shell completes hubocr's commands and flags. "
        'For bash: eval "$(hubocr completion bash)", in ~/.bashrc. Needs hubocr[completion].',
    )
    parser.add_argument("shell", choices=_SHELLS)
    parser.set_defaults(run=functools.partial(_print_script, completed))


def _print_script(completed: argparse.ArgumentParser, arguments: argparse.Namespace) -> int:
    shtab = require("shtab", "completion", "completion")
    print(shtab.complete(completed, arguments.shell))
    return 0
