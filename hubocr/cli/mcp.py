"""``hubocr mcp``: a server that assistants read images and documents with."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from hubocr.api.call_options import DOCUMENT_PARAMS, document_options
from hubocr.errors import SettingsError
from hubocr.settings.flags import add_settings_arguments, flag_names, given

if TYPE_CHECKING:
    from hubocr.cli.command import Commands

_DOCUMENT_FLAGS = ("allow_urls", "max_pages", "max_bytes")
_LAYER = "command line"
_MAX_PAGES = 200


def add_command(commands: Commands) -> None:
    """Add ``mcp``."""
    parser = commands.add_parser(
        "mcp",
        help="serve assistants over the Model Context Protocol",
        description="Serve the tool read_text over the Model Context Protocol: on standard input "
        "and output for the assistant that starts this command, or with --http at /mcp. Over "
        "standard input and output any file of yours may be named, unless --root says which; over "
        "HTTP only those under --root. Needs hubocr[mcp].",
    )
    parser.add_argument(
        "--root",
        action="append",
        default=[],
        type=Path,
        metavar="FOLDER",
        help="folder whose files may be read; may be repeated",
    )
    parser.add_argument("--http", action="store_true", help="serve over HTTP")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, default=8867, help="port (%(default)s)")
    parser.add_argument(
        "--api-keys",
        dest="key_file",
        type=Path,
        metavar="FILE",
        help="API keys for HTTP, one a line (or HUBOCR_API_KEYS, by commas); none: requests need "
        "no key",
    )
    parser.add_argument("--threads", type=int, default=0, help="threads (as many as processors)")
    add_settings_arguments(
        parser, DOCUMENT_PARAMS, _DOCUMENT_FLAGS, defaults={"max_pages": _MAX_PAGES}
    )
    parser.set_defaults(run=_serve, flag_names=flag_names(DOCUMENT_PARAMS, _LAYER))


def _serve(arguments: argparse.Namespace) -> int:
    from hubocr.documents import DocumentOptions
    from hubocr.mcp import Reader, ReaderSettings
    from hubocr.mcp.server import create_server

    for root in arguments.root:
        if not root.is_dir():
            raise SettingsError(f"--root: there is no folder {root}")
    flags = given(arguments, DOCUMENT_PARAMS, _DOCUMENT_FLAGS)
    documents, _ = document_options(DocumentOptions(max_pages=_MAX_PAGES), flags, _LAYER)
    any_file = not arguments.root and not arguments.http
    settings = ReaderSettings(tuple(arguments.root), any_file, documents, arguments.threads)
    server = create_server(Reader(settings))
    if not arguments.http:
        server.run("stdio")
        return 0
    from hubocr.mcp.http import serve_http
    from hubocr.server.settings import read_api_keys

    serve_http(server, arguments.host, arguments.port, read_api_keys(arguments.key_file))
    return 0
