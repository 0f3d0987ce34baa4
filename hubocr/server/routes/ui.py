"""``/ui``: the web page, which talks to the public routes alone."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from hubocr.ui import HEADERS, Asset, load_assets
from hubocr.ui.assets import INDEX

PATH = "/ui"


async def page(request: Request) -> Response:
    """Give the page; its own links are relative, so that it works behind a path prefix."""
    return _answer(request, load_assets()[INDEX])


async def page_with_slash(request: Request) -> Response:
    """Send ``/ui/`` to the page."""
    return RedirectResponse("../ui")


async def asset(request: Request) -> Response:
    """Give a file of the page."""
    found = load_assets().get(request.path_params["name"])
    if found is None:
        raise HTTPException(404, "the page has no such file")
    return _answer(request, found)


def _answer(request: Request, found: Asset) -> Response:
    headers = {**HEADERS, "ETag": found.tag, "Cache-Control": "no-cache"}
    if request.headers.get("if-none-match") == found.tag:
        return Response(status_code=304, headers=headers)
    return Response(found.content, headers=headers, media_type=found.media_type)
