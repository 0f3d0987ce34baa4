"""Documents: what a caller brings (paths, folders, URLs, PDFs, arrays, ...) becomes pages, lazily.

Nothing is imported before it is used: the process that renders PDFs imports `hubocr.documents.pdf`
alone and should start quickly.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hubocr.documents.open import Source, open_documents
    from hubocr.documents.options import DocumentOptions, UrlOptions
    from hubocr.documents.page import Page, PageError, TextLayer, TextLine, TextWord
    from hubocr.documents.page_range import PageRange

__all__ = [
    "DocumentOptions",
    "Page",
    "PageError",
    "PageRange",
    "Source",
    "TextLayer",
    "TextLine",
    "TextWord",
    "UrlOptions",
    "open_documents",
]

_MODULES = {
    "DocumentOptions": "options",
    "Page": "page",
    "PageError": "page",
    "PageRange": "page_range",
    "Source": "open",
    "TextLayer": "page",
    "TextLine": "page",
    "TextWord": "page",
    "UrlOptions": "options",
    "open_documents": "open",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
