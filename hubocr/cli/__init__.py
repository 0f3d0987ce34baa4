"""The command line, ``hubocr``: a file for each command.

Flags without a command are PaddleX's command line, see `hubocr.cli.paddlex`.
"""

from __future__ import annotations

import argparse
import io
import logging
import os
import sys
from collections.abc import Sequence

from hubocr import __version__
from hubocr.cli import (
    bench,
    completion,
    deploy,
    distil,
    export,
    label,
    list_options,
    mcp,
    models,
    paddlex,
    predict,
    serve,
    synth,
    train,
    ui,
)
from hubocr.cli import eval as evaluate
from hubocr.cli.printing import shown
from hubocr.errors import HubocrError
from hubocr.settings.flags import in_flags

__all__ = ["build_parser", "main"]

logger = logging.getLogger(__name__)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands; each sets ``run``, a function of the arguments."""
    parser = argparse.ArgumentParser(prog="hubocr", description="Self-hosted OCR on PP-OCR models.")
    parser.add_argument("--version", action="version", version=f"hubocr {__version__}")
    parser.add_argument("-v", "--verbose", action="store_true", help="log what is done")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    models.add_commands(commands)
    predict.add_command(commands)
    serve.add_commands(commands)
    ui.add_command(commands)
    deploy.add_command(commands)
    bench.add_command(commands)
    train.add_commands(commands)
    distil.add_command(commands)
    synth.add_command(commands)
    label.add_command(commands)
    evaluate.add_commands(commands)
    export.add_command(commands)
    list_options.add_command(commands)
    mcp.add_command(commands)
    completion.add_command(commands, parser)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status: 0, 1 on an error, 2 on wrong usage."""
    words = sys.argv[1:] if argv is None else list(argv)
    parser = paddlex.build_parser() if paddlex.is_paddlex(words) else build_parser()
    if not words:
        parser.print_help(sys.stderr)
        return 2
    arguments = _parsed(parser, words)
    _escape_unencodable()
    logging.basicConfig(
        level=logging.INFO if arguments.verbose else logging.WARNING,
        format="%(levelname)s %(name)s: %(message)s",
    )
    try:
        return int(arguments.run(arguments))
    except HubocrError as error:
        # The library speaks of settings, the command line of flags.
        error = in_flags(error, getattr(arguments, "flag_names", {}))
        print(f"hubocr: {shown(error.message)}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # The reader, such as head, has left; Python would complain again when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:  # a folder that can't be written, a full disk
        logger.info("where it happened", exc_info=True)
        name = f"{error.filename}: " if error.filename is not None else ""
        print(f"hubocr: {shown(name)}{error.strerror or error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("hubocr: stopped", file=sys.stderr)
        return 130


def _parsed(parser: argparse.ArgumentParser, words: Sequence[str]) -> argparse.Namespace:
    """Parse a command line; where a command doesn't know a flag, say where its flags are listed."""
    arguments, unknown = parser.parse_known_args(words)
    if unknown:
        parser.error(
            f"unrecognized arguments: {' '.join(unknown)}; {_help_of(words)} lists what there is"
        )
    return arguments


def _help_of(words: Sequence[str]) -> str:
    """Return the command that prints the help of a command line."""
    if paddlex.is_paddlex(words):
        return "hubocr --pipeline OCR --help"
    return "hubocr --help" if words[0].startswith("-") else f"hubocr {words[0]} --help"


def _escape_unencodable() -> None:
    """Let standard output take what its encoding lacks, and names that aren't UTF-8, as escapes."""
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")
