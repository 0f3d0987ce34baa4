"""One request in PaddleX's form: which one it has, parse, reply."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, cast

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from hubocr.documents import DocumentOptions
from hubocr.errors import (
    DocumentError,
    HubocrError,
    ImageError,
    RequestError,
    UrlRefusedError,
)
from hubocr.imaging import BgrImage
from hubocr.pipeline import Page
from hubocr.runtime import Call
from hubocr.server.bodies import check_arguments, parse_json, read_body, read_content_type
from hubocr.server.dialects.base import OcrCall, OcrDialect, responses
from hubocr.server.dialects.paddlex.replies import (
    LARGEST_PICTURES,
    Pictures,
    beta_pictures,
    beta_result,
    data_info,
    ocr_pictures,
    ocr_result,
)
from hubocr.server.dialects.paddlex.requests import (
    BetaRequest,
    PaddlexRequest,
    UnprocessableError,
    malformed,
    no_json,
    parsed,
    wrong_option,
)
from hubocr.server.errors import LimitError
from hubocr.server.limits import PDF_MEMORY_MB
from hubocr.server.logs import request_id
from hubocr.server.modules import Module
from hubocr.server.settings import ServerSettings
from hubocr.server.state import ServerState
from hubocr.services import ImageSource, Observer, OcrRequest, SystemService
from hubocr.services.documents import ReadPage
from hubocr.services.uploads import Kind, Upload, memory_for, read_upload
from hubocr.settings import OcrOptions

_PDF_DPI = 144
"""PaddleX renders PDF pages at twice their size in points; clients compute with that."""

ReadImage = tuple[Page, Pictures]
"""A page, and its pictures where the reply holds some."""

_NO_PICTURES: Pictures = {}

_ERROR = {
    "type": "object",
    "required": ["logId", "errorCode", "errorMsg"],
    "properties": {
        "logId": {"type": "string"},
        "errorCode": {"type": "integer"},
        "errorMsg": {"type": "string"},
    },
}


@dataclass(frozen=True)
class PaddlexCall(OcrCall):
    """A request of a PaddleX client.

    Attributes:
        body: The body, in the form of 3.x or of 3.0-beta.
        is_pdf: Whether the client says that the file is a PDF.
        documents: How the file is opened, within which limits.
        answer_bytes: Most bytes of the reply.
    """

    body: PaddlexRequest | BetaRequest
    is_pdf: bool
    documents: DocumentOptions
    answer_bytes: int


class Paddlex(OcrDialect[PaddlexCall]):
    """PaddleX's JSON, answered by the first module that reads pages."""

    paths = ("/ocr",)
    prefix = "/ocr/"

    def module(self, request: Request, state: ServerState) -> Module:
        """See `OcrDialect.module`."""
        return state.first_module(SystemService)

    async def parse(
        self, request: Request, module: Module, settings: ServerSettings
    ) -> PaddlexCall:
        """See `OcrDialect.parse`."""
        content_type = read_content_type(request)
        if content_type != "application/json" and not content_type.endswith("+json"):
            raise no_json()
        try:
            content = parse_json(await read_body(request))
        except RequestError as error:
            raise malformed(error) from None
        if isinstance(content, dict):
            check_arguments({k: v for k, v in content.items() if k not in {"file", "image"}})
        body = parsed(content)
        is_pdf = isinstance(body, PaddlexRequest) and body.is_pdf()
        try:
            ocr_request = module.service.request((), body.arguments(), module.settings)
        except RequestError as error:
            raise wrong_option(error) from None
        documents = DocumentOptions(
            dpi=_PDF_DPI,
            text_layer="ignore",
            max_pages=settings.limits.images,
            max_pixels=ocr_request.max_pixels,
            max_bytes=settings.limits.body_bytes,
            memory_mb=PDF_MEMORY_MB,
            allow_urls=settings.allow_urls,
            urls=settings.urls,
            prefetch=1,
        )
        wanted = body.visualize if isinstance(body, PaddlexRequest) else True
        keep = settings.visualize if wanted is None else wanted
        picture = _picture(body, ocr_request.options) if keep else None
        most = settings.limits.answer_bytes
        return PaddlexCall(replace(ocr_request, picture=picture), body, is_pdf, documents, most)

    def answer(self, call: PaddlexCall, module: Module, work: Call, observer: Observer) -> Response:
        """See `OcrDialect.answer`."""
        service = cast(SystemService, module.service.with_models(call.request.models))
        try:
            kind, pages = _read(call, service, work, observer)
            if isinstance(call.body, BetaRequest):
                result = beta_result(*next(pages))
                return JSONResponse({"errorCode": 0, "errorMsg": "Success", "result": result})
            return self._reply(call, call.body, kind, pages)
        except UrlRefusedError as error:
            raise UnprocessableError(error.message) from error
        except (ImageError, DocumentError) as error:
            raise UnprocessableError(f"Invalid input file: {error.message}") from error

    def _reply(
        self, call: PaddlexCall, body: PaddlexRequest, kind: Kind, pages: Iterator[ReadImage]
    ) -> Response:
        """Write the reply page by page, so that no text of all of it is held beside its bytes."""
        results: list[bytes] = []
        read: list[Page] = []
        size = 0
        for page, pictures in pages:
            results.append(_json(ocr_result(page, pictures, call.request.options)))
            read.append(page)
            size += len(results[-1])
            if size > call.answer_bytes:
                raise LimitError(
                    f"the reply has more than {call.answer_bytes} bytes (limit_answer_bytes): send "
                    "fewer pages at a time, or visualize: false"
                )
        log, info = _json(body.logId or request_id.get()), _json(data_info(read, kind))
        return Response(
            b'{"logId":%s,"result":{"ocrResults":[%s],"dataInfo":%s},"errorCode":0,'
            b'"errorMsg":"Success"}' % (log, b",".join(results), info),
            media_type="application/json",
        )

    def error(self, error: HubocrError, settings: ServerSettings) -> Response:
        """See `Dialect.error`."""
        return self.http_error(error.http_status, error.message)

    def http_error(self, status: int, message: str) -> Response:
        """See `Dialect.http_error`."""
        content = {"logId": request_id.get(), "errorCode": status, "errorMsg": message}
        return JSONResponse(content, status)

    def describe(self, path: str, names: Sequence[str]) -> Mapping[str, Any]:
        """See `OcrDialect.describe`."""
        schema = PaddlexRequest.model_json_schema()
        return {
            "summary": "Read an image or a PDF (PaddleX serving).",
            "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
            "responses": responses(_ERROR),
        }


