"""Routes that gateways for NVIDIA's NIM use beside ``POST /v1/ocr``: models, metadata."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from hubocr import __version__
from hubocr.server.state import state_of


async def models(request: Request) -> Response:
    """List the modules as models."""
    names = state_of(request).host.modules
    data = [{"id": name, "object": "model", "owned_by": "hubocr"} for name in names]
    return JSONResponse({"object": "list", "data": data})


async def metadata(request: Request) -> Response:
    """Say which server it is, with the names of its models."""
    names = state_of(request).host.modules
    return JSONResponse(
        {"version": __version__, "modelInfo": [{"shortName": name} for name in names]}
    )
