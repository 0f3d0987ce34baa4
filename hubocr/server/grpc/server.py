"""The gRPC server of a worker; it runs on the worker's event loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import unquote

from starlette.types import ASGIApp

from hubocr.errors import HubocrError, RequestError, SettingsError
from hubocr.optional import require
from hubocr.server.errors import SlowClientError
from hubocr.server.grpc.calls import Caller, HttpApp, HttpError, model_path
from hubocr.server.grpc.messages import PACKAGE, SERVICE, messages
from hubocr.server.grpc.places import ReceivingPlaces
from hubocr.server.grpc.size import check_size
from hubocr.server.settings import ServerSettings

logger = logging.getLogger(__name__)

_LONGEST_MESSAGE = 4_000
"""Characters of an error; clients take 8 to 16 KB of metadata, and drop the call beyond."""

_CODES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    408: "DEADLINE_EXCEEDED",
    413: "INVALID_ARGUMENT",
    422: "INVALID_ARGUMENT",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
_SPARE_BYTES = 65_536
"""What a message may be larger than its images."""

Method = Callable[[Any, Caller], Awaitable[Any]]


class GrpcServer:
    """``inference.GRPCInferenceService`` on a port of its own.

    Args:
        app: The HTTP application, which answers.
        settings: The server's settings.

    Raises:
        MissingPackageError: grpcio isn't installed.
        SettingsError: The port can't be listened on.
    """

    def __init__(self, app: ASGIApp, settings: ServerSettings) -> None:
        self._grpc = require("grpc", "grpc", "gRPC")
        self._http = HttpApp(app)
        self._settings = settings
        limit = settings.limits.body_bytes + _SPARE_BYTES
        self._aio = require("grpc.aio", "grpc", "gRPC")
        self._server = self._aio.server(
            options=[
                ("grpc.so_reuseport", int(settings.workers > 1)),
                ("grpc.max_receive_message_length", limit),
                ("grpc.max_send_message_length", -1),
            ],
            maximum_concurrent_rpcs=settings.limits.queue + 16,
        )
        limits = settings.limits
        self._places = ReceivingPlaces(
            max(2, limits.bodies_bytes // (2 * limits.body_bytes)),
            limits.queue_per_client,
            settings.trusted_networks,
        )
        handlers = {name: self._handler(name, method) for name, method in self._methods().items()}
        self._server.add_generic_rpc_handlers(
            (self._grpc.method_handlers_generic_handler(f"{PACKAGE}.{SERVICE}", handlers),)
        )
        host = settings.host
        address = f"[{host}]" if ":" in host and not host.startswith("[") else host
        address = f"{address}:{settings.grpc_port}"
        try:
            self._server.add_insecure_port(address)
        except RuntimeError as error:
            raise SettingsError(f"can't listen on {address} for gRPC") from error
        self._address = address

    async def start(self) -> None:
        """Begin to answer."""
        await self._server.start()
        logger.info("gRPC on %s", self._address)

    async def stop(self) -> None:
        """Let the running calls end, for as long as the settings say, and stop."""
        await self._server.stop(self._settings.drain_s)

    def _methods(self) -> dict[str, Method]:
        return {
            "ServerLive": self._live,
            "ServerReady": self._ready,
            "ModelReady": self._model_ready,
            "ServerMetadata": self._server_metadata,
            "ModelMetadata": self._model_metadata,
            "ModelInfer": self._http.infer,
        }

    def _handler(self, name: str, method: Method) -> Any:
        parse = getattr(messages(), f"{name}Request").FromString

        async def answer(_: Any, context: Any) -> Any:
            caller = Caller(_address(context.peer()), context.invocation_metadata() or ())
            try:
                # No name for the message here: the method alone holds it, and lets it go.
                return await method(_parsed(parse, await self._receive(context, caller)), caller)
            except HttpError as error:
                code, message = _CODES.get(error.status, "INTERNAL"), error.message
            except HubocrError as error:
                code, message = _CODES.get(error.http_status, "INTERNAL"), error.message
            try:
                await context.abort(self._grpc.StatusCode[code], message[:_LONGEST_MESSAGE])
            except self._aio.InternalError:  # nobody is there any more to be told
                logger.info("a gRPC call ended before its error was sent: %s", message[:200])

        # On the wire a call with one message is a stream of one; here it can wait to be received.
        return self._grpc.stream_unary_rpc_method_handler(
            answer,
            response_serializer=getattr(messages(), f"{name}Response").SerializeToString,
        )

    async def _receive(self, context: Any, caller: Caller) -> bytes:
        """Return the message of a call.

        Raises:
            OverloadedError: Too many calls of this client wait to send theirs.
            SlowClientError: It takes too long to arrive.
            RequestError: There is none.
        """
        seconds = self._settings.limits.body_s
        async with self._places.taken(caller.address[0] if caller.address else None):
            try:
                data = await asyncio.wait_for(context.read(), seconds)
            except asyncio.TimeoutError:  # not the built-in one before Python 3.11
                raise SlowClientError(f"the message did not arrive within {seconds:g} s") from None
        if not isinstance(data, bytes):
            raise RequestError("the call has no message")
        return data

    async def _live(self, request: Any, caller: Caller) -> Any:
        content = await self._http.get("/v2/health/live", caller)
        return messages().ServerLiveResponse(live=content["live"])

    async def _ready(self, request: Any, caller: Caller) -> Any:
        is_ready = await self._is_ready("/v2/health/ready", caller)
        return messages().ServerReadyResponse(ready=is_ready)

    async def _model_ready(self, request: Any, caller: Caller) -> Any:
        path = f"{model_path(request.name, request.version)}/ready"
        return messages().ModelReadyResponse(ready=await self._is_ready(path, caller))

    async def _is_ready(self, path: str, caller: Caller) -> bool:
        try:
            return bool((await self._http.get(path, caller))["ready"])
        except HttpError as error:
            if error.status == 503:
                return False
            raise

    async def _server_metadata(self, request: Any, caller: Caller) -> Any:
        content = await self._http.get("/v2", caller)
        return messages().ServerMetadataResponse(name=content["name"], version=content["version"])

    async def _model_metadata(self, request: Any, caller: Caller) -> Any:
        path = model_path(request.name, request.version)
        return messages().ModelMetadataResponse(**await self._http.get(path, caller))


def _parsed(parse: Callable[[bytes], Any], data: bytes) -> Any:
    check_size(data)
    try:
        return parse(data)
    except Exception as error:  # each implementation of protobuf has errors of its own
        raise RequestError("the message is damaged") from error


def _address(peer: str) -> tuple[str, int] | None:
    """Return host and port of gRPC's notation, such as ``ipv4:127.0.0.1:5000``."""
    kind, _, rest = unquote(peer).partition(":")
    host, _, port = rest.rpartition(":")
    if kind not in ("ipv4", "ipv6") or not port.isdigit():
        return None
    return host.strip("[]"), int(port)
