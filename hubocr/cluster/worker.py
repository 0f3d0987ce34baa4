"""A replica with models: the HTTP application of `hubocr serve`, called through Serve's handle."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from hubocr.cluster.pages import SharedPages, read_page
from hubocr.errors import ModelError
from hubocr.imaging import BgrImage
from hubocr.optional import require
from hubocr.pipeline import Page
from hubocr.runtime.heap import bound_heap
from hubocr.server.app import create_app
from hubocr.server.inner import InnerReply, InnerRequest, call_app
from hubocr.server.settings import ServerSettings, read_api_keys, read_config
from hubocr.services import SystemService
from hubocr.settings import OcrOptions


class Worker:
    """A replica with models.

    Args:
        config: The content of a config.json.
        threads: Inference threads, where the configuration doesn't say.
        jobs: Most pages of a document in work at a time, all replicas together; 0: each replica
            reads its documents alone.
    """

    async def __init__(  # type: ignore[misc]
        self, config: Mapping[str, Any], threads: int, jobs: int = 0
    ) -> None:
        bound_heap()
        settings = replace(server_settings(config), workers=1, grpc_port=0)
        if not settings.threads:  # those that Ray gave it, not all of the machine
            settings = replace(settings, threads=threads)
        self._app = create_app(settings)
        # Serve takes the replica for ready when this returns: its models are loaded and warm.
        self._lifespan = self._app.router.lifespan_context(self._app)
        await self._lifespan.__aenter__()
        self._services = {
            name: module.service
            for name, module in self._app.state.hubocr.host.modules.items()
            if isinstance(module.service, SystemService)
        }
        serve = require("ray.serve", "ray", "Ray Serve")
        place = serve.get_replica_context()
        workers = serve.get_deployment_handle(place.deployment, place.app_name)
        for name, service in self._services.items() if jobs else ():
            service.reader = SharedPages(name, service.pipeline, workers, jobs)

    async def call(self, request: InnerRequest) -> InnerReply:
        """Answer a request."""
        return await call_app(self._app, request)

    async def read_page(
        self, module: str, image: BgrImage, options: OcrOptions, seconds: float | None
    ) -> Page:
        """Read a page of a document that another replica has."""
        return await read_page(self._services[module].pipeline, image, options, seconds)

    async def check_health(self) -> None:
        """Raise where the replica can't answer: Serve starts another in its place."""
        reply = await call_app(self._app, InnerRequest("GET", "/v2/health/ready"))
        if reply.status != 200:
            raise ModelError(reply.body.decode(errors="replace"))


def server_settings(config: Mapping[str, Any]) -> ServerSettings:
    """Return the settings of the content of a config.json, with the API keys of the environment."""
    with tempfile.TemporaryDirectory(prefix="hubocr-") as folder:
        path = Path(folder) / "config.json"
        path.write_text(json.dumps(config), encoding="utf-8")
        settings = read_config(path)
    keys = read_api_keys(None)
    return replace(settings, api_keys=keys) if keys else settings
