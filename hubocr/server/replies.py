"""The answers: hubserving's envelope, PaddleX's, and plain errors."""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import JSONResponse, Response
from starlette.types import Scope

from hubocr.errors import HubocrError
from hubocr.server.errors import (
    ContentTypeError,
    MalformedJsonError,
    OverloadedError,
    UnauthorizedError,
)
from hubocr.server.logs import request_id
from hubocr.server.settings import ServerSettings

PREDICT_PREFIX = "/predict/"
PADDLEX_PATH = "/ocr"


def envelope(status: str, message: str, results: Any, http_status: int = 200) -> Response:
    """Return hubserving's envelope, byte for byte as PaddleHub's Flask writes it."""
    content = {"status": status, "msg": message, "results": results}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return Response(text + "\n", http_status, media_type="application/json")


def error_reply(scope: Scope, settings: ServerSettings, error: HubocrError) -> Response:
    """Return the answer to an error in the form that the route's clients expect."""
    path = scope["path"]
    if path.startswith(PREDICT_PREFIX):
        reply = envelope(error.hub_status, error.message, "", _predict_status(settings, error))
    elif path == PADDLEX_PATH:
        reply = paddlex_error(error.http_status, error.message)
    else:
        reply = JSONResponse({"error": error.message}, error.http_status)
    if isinstance(error, OverloadedError):
        reply.headers["Retry-After"] = str(error.retry_after_s)
    if isinstance(error, UnauthorizedError):
        reply.headers["WWW-Authenticate"] = "Bearer"
    return reply


def paddlex_error(http_status: int, message: str, log_id: str | None = None) -> Response:
    """Return PaddleX serving's error."""
    content = {
        "logId": log_id or request_id.get(),
        "errorCode": http_status,
        "errorMsg": message,
    }
    return JSONResponse(content, http_status)


def _predict_status(settings: ServerSettings, error: HubocrError) -> int:
    # PaddleHub answers these two with their own HTTP codes, too.
    own = isinstance(error, (MalformedJsonError, ContentTypeError, UnauthorizedError))
    return 200 if settings.legacy_http_200 and not own else error.http_status
