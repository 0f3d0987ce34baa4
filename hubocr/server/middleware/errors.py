"""Errors of the layers between here and the routes, as answers."""

from __future__ import annotations

import logging

from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from hubocr.errors import HubocrError, InferenceError
from hubocr.server.middleware.base import HttpMiddleware
from hubocr.server.record import CLIENT_CLOSED, record_of
from hubocr.server.replies import error_reply
from hubocr.server.settings import ServerSettings

logger = logging.getLogger(__name__)


class ErrorReplies(HttpMiddleware):
    """Answers the errors of the layers within, unless an answer has begun.

    Args:
        app: The layers within.
        settings: The server's settings.
    """

    def __init__(self, app: ASGIApp, settings: ServerSettings) -> None:
        super().__init__(app)
        self._settings = settings

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See `HttpMiddleware.handle`."""
        record = record_of(scope)
        try:
            await self._app(scope, receive, send)
            return
        except HubocrError as error:
            if record.status:
                raise
            answered = error
        except ClientDisconnect:
            record.status = record.status or CLIENT_CLOSED
            return
        except Exception as error:
            if record.status:
                raise
            logger.exception("a request failed unexpectedly")
            answered = InferenceError("the server failed; its log says why")
            answered.__cause__ = error
        await error_reply(record, self._settings, answered)(scope, receive, send)
