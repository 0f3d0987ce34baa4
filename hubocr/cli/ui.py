"""``hubocr ui``: the web page on this machine."""

from __future__ import annotations

import argparse
import sys
import threading
import time
import urllib.error
import urllib.request
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

from hubocr.cli.serve import run_server
from hubocr.server.settings import SERVER_PARAMS, ModuleEntry
from hubocr.settings.flags import add_settings_arguments, flag_names, given
from hubocr.settings.pipeline_defaults import PIPELINE_PROFILE

if TYPE_CHECKING:
    from hubocr.cli.command import Commands

_MODULES = tuple(
    ModuleEntry(name, {"profile": PIPELINE_PROFILE}) for name in ("ocr_system", "ocr_rec")
)
_START_S = 120
_FLAGS = ("host", "port", "threads", "engine")


def add_command(commands: Commands) -> None:
    """Add ``ui``."""
    parser = commands.add_parser(
        "ui",
        help="open the web page",
        description="Start the server with its web page and open it in the browser. Ctrl-C ends "
        "the server. All flags of the server are those of `hubocr serve --ui`.",
    )
    parser.add_argument(
        "-c", "--config", type=Path, metavar="FILE", help="config.json; without it both readers"
    )
    parser.add_argument(
        "--browser",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="open the browser (true); otherwise only the address is shown",
    )
    add_settings_arguments(parser, SERVER_PARAMS, _FLAGS)
    parser.set_defaults(run=_ui, flag_names=flag_names(SERVER_PARAMS, "command line"))


def _ui(arguments: argparse.Namespace) -> int:
    values = {**given(arguments, SERVER_PARAMS, _FLAGS), "ui": True}

    def listening(host: str, port: int) -> None:
        name = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
        address = f"http://[{name}]:{port}" if ":" in name else f"http://{name}:{port}"
        print(f"the page: {address}/ui", file=sys.stderr)
        if arguments.browser:
            threading.Thread(target=_open_when_ready, args=(address,), daemon=True).start()

    return run_server(
        arguments.config, () if arguments.config else _MODULES, values, None, listening
    )


def _open_when_ready(address: str) -> None:
    """Open the page once the models are loaded."""
    end = time.monotonic() + _START_S
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(f"{address}/v2/health/ready", timeout=5):
                break
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    webbrowser.open(f"{address}/ui")
