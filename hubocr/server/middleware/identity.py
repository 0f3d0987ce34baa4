"""The request's record and its id."""

from __future__ import annotations

import re
import time
import uuid

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import Message, Receive, Scope, Send

from hubocr.server.dialects import dialect_of
from hubocr.server.logs import request_id
from hubocr.server.middleware.base import HttpMiddleware
from hubocr.server.record import RequestRecord, attach_record

_OWN_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class Identity(HttpMiddleware):
    """Makes the record of each request, and sends its id back.

    The id is the client's own ``X-Request-Id`` where that is a plain one.
    """

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See `HttpMiddleware.handle`."""
        given = Headers(scope=scope).get("x-request-id", "")
        identity = given if _OWN_ID.fullmatch(given) else uuid.uuid4().hex
        record = RequestRecord(identity, time.monotonic(), dialect_of(scope["path"]))
        attach_record(scope, record)

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                record.status = message["status"]
                MutableHeaders(scope=message)["X-Request-Id"] = identity
            await send(message)

        token = request_id.set(identity)
        try:
            await self._app(scope, receive, send_with_id)
        finally:
            request_id.reset(token)
