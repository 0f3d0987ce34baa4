"""One request of the Open Inference Protocol: its model, parse, reply."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from hubocr.errors import RequestError
from hubocr.runtime import Call
from hubocr.server.bodies import check_arguments, read_body
from hubocr.server.dialects.base import OcrCall, OcrDialect, responses
from hubocr.server.dialects.oip.models import IMAGES, VERSION, check_version, tensors_of
from hubocr.server.dialects.oip.pipeline import INPUT, PIPELINE, PipelineCall
from hubocr.server.dialects.oip.wire import HEADER_LENGTH, InferRequest, read_request, write_reply
from hubocr.server.errors import LimitError, UnknownModuleError
from hubocr.server.modules import Module
from hubocr.server.settings import ServerSettings
from hubocr.server.state import ServerState
from hubocr.services import ImageSource, Observer, OcrRequest, SystemService

_STANDARD_PARAMETERS = {
    *("binary_data_output", "headers", "priority", "timeout"),
    *("sequence_id", "sequence_start", "sequence_end"),
}
"""Parameters of the protocol and of Triton's clients, which are no options of ours."""


@dataclass(frozen=True)
class OpenInferenceCall(OcrCall):
    """A request to a model.

    Attributes:
        model: The name of the model in the URL.
        infer: The body.
        pipeline: The request in its JSON, of the model ``ocr``.
    """

    model: str
    infer: InferRequest
    pipeline: PipelineCall | None


class OpenInference(OcrDialect[OpenInferenceCall]):
    """Tensors in, tensors out: each module is a model, and ``ocr`` the first that reads pages."""

    paths = ("/v2/models/{name}/infer", "/v2/models/{name}/versions/{version}/infer")
    prefix = "/v2/models/"

    def module(self, request: Request, state: ServerState) -> Module:
        """See `OcrDialect.module`."""
        check_version(request.path_params.get("version"))
        return module_of(request.path_params["name"], state)

    async def parse(
        self, request: Request, module: Module, settings: ServerSettings
    ) -> OpenInferenceCall:
        """See `OcrDialect.parse`."""
        model = request.path_params["name"]
        is_pipeline = model != module.name
        infer = read_request(
            await read_body(request),
            request.headers.get(HEADER_LENGTH),
            INPUT if is_pipeline else IMAGES,
        )
        if is_pipeline:
            pipeline = await PipelineCall.parse(infer, dict(request.scope), module, settings)
            return OpenInferenceCall(OcrRequest(()), model, infer, pipeline)
        if not infer.elements:
            raise RequestError(f"{IMAGES} is empty: send at least one image")
        if len(infer.elements) > settings.limits.images:
            limit = settings.limits.images
            raise LimitError(f"{IMAGES} has {len(infer.elements)} entries, the limit is {limit}")
        images = [_image(data, f"{IMAGES}[{i}]") for i, data in enumerate(infer.elements)]
        arguments = {
            name: value
            for name, value in infer.parameters.items()
            if name not in _STANDARD_PARAMETERS
        }
        check_arguments(arguments)
        ocr_request = module.service.request(images, arguments, module.settings, "parameters")
        return OpenInferenceCall(ocr_request, model, infer, None)

    def answer(
        self, call: OpenInferenceCall, module: Module, work: Call, observer: Observer
    ) -> Response:
        """See `OcrDialect.answer`."""
        if call.pipeline is not None:
            tensors = [call.pipeline.answer(module, work, observer)]
        else:
            answer = module.service.answer(call.request, work, observer)
            tensors = tensors_of(module.kind, answer)
        written = write_reply(call.model, VERSION, call.infer, tensors)
        return Response(written.body, headers=dict(written.headers))

    def http_error(self, status: int, message: str) -> Response:
        """See `Dialect.http_error`."""
        return JSONResponse({"error": message}, status)

    def describe(self, path: str, names: Sequence[str]) -> Mapping[str, Any]:
        """See `OcrDialect.describe`."""
        models = list(dict.fromkeys([*names, PIPELINE]))
        parameters = [("name", models), *([("version", [VERSION])] if "{version}" in path else [])]
        return {
            "summary": "Read images with a model (Open Inference Protocol v2).",
            "parameters": [
                {
                    "name": name,
                    "in": "path",
                    "required": True,
                    "schema": {"type": "string", "enum": values},
                }
                for name, values in parameters
            ],
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": _REQUEST}},
            },
            "responses": responses({"type": "object"}),
        }


def module_of(model: str, state: ServerState) -> Module:
    """Return the module that a model is.

    Raises:
        UnknownModuleError: There is no such model.
        NotReadyError: The models aren't loaded yet.
    """
    if model == PIPELINE and model not in state.host.names:
        return state.first_module(SystemService)
    try:
        return state.module(model)
    except UnknownModuleError:
        raise UnknownModuleError(f"Model {model} is not available.") from None


def _image(data: bytes | str, name: str) -> ImageSource:
    if isinstance(data, bytes):
        return ImageSource.from_bytes(data, name)
    return ImageSource.from_base64(data, name)


_TENSOR: Mapping[str, Any] = {
    "type": "object",
    "required": ["name", "datatype", "shape", "data"],
    "properties": {
        "name": {"type": "string", "enum": [IMAGES, INPUT]},
        "datatype": {"type": "string", "enum": ["BYTES"]},
        "shape": {"type": "array", "minItems": 1, "items": {"type": "integer", "minimum": 0}},
        "data": {"type": "array", "items": {"type": "string"}},
    },
}
_REQUEST: Mapping[str, Any] = {
    "type": "object",
    "required": ["inputs"],
    "properties": {
        "id": {"type": "string"},
        "parameters": {"type": "object"},
        "inputs": {"type": "array", "minItems": 1, "maxItems": 1, "items": _TENSOR},
        "outputs": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["name"],
                "properties": {"name": {"type": "string"}},
            },
        },
    },
}
