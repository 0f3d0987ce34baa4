"""Metadata of the Open Inference Protocol: the server, its models, whether they are ready.

Parsing and replies are in `hubocr.server.dialects.oip`.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from hubocr import __version__
from hubocr.server.dialects.oip import EXTENSIONS, check_version, describe_model, module_of
from hubocr.server.errors import NotReadyError
from hubocr.server.modules import Module
from hubocr.server.openapi import JSON_CONTENT, PROBLEM
from hubocr.server.state import state_of

MODEL_DOC: dict[str, Any] = {
    "responses": {
        "200": {**JSON_CONTENT, "description": "The model."},
        **{code: PROBLEM for code in ("401", "404", "503")},
    },
}


async def server(request: Request) -> Response:
    """Say which server it is, and which extensions of the protocol it has."""
    content = {"name": "hubocr", "version": __version__, "extensions": list(EXTENSIONS)}
    return JSONResponse(content)


async def model(request: Request) -> Response:
    """Describe the inputs and outputs of a model."""
    return JSONResponse(describe_model(request.path_params["name"], _module(request)))


async def model_ready(request: Request) -> Response:
    """Say whether a model is loaded and has read a test image."""
    try:
        _module(request)
    except NotReadyError as error:
        return JSONResponse({"ready": False, "reason": error.message}, 503)
    return JSONResponse({"name": request.path_params["name"], "ready": True})


def _module(request: Request) -> Module:
    check_version(request.path_params.get("version"))
    return module_of(request.path_params["name"], state_of(request))
