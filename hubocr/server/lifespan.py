"""Loading the models when the application starts, and exchanging them on SIGHUP."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import anyio.to_thread
from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hubocr.errors import HubocrError
from hubocr.server.grpc import GrpcServer
from hubocr.server.idle_memory import give_back_when_idle
from hubocr.server.routes import PAGE_PATH, ocr_paths
from hubocr.server.settings import ServerSettings
from hubocr.server.state import ServerState

logger = logging.getLogger(__name__)


def lifespan_of(state: ServerState) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """Return the lifespan of an application."""

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
        paths = ", ".join(ocr_paths(tuple(state.host.modules)))
        page = f"{PAGE_PATH}, " if state.settings.has_page else ""
        logger.info("ready: %s, %s/v2/health/ready, /metrics, /docs", paths, page)
        reloads: set[asyncio.Task[None]] = set()

        def reload() -> None:
            task = asyncio.create_task(_reload(state))
            reloads.add(task)
            task.add_done_callback(reloads.discard)

        try:
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, reload)
        except (AttributeError, NotImplementedError, RuntimeError, ValueError):
            logger.debug("no SIGHUP here: the models are reloaded over HTTP only")
        caring = asyncio.create_task(give_back_when_idle(state))
        async with _grpc(app, state.settings):
            yield
        caring.cancel()

    return lifespan


@asynccontextmanager
async def _grpc(app: FastAPI, settings: ServerSettings) -> AsyncIterator[None]:
    """Serve gRPC, too, where the settings have a port for it."""
    if not settings.grpc_port:
        yield
        return
    try:
        server = GrpcServer(app, settings)
    except HubocrError as error:
        logger.critical("gRPC can't be served: %s", error.message)
        raise
    await server.start()
    try:
        yield
    finally:
        await server.stop()


class BriefFailure:
    """Leaves only the last line of why a start failed: the application has logged the rest.

    Args:
        app: The layers within.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection event."""

        async def send_brief(message: Message) -> None:
            if message["type"] == "lifespan.startup.failed":
                message = {**message, "message": message.get("message", "").strip().split("\n")[-1]}
            await send(message)

        await self._app(scope, receive, send_brief if scope["type"] == "lifespan" else send)


async def _reload(state: ServerState) -> None:
    try:
        await anyio.to_thread.run_sync(state.reload)
    except HubocrError as error:
        logger.error("reload failed, the old models stay: %s", error.message)
    except Exception:
        logger.exception("reload failed unexpectedly, the old models stay")
