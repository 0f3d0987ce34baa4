"""An OCR engine of docling: `HubocrOptions` as ``ocr_options``, with ``allow_external_plugins``.

docling finds this module by its entry point.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar, Literal

import numpy as np
from docling.datamodel.base_models import Page
from docling.datamodel.document import ConversionResult
from docling.datamodel.pipeline_options import OcrOptions
from docling.models.base_ocr_model import BaseOcrModel
from docling.utils.profiling import TimeRecorder
from docling_core.types.doc import BoundingBox, CoordOrigin
from docling_core.types.doc.page import BoundingRectangle, TextCell
from pydantic import Field

from hubocr.integrations.pipelines import shared_pipeline
from hubocr.pipeline import Line
from hubocr.settings.pipeline_defaults import PIPELINE_PROFILE


class HubocrOptions(OcrOptions):
    """How docling calls hubocr.

    Attributes:
        lang: Not looked at: a scene reads all languages that its models know.
        scene: What is in the pages, one of `hubocr.settings.scenes.SCENES`.
    """

    kind: ClassVar[Literal["hubocr"]] = "hubocr"
    lang: list[str] = Field(default_factory=list)
    scene: str = PIPELINE_PROFILE


class HubocrModel(BaseOcrModel):
    """hubocr as docling asks for it; docling makes it with its options."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._pipeline = shared_pipeline(given["options"].scene) if self.enabled else None

    def __call__(self, conv_res: ConversionResult, page_batch: Iterable[Page]) -> Iterator[Page]:
        """Add the text of pictures to pages."""
        for page in page_batch:
            opened = page._backend
            if self._pipeline is not None and opened is not None and opened.is_valid():
                with TimeRecorder(conv_res, "ocr"):
                    self.post_process_cells(list(self._cells(page)), page, conv_res)
            yield page

    def _cells(self, page: Page) -> Iterator[TextCell]:
        index = 0
        for part in self.get_ocr_rects(page):
            if part.area() == 0 or self._pipeline is None or page._backend is None:
                continue
            scale = self.options.scale
            image = page._backend.get_page_image(scale=scale, cropbox=part).convert("RGB")
            bgr = np.ascontiguousarray(np.asarray(image)[:, :, ::-1])
            for line in self._pipeline.run(bgr).lines:
                yield _cell(line, index, scale, part)
                index += 1

    @classmethod
    def get_options_type(cls) -> type[OcrOptions]:
        """Return the options that choose this engine."""
        return HubocrOptions


def _cell(line: Line, index: int, scale: float, part: BoundingBox) -> TextCell:
    """Return a line as docling holds it, in points of the page."""
    xs = [x / scale + part.l for x, _ in line.polygon]
    ys = [y / scale + part.t for _, y in line.polygon]
    box = BoundingBox(l=min(xs), t=min(ys), r=max(xs), b=max(ys), coord_origin=CoordOrigin.TOPLEFT)
    return TextCell(
        index=index,
        text=line.text,
        orig=line.text,
        from_ocr=True,
        confidence=line.score,
        rect=BoundingRectangle.from_bounding_box(box),
    )


def ocr_engines() -> dict[str, list[type[BaseOcrModel]]]:
    """Return the engines of this plug-in."""
    return {"ocr_engines": [HubocrModel]}
