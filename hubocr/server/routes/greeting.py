"""``/``: the page for people who open the server's address in a browser, otherwise a word."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hubocr.server.state import state_of

_GREETING = (
    "hubocr: POST images to /predict/NAME; see /v2/models, /options and /docs. "
    "把图片 POST 到 /predict/模块名；另见 /v2/models、/options 和 /docs。\n"
)


async def greet(request: Request) -> Response:
    """Send a browser to the page, where it is served; tell all others where to go."""
    is_browser = request.method == "GET" and "text/html" in request.headers.get("accept", "")
    if is_browser and state_of(request).settings.has_page:
        return RedirectResponse("ui")
    return Response(_GREETING, media_type="text/plain; charset=utf-8")
