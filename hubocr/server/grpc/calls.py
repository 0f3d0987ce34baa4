"""A gRPC call as the HTTP request that it stands for, and the answer back as its message."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp

from hubocr.errors import HubocrError, RequestError
from hubocr.server.dialects.oip.wire import HEADER_LENGTH
from hubocr.server.grpc.messages import messages
from hubocr.server.inner import InnerReply, InnerRequest, call_app

_PASSED_ON = ("authorization", "x-api-key", "x-request-id")
"""Metadata of a call that are headers of the request."""


class HttpError(HubocrError):
    """The HTTP application answered an error.

    Args:
        message: What it said.
        status: Its status.
    """

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Caller:
    """Who calls.

    Attributes:
        address: Host and port, where they are known.
        metadata: The call's metadata.
    """

    address: tuple[str, int] | None
    metadata: Iterable[tuple[str, str | bytes]]

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Return the metadata that the HTTP application reads."""
        return [
            (name.encode(), value.encode() if isinstance(value, str) else value)
            for name, value in self.metadata
            if name in _PASSED_ON
        ]


class HttpApp:
    """The HTTP application, called without a socket.

    Args:
        app: The application.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def get(self, path: str, caller: Caller) -> Any:
        """Return the JSON that a path answers.

        Raises:
            HttpError: It answers an error.
        """
        request = InnerRequest("GET", path, caller.headers(), client=caller.address)
        return json.loads((await self._call(request)).body)

    async def infer(self, request: Any, caller: Caller) -> Any:
        """Return the ``ModelInferResponse`` to a ``ModelInferRequest``.

        Raises:
            RequestError: The request isn't as the protocol has it.
            HttpError: The application answers an error.
        """
        path = f"{model_path(request.model_name, request.model_version)}/infer"
        text, tensors = _body(request)
        headers = [*caller.headers(), (HEADER_LENGTH.encode(), str(len(text)).encode())]
        inner = InnerRequest("POST", path, headers, text + tensors, client=caller.address)
        del request, text, tensors  # the body is a copy of them, and may wait for its turn
        reply = await self._call(inner)
        return _response(Headers(raw=list(reply.headers)), reply.body)

    async def _call(self, request: InnerRequest) -> InnerReply:
        reply = await call_app(self._app, request)
        if reply.status != 200:
            raise HttpError(_said(reply.body), reply.status)
        return reply


def model_path(name: str, version: str) -> str:
    """Return the path of a model.

    Raises:
        RequestError: No model can have that name or version.
    """
    for field, text in (("name", name), ("version", version)):
        if not text.replace("_", "").replace("-", "").isalnum() and (text or field == "name"):
            raise RequestError(f"the model's {field} must be letters, digits, - and _")
    return f"/v2/models/{name}" + (f"/versions/{version}" if version else "")


def _body(request: Any) -> tuple[bytes, bytes]:
    """Return the JSON of a request and the bytes of its tensor."""
    raw = list(request.raw_input_contents)
    inputs = []
    for index, one in enumerate(request.inputs):
        if len(request.raw_input_contents) == 0:
            elements = list(one.contents.bytes_contents)
            raw.append(b"".join(len(e).to_bytes(4, "little") + e for e in elements))
        elif len(request.raw_input_contents) != len(request.inputs):
            raise RequestError("raw_input_contents must have an entry for each of inputs")
        inputs.append(
            {
                "name": one.name,
                "datatype": one.datatype,
                "shape": list(one.shape),
                "parameters": {
                    **_parameters(one.parameters),
                    "binary_data_size": len(raw[index]),
                },
            }
        )
    content: dict[str, Any] = {
        "inputs": inputs,
        "parameters": {**_parameters(request.parameters), "binary_data_output": True},
        "outputs": [{"name": one.name} for one in request.outputs],
    }
    if request.id:
        content["id"] = request.id
    return json.dumps(content).encode(), b"".join(raw)


def _parameters(given: Mapping[str, Any]) -> dict[str, Any]:
    found = {}
    for name, parameter in given.items():
        choice = parameter.WhichOneof("parameter_choice")
        if choice is not None:
            found[name] = getattr(parameter, choice)
    return found


def _response(headers: Headers, body: bytes) -> Any:
    length = int(headers[HEADER_LENGTH])
    content, place = json.loads(body[:length]), length
    response = messages().ModelInferResponse(
        model_name=content["model_name"],
        model_version=content["model_version"],
        id=content.get("id", ""),
    )
    for tensor in content["outputs"]:
        size = tensor["parameters"]["binary_data_size"]
        response.outputs.add(
            name=tensor["name"], datatype=tensor["datatype"], shape=tensor["shape"]
        )
        response.raw_output_contents.append(body[place : place + size])
        place += size
    return response


def _said(answer: bytes) -> str:
    try:
        return str(json.loads(answer)["error"])
    except (ValueError, KeyError, TypeError):
        return answer.decode(errors="replace").strip()
