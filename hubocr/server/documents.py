"""Requests for the pages of documents, for routes that take files of any kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hubocr.documents import DocumentOptions
from hubocr.documents.options import request_params as document_params
from hubocr.server.limits import PDF_MEMORY_MB
from hubocr.server.modules import Module
from hubocr.server.settings import ServerSettings
from hubocr.services import OcrRequest, SystemService
from hubocr.settings.declared import change
from hubocr.settings.params import request_params
from hubocr.settings.pipeline_defaults import PIPELINE_DEFAULTS

_TASKS = SystemService.tasks
_DOCUMENT_PARAMS = document_params(_TASKS)


def document_request(
    options: Mapping[str, Any],
    module: Module,
    settings: ServerSettings,
    defaults: Mapping[str, Any] | None = None,
) -> tuple[OcrRequest, DocumentOptions]:
    """Return the module's request, and how the files are opened.

    Args:
        options: The request's options by public name, of reading and of documents.
        module: The module of the request.
        settings: Limits, and whether URLs are fetched.
        defaults: Options that this route has where the request has none.

    Raises:
        RequestError: An option is unknown, or its value is wrong.
    """
    low = {
        name: value for name, value in PIPELINE_DEFAULTS.items() if name in request_params(_TASKS)
    }
    own = {name: value for name, value in options.items() if name in _DOCUMENT_PARAMS}
    rest = {name: value for name, value in options.items() if name not in own}
    arguments = {"options": {**low, **(defaults or {}), **rest}}
    request = module.service.request((), arguments, module.settings)
    documents = DocumentOptions(
        max_pages=settings.limits.images,
        max_pixels=request.max_pixels,
        max_bytes=settings.limits.body_bytes,
        memory_mb=PDF_MEMORY_MB,
        allow_urls=settings.allow_urls,
        urls=settings.urls,
        prefetch=1,
    )
    return request, change(documents, _DOCUMENT_PARAMS, own, "options")
