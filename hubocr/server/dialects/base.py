"""What a wire dialect is: how requests are parsed, and how results are encoded."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from hubocr.errors import HubocrError
from hubocr.runtime import Call
from hubocr.server.modules import Module
from hubocr.server.settings import ServerSettings
from hubocr.server.state import ServerState
from hubocr.services import Observer, OcrRequest


class Dialect:
    """How requests and answers are written.

    This class is also the plain dialect, of every route without one of its own.
    """

    def error(self, error: HubocrError, settings: ServerSettings) -> Response:
        """Return the answer to an error of ours."""
        return JSONResponse({"error": error.message}, error.http_status)

    def http_error(self, status: int, message: str) -> Response:
        """Return the answer to an error of HTTP itself: an unknown path, another method."""
        return Response(f"{message}\n", status, media_type="text/plain")


@dataclass(frozen=True)
class OcrCall:
    """A request in a dialect, parsed.

    Attributes:
        request: The service's request. A dialect that needs more for its reply has a subclass.
    """

    request: OcrRequest


C = TypeVar("C", bound=OcrCall)


class OcrDialect(Dialect, ABC, Generic[C]):
    """A dialect of requests to services.

    Its requests are all answered the same way, see `hubocr.server.routes.ocr`: parse, admission,
    service, reply.

    Attributes:
        paths: The paths that it answers with POST, in Starlette's notation.
        prefix: The start of paths whose errors are written in it even where there is no such path.
    """

    paths: ClassVar[tuple[str, ...]]
    prefix: ClassVar[str]

    @abstractmethod
    def module(self, request: Request, state: ServerState) -> Module:
        """Return the module of a request; nothing but the path is read."""

    @abstractmethod
    async def parse(self, request: Request, module: Module, settings: ServerSettings) -> C:
        """Read the body.

        Raises:
            RequestError: It can't be understood.
        """

    @abstractmethod
    def answer(self, call: C, module: Module, work: Call, observer: Observer) -> Response:
        """Run the module's service and return the reply; called beside the event loop.

        Args:
            call: What `parse` returned.
            module: The module of the request.
            work: Deadline and cancellation of the request.
            observer: Is told what was read.

        Raises:
            HubocrError: The service's, or the request can't be read after all.
        """

    @abstractmethod
    def describe(self, path: str, names: Sequence[str]) -> Mapping[str, Any]:
        """Return the OpenAPI operation of a path, for modules of these names."""


def responses(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the OpenAPI responses of a dialect whose answers fit a schema."""

    def response(description: str) -> dict[str, Any]:
        return {"description": description, "content": {"application/json": {"schema": schema}}}

    return {"200": response("The answer."), **{code: response("Error.") for code in _ERROR_CODES}}


_ERROR_CODES = ("400", "401", "404", "408", "413", "415", "422", "429", "500", "503", "504")
