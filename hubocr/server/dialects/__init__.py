"""The wire dialects: one file each, and one entry here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.routing import compile_path

from hubocr.server.dialects.base import Dialect, OcrDialect
from hubocr.server.dialects.gateway import Gateway
from hubocr.server.dialects.hubserving import Hubserving
from hubocr.server.dialects.nim import Nim
from hubocr.server.dialects.oip import OpenInference
from hubocr.server.dialects.paddlex import Paddlex

DIALECTS: Sequence[OcrDialect[Any]] = (
    Hubserving(),
    Paddlex(),
    OpenInference(),
    Nim(),
    Gateway(),
)
"""Every dialect of requests to services."""

PLAIN = Dialect()
"""The dialect of everything else."""

_ROUTES = [(compile_path(path)[0], dialect) for dialect in DIALECTS for path in dialect.paths]


def dialect_of(path: str) -> Dialect:
    """Return the dialect of the route that a path matches, else the one under whose prefix it is.

    It is asked for every request before anything can go wrong with it: a request that is refused
    for its key or its size never comes to its route.
    """
    for pattern, dialect in _ROUTES:
        if pattern.match(path):
            return dialect
    return next((dialect for dialect in DIALECTS if path.startswith(dialect.prefix)), PLAIN)


__all__ = ["DIALECTS", "PLAIN", "Dialect", "OcrDialect", "dialect_of"]
