"""The chain: detect, order, crop, classify, recognise."""

from __future__ import annotations

from hubocr.classification import AngleClassifier, turn
from hubocr.detection import TextDetector
from hubocr.engines import Call, Scheduler
from hubocr.errors import TooManyLinesError
from hubocr.imaging import BgrImage
from hubocr.pipeline.crop import crop_polygon
from hubocr.pipeline.order import reading_order
from hubocr.pipeline.results import Box, Line, Page
from hubocr.recognition import TextRecognizer
from hubocr.settings import OcrOptions, PipelineSettings


class OcrPipeline:
    """Loaded models, chained; safe to share between threads.

    Args:
        detector: The text detector.
        recognizer: The recogniser.
        classifier: The direction classifier, or None to leave it out whatever the options say.
        options: Options of calls that bring none.
        scheduler: The threads that cut out the crops, best the models' own.
    """

    def __init__(
        self,
        detector: TextDetector,
        recognizer: TextRecognizer,
        classifier: AngleClassifier | None = None,
        options: OcrOptions | None = None,
        scheduler: Scheduler | None = None,
    ) -> None:
        self.detector = detector
        self.recognizer = recognizer
        self.classifier = classifier
        self.options = options or OcrOptions()
        self._scheduler = scheduler or Scheduler(1)

    @classmethod
    def load(
        cls, settings: PipelineSettings | None = None, *, scheduler: Scheduler | None = None
    ) -> OcrPipeline:
        """Load the models of the settings, on threads that may be shared with other models."""
        settings = settings or PipelineSettings()
        models, engine = settings.models, settings.engine
        scheduler = scheduler or Scheduler(engine.threads)
        return cls(
            TextDetector.load(models.det_model, engine, scheduler=scheduler),
            TextRecognizer.from_settings(models, engine, of_pages=True, scheduler=scheduler),
            AngleClassifier.load(models.cls_model, engine, scheduler=scheduler),
            settings.options,
            scheduler,
        )

    def run(
        self, image: BgrImage, options: OcrOptions | None = None, call: Call | None = None
    ) -> Page:
        """Read all text of an image.

        Args:
            image: Array (H, W, 3), uint8, BGR.
            options: Options of this call; those of the pipeline where there are none.
            call: Its deadline and cancellation, where it has any.

        Raises:
            TooManyLinesError: There are more lines than ``max_lines``.
        """
        options = options or self.options
        call = call or Call()
        found = self.detector.detect(image, options.detection, call)
        if len(found.polygons) > options.max_lines:
            raise TooManyLinesError(
                f"{len(found.polygons)} lines were found, the limit is {options.max_lines}"
            )
        order = reading_order(found.polygons)
        (crops,) = self._scheduler.map(
            lambda page: [crop_polygon(page, found.polygons[index]) for index in order],
            [image],
            stage="cropping",
            call=call,
        )

        angles: list[int | None] = [None] * len(crops)
        if options.use_angle_cls and self.classifier is not None:
            directions = self.classifier.classify(crops, options.classification, call)
            for place, direction in enumerate(directions):
                angles[place] = 0
                if direction.is_upside_down(options.classification.thresh):
                    angles[place] = 180
                    crops[place] = turn(crops[place])

        texts = self.recognizer.recognize(crops, options.recognition, call)

        boxes = (
            Box.of(found.polygons[index], found.scores[index], angle)
            for index, angle in zip(order, angles, strict=True)
        )
        items = tuple(
            Line(box, text) if text.score >= options.drop_score else box
            for box, text in zip(boxes, texts, strict=True)
        )
        return Page(image.shape[1], image.shape[0], items)
