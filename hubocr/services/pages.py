"""Services that find text on pages."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar

from hubocr.detection import TextDetector
from hubocr.errors import ImageError
from hubocr.exporters import hubserving
from hubocr.imaging import BgrImage
from hubocr.models.registry import TASKS
from hubocr.pipeline import Box, OcrPipeline, Page
from hubocr.runtime import Call, Runtime
from hubocr.services.base import Service
from hubocr.services.documents import SharedReader
from hubocr.services.warm_up import text_pages
from hubocr.settings import DetectionSettings, OcrOptions, PipelineSettings


class PageService(Service[Page]):
    """A service that looks at one page after another."""

    def read(
        self, images: Sequence[BgrImage], options: OcrOptions, call: Call
    ) -> list[Page | ImageError]:
        """See `Service.read`."""
        pages: list[Page | ImageError] = []
        for image in images:
            try:
                pages.append(self.read_page(image, options, call))
            except ImageError as error:
                pages.append(error)
        return pages

    @abstractmethod
    def read_page(self, image: BgrImage, options: OcrOptions, call: Call) -> Page:
        """Return the page of one image."""

    def placed(self, result: Page, index: int) -> Page:
        """See `Service.placed`."""
        return replace(result, source=index)

    def count_lines(self, result: Page) -> int:
        """See `Service.count_lines`."""
        return len(result.lines)

    def warm_up_calls(self) -> list[list[BgrImage]]:
        """See `Service.warm_up_calls`."""
        return [text_pages()]


class DetectionService(PageService):
    """``ocr_det``: where the text is, in the order of the detector's map."""

    name = "ocr_det"
    tasks = ("det",)
    encoding = hubserving.BOXES
    defaults: ClassVar = PipelineSettings(options=OcrOptions(detection=DetectionSettings()))

    def __init__(
        self, detector: TextDetector, runtime: Runtime, settings: PipelineSettings | None = None
    ) -> None:
        super().__init__(runtime, settings)
        self._detector = detector

    @classmethod
    def load(cls, settings: PipelineSettings, runtime: Runtime | None = None) -> DetectionService:
        """See `Service.load`."""
        runtime = runtime or Runtime(settings.engine.threads)
        detector = TextDetector.load(settings.models.det_model, settings.engine, runtime=runtime)
        return cls(detector, runtime, settings)

    def read_page(self, image: BgrImage, options: OcrOptions, call: Call) -> Page:
        """See `PageService.read_page`."""
        found = self._detector.detect(image, options.detection, call)
        boxes = (Box.of(*one) for one in zip(found.polygons, found.scores, strict=True))
        return Page(image.shape[1], image.shape[0], tuple(boxes))


class SystemService(PageService):
    """``ocr_system``: all text of an image.

    Attributes:
        pipeline: The loaded models.
        reader: Who reads the pages of documents; None: the pipeline.
    """

    name = "ocr_system"
    tasks = TASKS
    encoding = hubserving.LINES

    def __init__(
        self, pipeline: OcrPipeline, runtime: Runtime, settings: PipelineSettings | None = None
    ) -> None:
        super().__init__(runtime, settings)
        self.pipeline = pipeline
        self.reader: SharedReader | None = None

    @classmethod
    def load(cls, settings: PipelineSettings, runtime: Runtime | None = None) -> SystemService:
        """See `Service.load`."""
        runtime = runtime or Runtime(settings.engine.threads)
        return cls(OcrPipeline.load(settings, runtime=runtime), runtime, settings)

    def read_page(self, image: BgrImage, options: OcrOptions, call: Call) -> Page:
        """See `PageService.read_page`."""
        return self.pipeline.run(image, options, call)
