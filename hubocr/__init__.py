"""hubocr: self-hosted OCR on PP-OCR models.

>>> from hubocr import create_pipeline  # doctest: +SKIP
>>> for result in create_pipeline("OCR").predict("scans/"):  # doctest: +SKIP
...     result.print()

What ``__all__`` lists is the public face. Each name is imported when it is used first, so that
``import hubocr`` loads nothing else.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from hubocr._version import __version__

if TYPE_CHECKING:
    from hubocr.api.create import create_pipeline
    from hubocr.api.paddleocr import PaddleOCR
    from hubocr.api.pipeline import DocumentPipeline
    from hubocr.api.result import OCRResult
    from hubocr.documents.open import open_documents
    from hubocr.documents.options import DocumentOptions, UrlOptions
    from hubocr.errors import HubocrError
    from hubocr.imaging.decode import read_image
    from hubocr.pipeline.ocr import OcrPipeline
    from hubocr.pipeline.results import Box, Line, Page
    from hubocr.runtime.runtime import Runtime
    from hubocr.services.documents import ReadPage, read_documents
    from hubocr.settings.layers import pipeline_settings
    from hubocr.settings.pipeline import OcrOptions, PipelineSettings

__all__ = [
    "Box",
    "DocumentOptions",
    "DocumentPipeline",
    "HubocrError",
    "Line",
    "OCRResult",
    "OcrOptions",
    "OcrPipeline",
    "PaddleOCR",
    "Page",
    "PipelineSettings",
    "ReadPage",
    "Runtime",
    "UrlOptions",
    "__version__",
    "create_pipeline",
    "open_documents",
    "pipeline_settings",
    "read_documents",
    "read_image",
]

_MODULES = {
    "Box": "pipeline.results",
    "DocumentOptions": "documents.options",
    "DocumentPipeline": "api.pipeline",
    "HubocrError": "errors",
    "Line": "pipeline.results",
    "OCRResult": "api.result",
    "OcrOptions": "settings.pipeline",
    "OcrPipeline": "pipeline.ocr",
    "PaddleOCR": "api.paddleocr",
    "Page": "pipeline.results",
    "PipelineSettings": "settings.pipeline",
    "ReadPage": "services.documents",
    "Runtime": "runtime.runtime",
    "UrlOptions": "documents.options",
    "create_pipeline": "api.create",
    "open_documents": "documents.open",
    "pipeline_settings": "settings.layers",
    "read_documents": "services.documents",
    "read_image": "imaging.decode",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
