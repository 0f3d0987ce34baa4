"""The ASGI application."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import anyio.to_thread
from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response

from hubocr import __version__
from hubocr.errors import HubocrError, InferenceError
from hubocr.server.middleware import RequestGuard
from hubocr.server.openapi import (
    METRICS_DOC,
    PADDLEX_DOC,
    READY_DOC,
    RELOAD_DOC,
    predict_doc,
)
from hubocr.server.replies import PREDICT_PREFIX, envelope, error_reply
from hubocr.server.routes import admin, paddlex, predict, status
from hubocr.server.settings import ServerSettings
from hubocr.server.state import ServerState

logger = logging.getLogger(__name__)

_GREETING = (
    "hubocr: POST images to /predict/NAME; see /v2/models, /options and /docs. "
    "把图片 POST 到 /predict/模块名；另见 /v2/models、/options 和 /docs。\n"
)


def create_app(
    settings: ServerSettings, reload_settings: Callable[[], ServerSettings] | None = None
) -> FastAPI:
    """Return the application; its models are loaded when its lifespan begins.

    Args:
        settings: What to serve, and how.
        reload_settings: Reads the settings anew when the models are to be reloaded.
    """
    state = ServerState(settings, reload_settings)
    # FastAPI's own /docs would load its scripts from a public host.
    app = FastAPIOffline(
        title="hubocr",
        version=__version__,
        description="Self-hosted OCR: hubserving's routes, PaddleX's /ocr, health and metrics.",
        lifespan=_lifespan(state),
        docs_url="/docs",
        redoc_url=None,
        static_url="/docs/static",
    )
    app.state.hubocr = state

    def route(path: str, handler: Callable[..., object], method: str, **doc: object) -> None:
        app.add_api_route(path, handler, methods=[method], response_model=None, **doc)  # type: ignore[arg-type]

    route(
        "/predict/{name}",
        predict.predict,
        "POST",
        openapi_extra=predict_doc([m.name for m in settings.modules]),
    )
    route("/ocr", paddlex.ocr, "POST", openapi_extra=PADDLEX_DOC)
    route("/v2/health/live", status.live, "GET")
    route("/v2/health/ready", status.ready, "GET", openapi_extra=READY_DOC)
    route("/v2/models", status.models, "GET")
    route("/options", status.options, "GET")
    route("/metrics", status.metrics, "GET", openapi_extra=METRICS_DOC)
    route("/admin/reload", admin.reload, "POST", openapi_extra=RELOAD_DOC)
    for method in ("GET", "POST"):
        route("/", _greet, method, include_in_schema=False)

    async def answer_error(request: Request, error: Exception) -> Response:
        if not isinstance(error, HubocrError):
            logger.error("a request failed unexpectedly", exc_info=error)
            error = InferenceError("the server failed; its log says why")
        if error.http_status >= 500:
            logger.warning("answered an error: %s", error.message)
        request.scope["state"]["outcome"] = type(error).__name__
        return error_reply(request.scope, settings, error)

    async def answer_http_error(request: Request, error: Exception) -> Response:
        code = error.status_code if isinstance(error, HTTPException) else 500
        text = error.detail if isinstance(error, HTTPException) else "error"
        headers = error.headers if isinstance(error, HTTPException) else None
        reply: Response
        if request.url.path.startswith(PREDICT_PREFIX):
            reply = envelope("101", text, "", code)
        else:
            reply = Response(f"{text}\n", code, media_type="text/plain")
        reply.headers.update(headers or {})
        return reply

    app.add_exception_handler(HubocrError, answer_error)
    app.add_exception_handler(HTTPException, answer_http_error)
    app.add_exception_handler(Exception, answer_error)
    app.add_middleware(RequestGuard, settings=settings, metrics=state.metrics)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.cors_origins),
            allow_methods=["GET", "POST"],
            allow_headers=["*"],
        )
    return app


async def _greet(request: Request) -> Response:
    return Response(_GREETING, media_type="text/plain; charset=utf-8")


def _lifespan(state: ServerState) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        # The port takes connections once this is done: no request meets a half-loaded server, and
        # a new worker takes over from a dead one only when it can answer.
        try:
            await anyio.to_thread.run_sync(state.load)
        except HubocrError as error:
            logger.critical("the models can't be loaded: %s", error.message)
            raise
        except Exception:
            logger.critical("the models can't be loaded", exc_info=True)
            raise
        routes = ", ".join(f"/predict/{name}" for name in state.host.modules)
        logger.info("ready: %s, /ocr, /v2/health/ready, /metrics, /docs", routes)
        reloads: set[asyncio.Task[None]] = set()

        def reload() -> None:
            task = asyncio.create_task(_reload(state))
            reloads.add(task)
            task.add_done_callback(reloads.discard)

        try:
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, reload)
        except (NotImplementedError, RuntimeError, ValueError):
            logger.debug("no SIGHUP here: the models are reloaded over HTTP only")
        yield

    return lifespan


async def _reload(state: ServerState) -> None:
    try:
        await anyio.to_thread.run_sync(state.reload)
    except HubocrError as error:
        logger.error("reload failed, the old models stay: %s", error.message)
