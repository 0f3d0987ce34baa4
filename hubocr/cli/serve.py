"""``hubocr serve`` and ``hubocr serving start | stop``."""

from __future__ import annotations

import argparse
import functools
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hubocr.errors import SettingsError
from hubocr.optional import require
from hubocr.server.pid_file import PidFile, running_servers
from hubocr.server.settings import (
    KEYS_VARIABLE,
    SERVER_PARAMS,
    ModuleEntry,
    ServerSettings,
    apply_server_settings,
    read_api_keys,
    read_config,
)
from hubocr.settings.flags import add_settings_arguments, flag_names, given

if TYPE_CHECKING:
    from hubocr.cli.command import Commands

_STOP_TIMEOUT_S = 40
_LAYER = "command line"


def add_commands(commands: Commands) -> None:
    """Add ``serve`` and ``serving``."""
    serve = commands.add_parser(
        "serve",
        help="serve modules over HTTP",
        description="Serve the modules of a config.json (PaddleHub's format) on the same routes "
        'with the same JSON. Each setting may also stand in the file\'s object "server"; the '
        "command line wins. SIGTERM drains and ends the server, SIGHUP reloads the models.",
    )
    serve.add_argument("-c", "--config", type=Path, metavar="FILE", help="config.json")
    serve.add_argument(
        "-m", "--modules", nargs="+", metavar="NAME", help="instead: hub modules, such as ocr_rec"
    )
    serve.add_argument(
        "--api-keys",
        dest="key_file",
        type=Path,
        metavar="FILE",
        help=f"API keys, one a line (or {KEYS_VARIABLE}, by commas); none: requests need no key",
    )
    add_settings_arguments(serve, SERVER_PARAMS)
    serve.set_defaults(run=_serve, flag_names=flag_names(SERVER_PARAMS, _LAYER))

    serving = commands.add_parser("serving", help="start | stop, with PaddleHub's flags")
    actions = serving.add_subparsers(title="commands", metavar="COMMAND", required=True)
    start = actions.add_parser("start", help="serve modules (as hub serving start)")
    start.add_argument("-m", "--modules", nargs="+", metavar="NAME[==VERSION]")
    start.add_argument("-p", "--port", type=int)
    start.add_argument("-c", "--config", type=Path, metavar="FILE")
    start.add_argument("--use_multiprocess", action="store_true", help="several workers")
    start.add_argument("-w", "--workers", type=int, help="how many (with --use_multiprocess)")
    start.add_argument("--host", help="address to listen on (PaddleHub: 0.0.0.0)")
    start.set_defaults(run=_start)
    stop = actions.add_parser("stop", help="stop the server on a port")
    stop.add_argument("-p", "--port", type=int, default=8866)
    stop.set_defaults(run=_stop)


def _settings(
    config: Path | None,
    modules: tuple[ModuleEntry, ...],
    values: dict[str, Any],
    api_keys: Path | None,
) -> ServerSettings:
    """Read the settings; called again in every worker and for every reload."""
    settings = read_config(config) if config is not None else ServerSettings(modules)
    keys = read_api_keys(api_keys)
    if keys:
        values = {**values, "api_keys": keys}
    return apply_server_settings(settings, values, _LAYER)


def _serve(arguments: argparse.Namespace) -> int:
    values = given(arguments, SERVER_PARAMS)
    entries = [ModuleEntry(name) for name in arguments.modules or ()]
    return run_server(arguments.config, entries, values, arguments.key_file)


def _start(arguments: argparse.Namespace) -> int:
    values: dict[str, Any] = {}
    if arguments.config is None:  # PaddleHub ignores all other flags then
        if arguments.port is not None:
            values["port"] = arguments.port
        if arguments.use_multiprocess:
            values["workers"] = arguments.workers or 2 * (os.cpu_count() or 1) + 1
    if arguments.host:
        values["host"] = arguments.host
    modules = [ModuleEntry(name.split("==")[0]) for name in arguments.modules or ()]
    return run_server(arguments.config, modules, values, None)


def serve_modules(names: list[str], values: dict[str, Any]) -> int:
    """Serve hub modules until the server is stopped, and return the exit status.

    Args:
        names: The modules, such as ``ocr_system``.
        values: Settings of the server by name.

    Raises:
        SettingsError: A setting is unknown or wrong.
    """
    return run_server(None, [ModuleEntry(name) for name in names], values, None)


def run_server(
    config: Path | None,
    modules: Sequence[ModuleEntry],
    values: dict[str, Any],
    keys: Path | None,
    listening: Callable[[str, int], None] = lambda host, port: None,
) -> int:
    """Serve until a signal ends the server, and return the exit status.

    Args:
        config: A config.json.
        modules: Hub modules, instead.
        values: Settings of the command line by public name.
        keys: A file with API keys.
        listening: Called once the port is this server's.

    Raises:
        SettingsError: There are both config and modules, or neither, or a setting is wrong.
    """
    if (config is None) == (not modules):
        raise SettingsError("name either a config file (-c) or modules (-m)")
    absolute = config.resolve() if config else None
    source = functools.partial(_settings, absolute, tuple(modules), values, keys)
    serve: Callable[..., int] = require("hubocr.server.run", "serve", "the server").serve
    with PidFile() as pid_file:

        def bound(host: str, port: int) -> None:
            pid_file.write(host, port)
            listening(host, port)

        return serve(source, bound)


def _stop(arguments: argparse.Namespace) -> int:
    servers = list(running_servers(arguments.port))
    if not servers:
        print(f"no hubocr server is known on port {arguments.port}", file=sys.stderr)
        return 1
    status = 0
    for server in servers:
        if server.stop(_STOP_TIMEOUT_S):
            print(f"stopped the server on port {arguments.port}")
        else:
            print(f"process {server.pid} still runs after {_STOP_TIMEOUT_S} s", file=sys.stderr)
            status = 1
    return status
