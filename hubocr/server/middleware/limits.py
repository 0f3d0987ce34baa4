"""Size and time of a request's body, and the time that a client takes for its answer."""

from __future__ import annotations

import logging
import time

import anyio
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hubocr.server.errors import LimitError, OverloadedError, SlowClientError
from hubocr.server.held_bytes import HeldBytes
from hubocr.server.limits import Limits
from hubocr.server.middleware.base import HttpMiddleware, OnRefusal, nobody
from hubocr.server.record import CLIENT_CLOSED, record_of

logger = logging.getLogger("hubocr.access")


class AnswerTime(HttpMiddleware):
    """Gives up on clients that take their answer too slowly.

    Args:
        app: The layers within.
        limits: The limits.
    """

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        super().__init__(app)
        self._seconds = limits.body_s

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See `HttpMiddleware.handle`."""

        async def send_in_time(message: Message) -> None:
            with anyio.fail_after(self._seconds):
                await send(message)

        try:
            await self._app(scope, receive, send_in_time)
        except TimeoutError:
            record = record_of(scope)
            record.status = record.status or CLIENT_CLOSED
            logger.warning("a client took its answer too slowly")


class BodyLimits(HttpMiddleware):
    """Bounds the size of bodies, and the time that they take to arrive.

    Args:
        app: The layers within.
        most: Bytes of a body.
        seconds: Time for a body to arrive.
        held: The bytes of all bodies of the worker.
        on_refusal: Told of refusals.
    """

    def __init__(
        self,
        app: ASGIApp,
        most: int,
        seconds: float,
        held: HeldBytes,
        on_refusal: OnRefusal = nobody,
    ) -> None:
        super().__init__(app)
        self._most = most
        self._seconds = seconds
        self._held = held
        self._on_refusal = on_refusal

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See `HttpMiddleware.handle`.

        Raises:
            LimitError: The body is too large; raised here or when it is read.
            SlowClientError: It comes too slowly; raised when it is read.
            OverloadedError: There are too many bytes of bodies already; raised when it is read.
        """
        announced = Headers(scope=scope).get("content-length", "0")
        if announced.isdigit() and int(announced) > self._most:
            raise self._too_large()
        end = time.monotonic() + self._seconds
        client = str((scope.get("client") or ("",))[0])
        received, complete = 0, False

        async def receive_bounded() -> Message:
            nonlocal received, complete
            if complete:  # from here on it is the wait for the client to leave
                return await receive()
            try:
                with anyio.fail_after(max(0.0, end - time.monotonic())):
                    message = await receive()
            except TimeoutError:
                self._on_refusal("slow")
                raise SlowClientError(
                    f"the body did not arrive within {self._seconds:g} s"
                ) from None
            size = len(message.get("body", b""))
            complete = not message.get("more_body", False)
            if received + size > self._most:
                raise self._too_large()
            if not self._held.grow(client, received, size):
                self._on_refusal("bytes")
                raise OverloadedError("the server is busy: it holds too many large bodies", 2)
            received += size
            return message

        try:
            await self._app(scope, receive_bounded, send)
        finally:
            self._held.release(client, received)

    def _too_large(self) -> LimitError:
        self._on_refusal("body")
        return LimitError(f"the body is larger than {self._most} bytes")
