"""The files of the page.

They are built from the folder ``ui/`` of the repository (see docs/ui.md) and sent as they are,
100 KB: PaddleHub, which passes them on, would spoil compressed answers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).resolve().parent / "static"
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
INDEX = "index.html"

_POLICY = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' blob:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
)
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "; ".join(_POLICY),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""What every file of the page is sent with: no script, style, image or call but the server's own,
and images that the page itself made."""


@dataclass(frozen=True)
class Asset:
    """A file of the page.

    Attributes:
        content: Its bytes.
        media_type: Its content type.
        tag: A strong entity tag: it changes with the content.
    """

    content: bytes
    media_type: str
    tag: str


@cache
def load_assets() -> Mapping[str, Asset]:
    """Return every file of the page by its name."""
    return {path.name: _load(path) for path in sorted(_FOLDER.iterdir()) if path.suffix in _TYPES}


def _load(path: Path) -> Asset:
    content = path.read_bytes()
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    return Asset(content, _TYPES[path.suffix], tag)
