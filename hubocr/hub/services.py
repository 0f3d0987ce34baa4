"""The four OCR services: slots of a request in, hubserving's ``results`` out.

The shapes are upstream's: ``ocr_det`` and ``ocr_system`` answer one list an image, ``ocr_cls`` and
``ocr_rec`` one list with one item an image. The item of an image that can't be read has the usual
keys with empty values and the reason under ``error``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, ClassVar

from hubocr.classification import AngleClassifier
from hubocr.detection import TextDetector
from hubocr.engines import Call, Scheduler
from hubocr.errors import ImageError
from hubocr.hub.payload import Slot, require_readable
from hubocr.imaging import BgrImage
from hubocr.models import find_model
from hubocr.models.registry import TASKS, Task
from hubocr.pipeline import OcrPipeline, TextLine
from hubocr.recognition import Recognition, TextRecognizer
from hubocr.settings import DetectionSettings, OcrOptions, PipelineSettings, RecognitionSettings

Item = dict[str, Any]
Results = list[list[Item]]


class Service(ABC):
    """One of the four modules, with its models loaded; safe to share between threads.

    Attributes:
        tasks: The stages that it has.
        defaults: The settings before any layer is applied.
        unread: The keys of an item with empty values.
    """

    tasks: ClassVar[tuple[Task, ...]]
    defaults: ClassVar[PipelineSettings] = PipelineSettings()
    unread: ClassVar[Item]

    @classmethod
    def check_models(cls, settings: PipelineSettings) -> None:
        """Raise `ModelError` where a model of the settings can't be found, loading none."""
        for task in cls.tasks:
            find_model(getattr(settings.models, f"{task}_model"))

    @classmethod
    @abstractmethod
    def load(cls, settings: PipelineSettings, scheduler: Scheduler | None = None) -> Service:
        """Load the models of the settings, on threads that may be shared with other services."""

    @abstractmethod
    def answer(
        self, slots: Sequence[Slot], options: OcrOptions, call: Call | None = None
    ) -> Results:
        """Return the results for the slots of a request, in order."""

    def _unread(self, error: ImageError, options: OcrOptions) -> Item:
        extras = _extras(_NOTHING, options.recognition) if "rec" in self.tasks else {}
        return {**self.unread, "error": error.message, **extras}


def _extras(read: Recognition | TextLine, settings: RecognitionSettings) -> Item:
    """Return what an item has besides the usual keys, where the settings ask for it."""
    extras: Item = {}
    if settings.char_scores:
        extras["char_scores"] = list(read.char_scores)
    if settings.alternatives:
        extras["alternatives"] = [asdict(other) for other in read.alternatives]
    return extras


_NOTHING = Recognition("", 0.0)


class _PageService(Service):
    """A service that answers one list an image."""

    def answer(
        self, slots: Sequence[Slot], options: OcrOptions, call: Call | None = None
    ) -> Results:
        """See `Service.answer`."""
        call = call or Call()
        pages: list[list[Item] | ImageError] = []
        for index, slot in enumerate(slots):
            try:
                page = slot if isinstance(slot, ImageError) else self._page(slot, options, call)
            except ImageError as error:
                page = error.at(f"images[{index}]")
            pages.append(page)
        require_readable(pages)
        return [
            [self._unread(page, options)] if isinstance(page, ImageError) else page
            for page in pages
        ]

    @abstractmethod
    def _page(self, image: BgrImage, options: OcrOptions, call: Call) -> list[Item]: ...


class _LineService(Service):
    """A service that answers one list with one item an image."""

    def answer(
        self, slots: Sequence[Slot], options: OcrOptions, call: Call | None = None
    ) -> Results:
        """See `Service.answer`."""
        images = [slot for slot in slots if not isinstance(slot, ImageError)]
        items = iter(self._lines(images, options, call or Call()))
        return [
            [
                self._unread(slot, options) if isinstance(slot, ImageError) else next(items)
                for slot in slots
            ]
        ]

    @abstractmethod
    def _lines(self, images: Sequence[BgrImage], options: OcrOptions, call: Call) -> list[Item]: ...


_NO_REGION = [[0, 0]] * 4


class DetectionService(_PageService):
    """``ocr_det``: where the text is."""

    tasks = ("det",)
    defaults = PipelineSettings(options=OcrOptions(detection=DetectionSettings()))
    unread: ClassVar[Item] = {"text_region": _NO_REGION}

    def __init__(self, detector: TextDetector) -> None:
        self._detector = detector

    @classmethod
    def load(
        cls, settings: PipelineSettings, scheduler: Scheduler | None = None
    ) -> DetectionService:
        """See `Service.load`."""
        models = settings.models
        return cls(TextDetector.load(models.det_model, settings.engine, scheduler=scheduler))

    def _page(self, image: BgrImage, options: OcrOptions, call: Call) -> list[Item]:
        found = self._detector.detect(image, options.detection, call)
        return [{"text_region": polygon.tolist()} for polygon in found.polygons]


class ClassificationService(_LineService):
    """``ocr_cls``: which way up a line is."""

    tasks = ("cls",)
    unread: ClassVar[Item] = {"angle": "", "confidence": 0.0}

    def __init__(self, classifier: AngleClassifier) -> None:
        self._classifier = classifier

    @classmethod
    def load(
        cls, settings: PipelineSettings, scheduler: Scheduler | None = None
    ) -> ClassificationService:
        """See `Service.load`."""
        models = settings.models
        return cls(AngleClassifier.load(models.cls_model, settings.engine, scheduler=scheduler))

    def _lines(self, images: Sequence[BgrImage], options: OcrOptions, call: Call) -> list[Item]:
        directions = self._classifier.classify(images, options.classification, call)
        return [{"angle": d.label, "confidence": d.score} for d in directions]


class RecognitionService(_LineService):
    """``ocr_rec``: what a line says."""

    tasks = ("rec",)
    unread: ClassVar[Item] = {"text": "", "confidence": 0.0}

    def __init__(self, recognizer: TextRecognizer) -> None:
        self._recognizer = recognizer

    @classmethod
    def load(
        cls, settings: PipelineSettings, scheduler: Scheduler | None = None
    ) -> RecognitionService:
        """See `Service.load`."""
        return cls(
            TextRecognizer.from_settings(settings.models, settings.engine, scheduler=scheduler)
        )

    def _lines(self, images: Sequence[BgrImage], options: OcrOptions, call: Call) -> list[Item]:
        settings = options.recognition
        return [
            {"text": read.text, "confidence": read.score, **_extras(read, settings)}
            for read in self._recognizer.recognize(images, settings, call)
        ]


class SystemService(_PageService):
    """``ocr_system``: all text of an image.

    Attributes:
        pipeline: The loaded pipeline.
    """

    tasks = TASKS
    unread: ClassVar[Item] = {"text": "", "confidence": 0.0, "text_region": _NO_REGION}

    def __init__(self, pipeline: OcrPipeline) -> None:
        self.pipeline = pipeline

    @classmethod
    def load(cls, settings: PipelineSettings, scheduler: Scheduler | None = None) -> SystemService:
        """See `Service.load`."""
        return cls(OcrPipeline.load(settings, scheduler=scheduler))

    def _page(self, image: BgrImage, options: OcrOptions, call: Call) -> list[Item]:
        return [
            {
                "text": line.text,
                "confidence": line.score,
                "text_region": [list(point) for point in line.polygon],
                **_extras(line, options.recognition),
            }
            for line in self.pipeline.run(image, options, call).lines
        ]
