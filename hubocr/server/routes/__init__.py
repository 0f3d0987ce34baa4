"""The routes: those of the dialects, and one entry for each of the others."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import compile_path

from hubocr.server.dialects import DIALECTS
from hubocr.server.routes import admin, export, greeting, nim, oip, pages, status, ui
from hubocr.server.routes.ocr import ocr_endpoint


@dataclass(frozen=True)
class Route:
    """A path and who answers it.

    Attributes:
        path: The path, in Starlette's notation.
        handler: Answers a request.
        method: The HTTP method.
        doc: Its OpenAPI operation, beyond what FastAPI sees.
        is_described: Whether the OpenAPI document has it.
    """

    path: str
    handler: Callable[[Request], Awaitable[Response]]
    method: str = "GET"
    doc: Mapping[str, Any] = field(default_factory=dict)
    is_described: bool = True


_ROUTES = (
    Route(export.PATH, export.export, "POST", export.DOC),
    Route("/health", status.health),
    Route("/v2", oip.server),
    Route("/v2/health/live", status.live),
    Route("/v2/health/ready", status.ready, doc=status.READY_DOC),
    Route("/v2/models", status.models),
    *(
        Route(f"/v2/models/{{name}}{version}{ending}", handler, doc=oip.MODEL_DOC)
        for version in ("", "/versions/{version}")
        for ending, handler in (("", oip.model), ("/ready", oip.model_ready))
    ),
    Route("/v1/health/live", status.live),
    Route("/v1/health/ready", status.ready, doc=status.READY_DOC),
    Route("/v1/models", nim.models),
    Route("/v1/metadata", nim.metadata),
    Route("/options", status.options),
    Route("/metrics", status.metrics, doc=status.METRICS_DOC),
    Route("/pages", pages.pages, "POST", pages.DOC),
    Route("/admin/reload", admin.reload, "POST", admin.RELOAD_DOC),
    Route("/", greeting.greet, is_described=False),
    Route("/", greeting.greet, "POST", is_described=False),
)


_PAGE_ROUTES = (
    Route(ui.PATH, ui.page, is_described=False),
    Route(f"{ui.PATH}/", ui.page_with_slash, is_described=False),
    Route(f"{ui.PATH}/{{name}}", ui.asset, is_described=False),
)
"""The web page."""

PAGE_PATH = ui.PATH


def all_routes(names: Sequence[str], *, with_page: bool) -> Iterator[Route]:
    """Give the routes of a server with modules of these names, with or without the web page."""
    for dialect in DIALECTS:
        for path in dialect.paths:
            yield Route(path, ocr_endpoint(dialect), "POST", dialect.describe(path, names))
    for route in (*_ROUTES, *(_PAGE_ROUTES if with_page else ())):
        yield replace(route, doc={"parameters": _path_parameters(route.path), **route.doc})
        if route.method == "GET":  # what probes and load balancers send
            yield replace(route, method="HEAD", is_described=False)
            yield replace(route, method="OPTIONS", handler=status.allowed, is_described=False)


def _path_parameters(path: str) -> list[dict[str, Any]]:
    """Return the OpenAPI parameters of a path, for routes that don't describe theirs."""
    text = {"in": "path", "required": True, "schema": {"type": "string"}}
    return [{"name": name, **text} for name in compile_path(path)[2]]


def ocr_paths(names: Sequence[str]) -> Iterator[str]:
    """Give the paths that answer requests for OCR, for modules of these names."""
    for dialect in DIALECTS:
        for path in dialect.paths:
            if "{version}" in path:  # the same once more
                continue
            yield from ([path.format(name=name) for name in names] if "{name}" in path else [path])
