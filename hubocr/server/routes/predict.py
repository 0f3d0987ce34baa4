"""``POST /predict/NAME``: hubserving."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from hubocr.engines import Call
from hubocr.errors import ImageError
from hubocr.hub.payload import require_readable
from hubocr.hub.request import options_of_request
from hubocr.hub.services import Results, SystemService
from hubocr.server.bodies import decode, read_body
from hubocr.server.replies import envelope
from hubocr.server.state import ServerState
from hubocr.server.work import run_work


async def predict(request: Request) -> Response:
    """Answer a request to a module."""
    state: ServerState = request.app.state.hubocr
    module = state.module(request.path_params["name"])
    request.state.module = module.name
    body = await read_body(request, state.settings.limits.images)
    tasks = module.service.tasks
    options = options_of_request(module.options, body.arguments, tasks)

    def work(call: Call) -> Results:
        slots = state.scheduler.map(
            lambda index: decode(body, index, module.settings.max_pixels),
            range(len(body.images)),
            stage="decoding",
            call=call,
        )
        unreadable = sum(isinstance(slot, ImageError) for slot in slots)
        state.metrics.images.labels("read").inc(len(slots) - unreadable)
        state.metrics.images.labels("unreadable").inc(unreadable)
        require_readable(slots)
        return module.service.answer(slots, options, call)

    results = await run_work(request, state, work)
    if isinstance(module.service, SystemService) or module.kind == "ocr_rec":
        state.metrics.lines.inc(sum(map(len, results)))
    return envelope("000", "", results)
