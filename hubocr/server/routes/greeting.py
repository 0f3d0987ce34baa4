"""``/``: a word to people who open the server's address in a browser."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

_GREETING = (
    "hubocr: POST images to /predict/NAME; see /v2/models, /options and /docs. "
    "把图片 POST 到 /predict/模块名；另见 /v2/models、/options 和 /docs。\n"
)


async def greet(request: Request) -> Response:
    """Say where to go."""
    return Response(_GREETING, media_type="text/plain; charset=utf-8")
