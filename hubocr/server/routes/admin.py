"""``POST /admin/reload``: exchange the models without stopping."""

from __future__ import annotations

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from hubocr.server.errors import UnauthorizedError
from hubocr.server.state import ServerState


async def reload(request: Request) -> Response:
    """Load the models anew in this worker; the old ones stay when that fails.

    It needs an API key, so a server without keys doesn't take it. With several workers send the
    main process SIGHUP instead, which reloads them all.
    """
    state: ServerState = request.app.state.hubocr
    if not state.settings.api_keys:
        raise UnauthorizedError("reloading over HTTP is off: start the server with API keys")
    await anyio.to_thread.run_sync(state.reload)
    return JSONResponse({"reloaded": list(state.host.modules)})
