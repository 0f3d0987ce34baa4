"""One request in the shape of gateways: parse, reply."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from hubocr.documents import DocumentOptions
from hubocr.errors import HubocrError, RequestError
from hubocr.runtime import Call
from hubocr.server.bodies import check_arguments, parse_json, read_body, read_content_type
from hubocr.server.dialects.base import OcrCall, OcrDialect, responses
from hubocr.server.dialects.gateway.replies import page_of
from hubocr.server.dialects.gateway.requests import GatewayRequest, parsed
from hubocr.server.dialects.nim import NIM_REQUEST, Nim, NimCall
from hubocr.server.documents import document_request
from hubocr.server.errors import ContentTypeError
from hubocr.server.modules import Module
from hubocr.server.openapi import inlined
from hubocr.server.settings import ServerSettings
from hubocr.server.state import ServerState
from hubocr.services import Observer, SystemService
from hubocr.services.documents import ReadPage
from hubocr.services.uploads import Upload, memory_for, read_upload

_ERROR = {
    "type": "object",
    "required": ["error", "object", "message", "type"],
    "properties": {
        "error": {"type": "string"},
        "object": {"const": "error"},
        "message": {"type": "string"},
        "type": {"type": "string"},
        "param": {"type": "null"},
        "code": {"type": "string"},
    },
}


@dataclass(frozen=True)
class GatewayCall(OcrCall):
    """A request of a gateway.

    Attributes:
        body: The body.
        documents: How the document is opened, within which limits.
    """

    body: GatewayRequest
    documents: DocumentOptions


class Gateway(OcrDialect[GatewayCall | NimCall]):
    """The OCR requests of gateways, answered by the first module that reads pages.

    Two APIs have this path: a body with ``input`` is NIM's, others are Mistral's.
    """

    paths = ("/v1/ocr",)
    prefix = "/v1/ocr/"

    def __init__(self) -> None:
        self._nim = Nim()

    def module(self, request: Request, state: ServerState) -> Module:
        """See `OcrDialect.module`."""
        return state.first_module(SystemService)

    async def parse(
        self, request: Request, module: Module, settings: ServerSettings
    ) -> GatewayCall | NimCall:
        """See `OcrDialect.parse`."""
        content_type = read_content_type(request)
        if content_type != "application/json":
            raise ContentTypeError("the content type must be application/json")
        content = parse_json(await read_body(request))
        if isinstance(content, dict) and "input" in content:
            return self._nim.parse_content(content, module, settings)
        if isinstance(content, dict):
            if "document" not in content:
                raise RequestError("the body must have document (Mistral's API) or input (NIM's)")
            check_arguments({k: v for k, v in content.items() if k != "document"})
        body = parsed(content)
        options = dict(body.options)
        if body.page_range is not None:
            options["page_range"] = body.page_range
        ocr_request, documents = document_request(options, module, settings)
        return GatewayCall(ocr_request, body, documents)

    def answer(
        self, call: GatewayCall | NimCall, module: Module, work: Call, observer: Observer
    ) -> Response:
        """See `OcrDialect.answer`."""
        if isinstance(call, NimCall):
            return self._nim.answer(call, module, work, observer)
        service = cast(SystemService, module.service.with_models(call.request.models))
        upload = Upload.from_text(call.body.document.url, "document", call.documents)
        runtime, options = service.pipeline.runtime, call.request.options
        with memory_for((upload,), call.documents, runtime, work) as reading:
            read = [
                page.without_image()
                for page in read_upload(service, upload, options, reading, work, observer)
            ]

        def write(page: ReadPage) -> dict[str, Any]:
            return page_of(page.result, page.document.dpi, call.body)

        pages = runtime.map(write, read, stage="writing", call=work)
        usage = {"pages_processed": len(read), "doc_size_bytes": len(upload.content)}
        model = call.body.model or module.name
        return JSONResponse({"pages": list(pages), "model": model, "usage_info": usage})

    def error(self, error: HubocrError, settings: ServerSettings) -> Response:
        """See `Dialect.error`."""
        return self.http_error(error.http_status, error.message)

    def http_error(self, status: int, message: str) -> Response:
        """See `Dialect.http_error`."""
        kind = "invalid_request_error" if status < 500 else "server_error"
        # NIM's key, then Mistral's: before the body is read the client isn't known.
        content = {"error": message, "object": "error", "message": message, "type": kind}
        return JSONResponse({**content, "param": None, "code": str(status)}, status)

    def describe(self, path: str, names: Sequence[str]) -> Mapping[str, Any]:
        """See `OcrDialect.describe`."""
        schema = {"anyOf": [inlined(GatewayRequest.model_json_schema()), NIM_REQUEST]}
        return {
            "summary": "Read a document (Mistral, LiteLLM), or images (NIM for Image OCR).",
            "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
            "responses": responses(_ERROR),
        }
