"""The production server: hubserving's routes and more on an ASGI application."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hubocr.server.limits import Limits
from hubocr.server.settings import ModuleEntry, ServerSettings, read_config

if TYPE_CHECKING:
    from hubocr.server.app import create_app


__all__ = ["Limits", "ModuleEntry", "ServerSettings", "create_app", "read_config"]


def __getattr__(name: str) -> Any:
    # The web framework is an extra, and the command line reads settings without it.
    if name == "create_app":
        from hubocr.server.app import create_app

        return create_app
    raise AttributeError(name)
