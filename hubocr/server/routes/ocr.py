"""Requests to the services, in whatever dialect: parse, admission, service, reply."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from hubocr.runtime import Call
from hubocr.server.dialects import OcrDialect
from hubocr.server.record import record_of
from hubocr.server.state import state_of
from hubocr.server.work import run_work


def ocr_endpoint(dialect: OcrDialect[Any]) -> Callable[[Request], Awaitable[Response]]:
    """Return the handler of a dialect's requests."""

    async def answer(request: Request) -> Response:
        state = state_of(request)
        module = dialect.module(request, state)
        record_of(request.scope).module = module.name
        parsed = await dialect.parse(request, module, state.settings)

        def work(call: Call) -> Response:
            return dialect.answer(parsed, module, call, state.metrics)

        return await run_work(request, state, work)

    return answer
