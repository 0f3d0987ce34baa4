"""``-o NAME=VALUE``: parameters by their public names on the command line."""

from __future__ import annotations

import argparse
import json

from hubocr.hub.params import PARAMS

_NUMBERS = ("integer", "number", "boolean")


def add_option_argument(parser: argparse.ArgumentParser) -> None:
    """Add ``-o``, whose values come as a list of pairs in ``option``."""
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
