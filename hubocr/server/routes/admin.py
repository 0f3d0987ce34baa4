"""``POST /admin/reload``: exchange the models without stopping."""

from __future__ import annotations

import os
import signal
from typing import Any

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from hubocr.server.errors import UnauthorizedError
from hubocr.server.openapi import JSON_CONTENT, PROBLEM
from hubocr.server.state import state_of

RELOAD_DOC: dict[str, Any] = {
    "summary": "Exchange the models; the old ones stay when that fails.",
    "responses": {
        "200": {**JSON_CONTENT, "description": "The reloaded modules."},
        **{code: PROBLEM for code in ("400", "401", "422", "500")},
    },
}


async def reload(request: Request) -> Response:
    """Reload the models; the old ones stay when that fails.

    The worker that answers goes first; where it succeeds the other workers follow on their own.
    It needs an API key, so a server without keys doesn't take it.
    """
    state = state_of(request)
    if not state.settings.api_keys:
        raise UnauthorizedError("reloading over HTTP is off: start the server with API keys")
    await anyio.to_thread.run_sync(state.reload)
    if state.settings.workers > 1:
        os.kill(os.getppid(), signal.SIGHUP)  # the main process passes it on to all workers
    return JSONResponse({"reloaded": list(state.host.modules)})
