"""The ASGI application."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from hubocr import __version__
from hubocr.errors import HubocrError
from hubocr.server.lifespan import BriefFailure, lifespan_of
from hubocr.server.middleware import middlewares
from hubocr.server.replies import answer_error, answer_http_error
from hubocr.server.routes import all_routes
from hubocr.server.settings import ServerSettings
from hubocr.server.state import ServerState


def create_app(
    settings: ServerSettings, reload_settings: Callable[[], ServerSettings] | None = None
) -> FastAPI:
    """Return the application; its models are loaded when its lifespan begins.

    Args:
        settings: What to serve, and how.
        reload_settings: Reads the settings again when the models are to be reloaded.
    """
    state = ServerState(settings, reload_settings)
    layers = middlewares(settings, state.keys, state.metrics, state.held)
    # FastAPI's own /docs would load its scripts from a public host.
    app = FastAPIOffline(
        title="hubocr",
        version=__version__,
        description="Self-hosted OCR: hubserving's routes, PaddleX's /ocr, health and metrics.",
        lifespan=lifespan_of(state),
        docs_url="/docs",
        redoc_url=None,
        static_url="/docs/static",
        middleware=[Middleware(BriefFailure), *layers],
    )
    app.state.hubocr = state
    names = [module.name for module in settings.modules]
    for route in all_routes(names, with_page=settings.has_page):
        app.add_api_route(
            route.path,
            route.handler,
            methods=[route.method],
            response_model=None,
            openapi_extra=dict(route.doc),
            include_in_schema=route.is_described,
        )
    app.add_exception_handler(HubocrError, answer_error)
    app.add_exception_handler(HTTPException, answer_http_error)
    return app
