"""The model ``ocr``: PaddleX's JSON inside of a tensor, as its high-stability serving has it.

The input ``input`` and the output ``output`` are ``BYTES`` of shape [1, 1], or [1]; the element is
the JSON of ``POST /ocr``. What is wrong with that JSON is said in the output, as PaddleX does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message

from hubocr.errors import HubocrError, RequestError
from hubocr.runtime import Call
from hubocr.server.dialects.oip.wire import InferRequest, Tensor
from hubocr.server.dialects.paddlex import Paddlex, PaddlexCall
from hubocr.server.modules import Module
from hubocr.server.settings import ServerSettings
from hubocr.services import Observer

PIPELINE = "ocr"
INPUT = "input"
SHAPE = (1, 1)
OUTPUTS: dict[str, Any] = {"output": ("BYTES", SHAPE)}

_PADDLEX = Paddlex()


@dataclass(frozen=True)
class PipelineCall:
    """The request in the JSON.

    Attributes:
        call: It, parsed, or what is wrong with it.
        settings: The server's settings.
    """

    call: PaddlexCall | RequestError
    settings: ServerSettings

    @classmethod
    async def parse(
        cls, request: InferRequest, scope: dict[str, Any], module: Module, settings: ServerSettings
    ) -> PipelineCall:
        """Return the request in the JSON.

        Args:
            request: The request.
            scope: The ASGI scope that it came in.
            module: The module of the request.
            settings: The server's settings.

        Raises:
            RequestError: It holds more than one element.
        """
        if len(request.elements) != 1:
            raise RequestError("inputs[0] must have one element, the JSON of POST /ocr")
        (element,) = request.elements
        body = element.encode() if isinstance(element, str) else element
        try:
            return cls(await _PADDLEX.parse(_inner(scope, body), module, settings), settings)
        except RequestError as error:
            return cls(error, settings)

    def answer(self, module: Module, work: Call, observer: Observer) -> Tensor:
        """Return the reply as a tensor; see `OcrDialect.answer`.

        Raises:
            HubocrError: The request can't be worked on; what is wrong with it is in the tensor.
        """
        return Tensor("output", "BYTES", SHAPE, [_text(self._reply(module, work, observer))])

    def _reply(self, module: Module, work: Call, observer: Observer) -> Response:
        if isinstance(self.call, RequestError):
            return self._error(self.call)
        try:
            return _PADDLEX.answer(self.call, module, work, observer)
        except RequestError as error:
            return self._error(error)

    def _error(self, error: HubocrError) -> Response:
        return _PADDLEX.error(error, self.settings)


def _inner(scope: dict[str, Any], body: bytes) -> Request:
    """Return the JSON as the request to ``/ocr`` that it stands for."""

    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    headers = [(b"content-type", b"application/json")]
    path = f"/{PIPELINE}"
    return Request(
        {**scope, "path": path, "raw_path": path.encode(), "query_string": b"", "headers": headers},
        receive,
    )


def _text(response: Response) -> str:
    return bytes(response.body).decode()
