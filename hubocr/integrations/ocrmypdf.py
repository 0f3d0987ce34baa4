"""An OCR engine of OCRmyPDF: ``ocrmypdf --ocr-engine hubocr scan.pdf out.pdf``.

OCRmyPDF finds this module by its entry point; without ``--ocr-engine hubocr`` it does nothing.
"""

from __future__ import annotations

import argparse
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

from ocrmypdf import hookimpl
from ocrmypdf.exceptions import MissingDependencyError
from ocrmypdf.pluginspec import OcrEngine, OrientationConfidence
from PIL import Image

from hubocr import __version__
from hubocr.exporters import document_of, find_format
from hubocr.exporters.pdf import write_text_layer
from hubocr.imaging import read_image
from hubocr.integrations.pipelines import shared_pipeline
from hubocr.pipeline import Page
from hubocr.settings import OcrOptions

NAME = "hubocr"

_SURE = 15.0
"""OCRmyPDF's "very confident"; with less than ``--rotate-pages-threshold`` it turns no page."""

_DPI = 72


class HubocrEngine(OcrEngine):
    """hubocr as OCRmyPDF asks for it."""

    @staticmethod
    def version() -> str:
        """See `OcrEngine.version`."""
        return __version__

    @staticmethod
    def creator_tag(options: Any) -> str:
        """See `OcrEngine.creator_tag`."""
        return f"hubocr {__version__}"

    def __str__(self) -> str:
        return f"hubocr {__version__}"

    @staticmethod
    def languages(options: Any) -> frozenset[str]:
        """Return none, which is for OCRmyPDF: don't check ``--language``, the models don't ask."""
        return frozenset()

    @staticmethod
    def get_orientation(input_file: Path, options: Any) -> OrientationConfidence:
        """See `OcrEngine.get_orientation`."""
        angle = (360 - _read(input_file).angle) % 360
        return OrientationConfidence(angle=angle, confidence=_SURE if angle else 0.0)

    @staticmethod
    def generate_hocr(input_file: Path, output_hocr: Path, output_text: Path, options: Any) -> None:
        """See `OcrEngine.generate_hocr`."""
        page = _read(input_file)
        output_hocr.write_bytes(find_format("hocr").export(document_of(page)))
        output_text.write_text(page.text, encoding="utf-8")

    @staticmethod
    def generate_pdf(input_file: Path, output_pdf: Path, output_text: Path, options: Any) -> None:
        """See `OcrEngine.generate_pdf`."""
        page = _read(input_file)
        with Image.open(input_file) as image:
            dpi = float(image.info.get("dpi", (_DPI, _DPI))[0])
        output_pdf.write_bytes(write_text_layer(page, dpi))
        output_text.write_text(page.text, encoding="utf-8")


@hookimpl
def add_options(parser: argparse.ArgumentParser) -> None:
    """Let ``--ocr-engine`` be hubocr."""
    for action in parser._actions:
        if "--ocr-engine" in action.option_strings and action.choices is not None:
            action.choices = [*action.choices, NAME]


@hookimpl(wrapper=True)
def check_options(options: Any) -> Generator[None, Any, Any]:
    """Go without Tesseract, which OCRmyPDF's own plug-in asks for whoever reads."""
    try:
        return (yield)
    except MissingDependencyError as error:
        if options.ocr_engine != NAME or "tesseract" not in str(error).lower():
            raise
        return []


@hookimpl
def get_ocr_engine(options: Any = None) -> HubocrEngine | None:
    """Return the engine, where it is the one that is chosen."""
    return HubocrEngine() if options is not None and options.ocr_engine == NAME else None


def _read(file: Path) -> Page:
    pipeline = shared_pipeline()
    recognition = replace(pipeline.options.recognition, word_boxes=True)
    options: OcrOptions = replace(pipeline.options, recognition=recognition)
    return pipeline.run(read_image(file), options)
