"""``POST /export/{format}``: images and PDFs in, a file of one of the exporters' formats out."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from starlette.requests import Request
from starlette.responses import Response

from hubocr.documents import DocumentOptions
from hubocr.errors import RequestError
from hubocr.exporters import FORMATS, Document, Format, find_format
from hubocr.exporters.kept import KeptImages
from hubocr.pipeline import Page
from hubocr.runtime import Call
from hubocr.server.bodies import (
    check_arguments,
    parse_json,
    read_body,
    read_content_type,
    read_form,
)
from hubocr.server.documents import document_request
from hubocr.server.errors import ContentTypeError, LimitError
from hubocr.server.modules import Module
from hubocr.server.openapi import PROBLEM
from hubocr.server.record import record_of
from hubocr.server.settings import ServerSettings
from hubocr.server.state import state_of
from hubocr.server.work import run_work
from hubocr.services import Observer, OcrRequest, SystemService
from hubocr.services.uploads import Upload, memory_for, read_upload

PATH = "/export/{format}"
_ERRORS = ["400", "401", "404", "408", "413", "415", "422", "429", "500", "503", "504"]
_MEDIA_TYPES = dict.fromkeys(known.media_type for known in FORMATS.values())
DOC: dict[str, Any] = {
    "summary": "Read images and PDFs, and answer a file of the format.",
    "parameters": [
        {
            "name": "format",
            "in": "path",
            "required": True,
            "schema": {"type": "string", "enum": list(FORMATS)},
        },
        {
            "name": "options",
            "in": "query",
            "schema": {"type": "string"},
            "description": "a JSON object of options, where the body is a bare file",
        },
    ],
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "files": {
                            "type": "array",
                            "items": {"type": "string", "format": "binary"},
                        },
                        "options": {"type": "string", "description": "a JSON object of options"},
                    },
                }
            },
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
        },
    },
    "responses": {
        "200": {
            "description": "The file; a ZIP file where the format needs one for each page.",
            "content": {kind: {} for kind in (*_MEDIA_TYPES, "application/zip")},
        },
        **{code: PROBLEM for code in _ERRORS},
    },
}

_KEPT_BYTES = 3_000_000
"""Bytes that are counted for the image of a page which is kept for the file."""

_BARE = ("image/", "application/pdf", "application/octet-stream")


@dataclass(frozen=True)
class _Export:
    """A request: the files, the format, and how they are read."""

    uploads: Sequence[Upload]
    format: Format
    request: OcrRequest
    documents: DocumentOptions
    answer_bytes: int

    def run(self, module: Module, call: Call, observer: Observer) -> Response:
        """Read all pages, in order, and write the file."""
        service = cast(SystemService, module.service.with_models(self.request.models))
        runtime, options = service.pipeline.runtime, self.request.options
        images = KeptImages(self.format.needs_images, self.answer_bytes)
        pages: list[Page] = []
        dpi: list[float | None] = []
        kept = _KEPT_BYTES if self.format.needs_images else 0
        with memory_for(self.uploads, self.documents, runtime, call, kept) as reading:
            for upload in self.uploads:
                for read in read_upload(service, upload, options, reading, call, observer):
                    if len(pages) == self.documents.max_pages:
                        raise LimitError(
                            f"the files have more pages than the limit, {self.documents.max_pages}"
                        )
                    pages.append(read.result)
                    dpi.append(read.document.dpi)
                    images.add(read.image)
                    del read  # before the next one is decoded
            document = Document(pages, images, options=options, resolution=dpi.__getitem__)
            (reply,) = runtime.map(
                lambda _: _reply(self.format, document), [pages], stage="writing", call=call
            )
        if len(reply.body) > self.answer_bytes:
            raise LimitError(
                f"the file would have more than {self.answer_bytes} bytes (limit_answer_bytes): "
                "send fewer pages at a time"
            )
        return reply


async def export(request: Request) -> Response:
    """Answer a file of the format that the path names."""
    state = state_of(request)
    known = find_format(request.path_params["format"])
    module = state.first_module(SystemService)
    record_of(request.scope).module = module.name
    export = await _parse(request, known, module, state.settings)
    return await run_work(request, state, lambda call: export.run(module, call, state.metrics))


async def _parse(
    request: Request, known: Format, module: Module, settings: ServerSettings
) -> _Export:
    files, options = await _read_request(request, settings.limits.images)
    defaults = {"rec_word_boxes": True} if known.wants_words else {}
    ocr_request, documents = document_request(options, module, settings, defaults)
    uploads = [Upload(data, f"files[{index}]") for index, data in enumerate(files)]
    return _Export(uploads, known, ocr_request, documents, settings.limits.answer_bytes)


async def _read_request(request: Request, most: int) -> tuple[list[bytes], Mapping[str, Any]]:
    """Return the files of a request and its options."""
    content_type = read_content_type(request)
    if content_type == "multipart/form-data":
        files, fields = await read_form(request, most)
        text = fields.get("options", "{}")
    elif content_type.startswith(_BARE):
        files, text = [await read_body(request)], request.query_params.get("options", "{}")
    else:
        raise ContentTypeError(
            "the content type must be multipart/form-data, image/*, application/pdf or "
            f"application/octet-stream, not {content_type or 'none'}"
        )
    if len(files) > most:
        raise LimitError(f"there are {len(files)} files, the limit is {most}")
    options = parse_json(text.encode())
    if not isinstance(options, dict):
        raise RequestError("options must be a JSON object")
    check_arguments(options)
    return files, options


def _reply(known: Format, document: Document) -> Response:
    """Return the file, or a ZIP file of several."""
    files = list(known.files(document)) if document.pages else []
    if len(files) == 1:
        ((name, content),) = files
        return _download(name, content, known.media_type)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return _download(f"{document.name}.zip", packed.getvalue(), "application/zip")


def _download(name: str, content: bytes, media_type: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=media_type, headers=headers)
