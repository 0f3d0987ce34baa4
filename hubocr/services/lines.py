"""Services whose images are single lines of text."""

from __future__ import annotations

from collections.abc import Sequence

from hubocr.classification import AngleClassifier, Classification
from hubocr.exporters import hubserving
from hubocr.imaging import BgrImage
from hubocr.layout import words_of_line
from hubocr.recognition import Recognition, Recognizer, load_recognizer
from hubocr.runtime import Call, Runtime
from hubocr.services.base import Service
from hubocr.services.warm_up import text_image
from hubocr.settings import OcrOptions, PipelineSettings

_WARM_UP_ASPECTS = (2, 7, 10, 14, 20, 27)
"""Width / height of the lines that a recogniser is warmed up with, from captcha to long line."""


class ClassificationService(Service[Classification]):
    """``ocr_cls``: which way up a line is."""

    name = "ocr_cls"
    tasks = ("cls",)
    encoding = hubserving.DIRECTIONS

    def __init__(
        self,
        classifier: AngleClassifier,
        runtime: Runtime,
        settings: PipelineSettings | None = None,
    ) -> None:
        super().__init__(runtime, settings)
        self._classifier = classifier

    @classmethod
    def load(
        cls, settings: PipelineSettings, runtime: Runtime | None = None
    ) -> ClassificationService:
        """See `Service.load`."""
        runtime = runtime or Runtime(settings.engine.threads)
        classifier = AngleClassifier.load(
            settings.models.cls_model, settings.engine, runtime=runtime
        )
        return cls(classifier, runtime, settings)

    def read(
        self, images: Sequence[BgrImage], options: OcrOptions, call: Call
    ) -> list[Classification]:
        """See `Service.read`."""
        return self._classifier.classify(images, options.classification, call)

    def warm_up_calls(self) -> list[list[BgrImage]]:
        """See `Service.warm_up_calls`."""
        return [[text_image(192, 48)]]


class RecognitionService(Service[Recognition]):
    """``ocr_rec``: what a line says."""

    name = "ocr_rec"
    tasks = ("rec",)
    encoding = hubserving.READINGS

    def __init__(
        self, recognizer: Recognizer, runtime: Runtime, settings: PipelineSettings | None = None
    ) -> None:
        super().__init__(runtime, settings)
        self._recognizer = recognizer

    @classmethod
    def load(cls, settings: PipelineSettings, runtime: Runtime | None = None) -> RecognitionService:
        """See `Service.load`."""
        runtime = runtime or Runtime(settings.engine.threads)
        recognizer = load_recognizer(settings.models, settings.engine, runtime=runtime)
        return cls(recognizer, runtime, settings)

    def read(
        self, images: Sequence[BgrImage], options: OcrOptions, call: Call
    ) -> list[Recognition]:
        """See `Service.read`."""
        readings = self._recognizer.recognize(images, options.recognition, call)
        return [
            words_of_line(reading, image) for reading, image in zip(readings, images, strict=True)
        ]

    def count_lines(self, result: Recognition) -> int:
        """See `Service.count_lines`: each image is a line."""
        return 1

    def warm_up_calls(self) -> list[list[BgrImage]]:
        """See `Service.warm_up_calls`; a line alone has a network of its own."""
        images = [text_image(48 * aspect, 48) for aspect in _WARM_UP_ASPECTS]
        return [images, *([image] for image in images)]
