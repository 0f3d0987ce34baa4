"""Errors as answers, in the dialect of the request."""

from __future__ import annotations

import logging

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from hubocr.errors import HubocrError
from hubocr.server.record import RequestRecord, record_of
from hubocr.server.settings import ServerSettings
from hubocr.server.state import state_of

logger = logging.getLogger(__name__)


def error_reply(record: RequestRecord, settings: ServerSettings, error: HubocrError) -> Response:
    """Return the answer to an error, in the request's dialect, and note it in the record."""
    if error.http_status >= 500:
        logger.warning("answered an error: %s", error.message)
    record.error = type(error).__name__
    reply = record.dialect.error(error, settings)
    reply.headers.update(error.http_headers)
    return reply


async def answer_error(request: Request, error: Exception) -> Response:
    """Answer an error of ours that a route raised."""
    if not isinstance(error, HubocrError):
        raise error
    return error_reply(record_of(request.scope), state_of(request).settings, error)


async def answer_http_error(request: Request, error: Exception) -> Response:
    """Answer an error of HTTP itself, such as an unknown path."""
    if not isinstance(error, HTTPException):
        raise error
    reply = record_of(request.scope).dialect.http_error(error.status_code, error.detail)
    reply.headers.update(error.headers or {})
    return reply