def _read(
    call: PaddlexCall, service: SystemService, work: Call, observer: Observer
) -> tuple[Kind, Iterator[ReadImage]]:
    """Return what kind of file it is, and its pages with their images."""
    body, name = call.body, "image" if isinstance(call.body, BetaRequest) else "file"
    text = body.image if isinstance(body, BetaRequest) else body.file
    try:
        upload = Upload.from_text(text, name, call.documents)
        kind = upload.kind
        if (kind == "pdf") != call.is_pdf:
            found = "a PDF" if kind == "pdf" else "an image"
            raise DocumentError(f"{name}: it is {found}, fileType says something else")
    except (ImageError, DocumentError):
        observer.count_images(0, 1)
        raise
    if kind == "image" or isinstance(body, BetaRequest):
        image = ImageSource.from_bytes(upload.content, name)
        return kind, _single(replace(call.request, images=(image,)), service, work, observer)
    return kind, _pages(call, upload, service, work, observer)


def _picture(
    body: PaddlexRequest | BetaRequest, options: OcrOptions
) -> Callable[[Page, BgrImage], Pictures]:
    return (
        beta_pictures if isinstance(body, BetaRequest) else partial(ocr_pictures, options=options)
    )


def _single(
    request: OcrRequest, service: SystemService, work: Call, observer: Observer
) -> Iterator[ReadImage]:
    answer = service.answer(request, work, observer)
    (page,) = answer.results
    if isinstance(page, ImageError):
        raise TypeError("a service answers no request of which it can read no image")
    yield page, answer.pictures[0] if answer.pictures else _NO_PICTURES


def _pages(
    call: PaddlexCall, upload: Upload, service: SystemService, work: Call, observer: Observer
) -> Iterator[ReadImage]:
    picture, options = call.request.picture, call.request.options
    runtime = service.pipeline.runtime
    page_bytes = LARGEST_PICTURES if picture is not None else 0
    with memory_for((upload,), call.documents, runtime, work, page_bytes) as reading:
        for read in read_upload(service, upload, options, reading, work, observer):
            pictures = _NO_PICTURES
            if picture is not None:  # drawing takes its turn among the pieces of other requests
                (pictures,) = runtime.map(
                    partial(_pictures, picture), [read], stage="drawing", call=work
                )
            page = read.result
            del read  # the next one is decoded once this is asked for it
            yield page, pictures


def _pictures(picture: Callable[[Page, BgrImage], Pictures], read: ReadPage) -> Pictures:
    return picture(read.result, read.image)


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
