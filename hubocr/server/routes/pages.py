"""``POST /pages``: the pages of a document as images, each of which any other route reads.

PDF, TIFF of several pages, animations, and photographs that browsers don't show, such as HEIC.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from typing import Any

import cv2
from starlette.requests import Request
from starlette.responses import Response

from hubocr.documents import DocumentOptions, Page, PageError, open_documents
from hubocr.documents.options import request_params
from hubocr.errors import DocumentTooLargeError, RequestError
from hubocr.imaging.draw import LONGEST_SIDE
from hubocr.runtime import Call
from hubocr.server.bodies import read_content_type, read_form
from hubocr.server.errors import ContentTypeError
from hubocr.server.limits import PDF_MEMORY_MB, Limits
from hubocr.server.openapi import JSON_CONTENT, PROBLEM
from hubocr.server.state import state_of
from hubocr.server.work import run_work
from hubocr.services.uploads import Upload, memory_for
from hubocr.settings.declared import change

_PARAMS = request_params(())
"""Nothing reads the pages here."""

_KEPT_BYTES = 3_000_000
"""Bytes that are counted for the PNG of a page."""

DOC: dict[str, Any] = {
    "summary": "Give the pages of a document as PNG images.",
    "description": "A form with one file and, as fields, "
    + "; ".join(f"{name}: {param.rule.help}" for name, param in _PARAMS.items()),
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        **{name: {"type": "string"} for name in _PARAMS},
                    },
                }
            }
        },
    },
    "responses": {
        "200": {**JSON_CONTENT, "description": "The pages, or why one can't be given."},
        **{code: PROBLEM for code in ("400", "401", "413", "415", "422", "429", "504")},
    },
}


async def pages(request: Request) -> Response:
    """Give the pages of a document as images."""
    state = state_of(request)
    if read_content_type(request) != "multipart/form-data":
        raise ContentTypeError("the content type must be multipart/form-data")
    files, fields = await read_form(request, 1)
    if len(files) > 1:
        raise RequestError("send one file a request")
    options = _options(fields, state.settings.limits)

    upload = Upload(files.pop(), "file")
    most = state.settings.limits.answer_bytes

    def work(call: Call) -> Response:
        with memory_for((upload,), options, state.runtime, call, _KEPT_BYTES) as reading:
            texts = _within(_encoded(upload.content, reading.documents, call), most)
            return Response(b'{"pages":[%s]}' % b",".join(texts), media_type="application/json")

    return await run_work(request, state, work)


def _options(fields: Mapping[str, Any], limits: Limits) -> DocumentOptions:
    """Return the options of the form's fields, within the limits of the server."""
    base = DocumentOptions(
        text_layer="ignore",
        max_pages=limits.images,
        max_pixels=limits.pixels,
        max_bytes=limits.body_bytes,
        memory_mb=PDF_MEMORY_MB,
        prefetch=0,
    )
    values = {
        name: _PARAMS[name].rule.type.parse(text) if name in _PARAMS else text
        for name, text in fields.items()
    }
    return change(base, _PARAMS, values, "form")


def _encoded(data: bytes, options: DocumentOptions, call: Call) -> Iterator[dict[str, Any]]:
    pixels = 0
    for page in open_documents(data, options=options):
        call.check()
        if isinstance(page, PageError):
            yield _failed(page)
            continue
        longest = max(page.image.shape[:2])
        if longest > LONGEST_SIDE:
            reason = f"the page has a side of {longest} pixels, an image may have {LONGEST_SIDE}"
            error = DocumentTooLargeError(f"{page.source}: {reason}")
            yield _failed(PageError(error, page.source, page.page_index or 0, page.page_count))
            continue
        pixels += page.image.shape[0] * page.image.shape[1]
        if pixels > options.max_pixels:
            raise DocumentTooLargeError(
                f"the pages have more than {options.max_pixels} pixels in all: ask for fewer at a "
                "time, or for a lower pdf_dpi"
            )
        yield _page(page)
        del page  # before the next one is decoded


def _within(entries: Iterator[dict[str, Any]], most: int) -> Iterator[bytes]:
    size = 0
    for entry in entries:
        text = json.dumps(entry, ensure_ascii=False).encode()
        size += len(text)
        if size > most:
            raise DocumentTooLargeError(
                f"the images have more than {most} bytes (limit_answer_bytes): ask for fewer at a "
                "time, or for a lower pdf_dpi"
            )
        yield text


def _failed(page: PageError) -> dict[str, Any]:
    if page.page_index is None:
        raise page.error
    return {"page": page.page_index + 1, "count": page.page_count, "error": page.error.message}


def _page(page: Page) -> dict[str, Any]:
    height, width = page.image.shape[:2]
    png = cv2.imencode(".png", page.image, [cv2.IMWRITE_PNG_COMPRESSION, 3])[1].tobytes()
    return {
        "page": (page.page_index or 0) + 1,
        "count": page.page_count,
        "width": width,
        "height": height,
        "dpi": page.dpi,
        "image": base64.b64encode(png).decode("ascii"),
    }
