"""Health, models, options and metrics."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from hubocr import __version__
from hubocr.server.describe import describe_options, describe_settings
from hubocr.server.logs import request_id
from hubocr.server.openapi import JSON_CONTENT, PROBLEM
from hubocr.server.state import state_of

METRICS_DOC: dict[str, Any] = {
    "summary": "Figures in Prometheus' text format.",
    "responses": {
        "200": {
            "description": "The figures.",
            "content": {"text/plain": {"schema": {"type": "string"}}},
        },
        "401": PROBLEM,
    },
}
READY_DOC: dict[str, Any] = {
    "summary": "Whether every model is loaded and has read a test image.",
    "responses": {"200": {**JSON_CONTENT, "description": "Ready."}, "503": PROBLEM},
}


async def health(request: Request) -> Response:
    """Say that the process answers, as PaddleX's serving does."""
    return JSONResponse({"logId": request_id.get(), "errorCode": 0, "errorMsg": "Healthy"})


async def allowed(request: Request) -> Response:
    """Answer OPTIONS."""
    return Response(status_code=204, headers={"Allow": "GET, HEAD, OPTIONS"})


async def live(request: Request) -> Response:
    """Say that the process answers."""
    return JSONResponse({"live": True})


async def ready(request: Request) -> Response:
    """Say whether every model is loaded and has read a test image."""
    state = state_of(request)
    problem = state.host.problem
    content: dict[str, Any] = {"ready": problem is None}
    if problem is not None:
        content["reason"] = problem
    return JSONResponse(content, 200 if problem is None else 503)


async def models(request: Request) -> Response:
    """List the modules and their models."""
    state = state_of(request)
    listed = []
    for module in state.host.modules.values():
        chosen = module.settings.pipeline.models
        listed.append(
            {
                "name": module.name,
                "kind": module.kind,
                "route": f"/predict/{module.name}",
                "profile": module.settings.profile,
                "models": {task: getattr(chosen, f"{task}_model") for task in module.service.tasks},
                **describe_settings(module.settings, module.engines),
            }
        )
    return JSONResponse({"server": "hubocr", "version": __version__, "models": listed})


async def options(request: Request) -> Response:
    """List the options that a request may carry, by module."""
    state = state_of(request)
    return JSONResponse(
        {name: describe_options(module.settings) for name, module in state.host.modules.items()}
    )


async def metrics(request: Request) -> Response:
    """Give the metrics in Prometheus' text format."""
    state = state_of(request)
    return Response(state.metrics.render(), media_type="text/plain; version=0.0.4; charset=utf-8")
