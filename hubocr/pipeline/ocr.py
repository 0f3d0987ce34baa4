"""The chain: detect, order, crop, classify, recognise."""

from __future__ import annotations

from hubocr.classification import AngleClassifier, turn
from hubocr.detection import TextDetector
from hubocr.errors import TooManyLinesError
from hubocr.imaging import BgrImage
from hubocr.pipeline.crop import crop_polygon
from hubocr.pipeline.order import reading_order
from hubocr.pipeline.results import Box, Line, Page
from hubocr.recognition import TextRecognizer
from hubocr.runtime import Call, Runtime, Workload
from hubocr.settings import OcrOptions, PipelineSettings


class OcrPipeline:
    """Loaded models, chained; safe to share between threads.

    A ``with`` block gives the threads and the memory of the models back at its end, unless they are
    shared with others.

    Args:
        detector: The text detector.
        recognizer: The recogniser.
        classifier: The direction classifier, or None to leave it out whatever the options say.
        options: Options of calls that bring none.
    """

    def __init__(
        self,
        detector: TextDetector,
        recognizer: TextRecognizer,
        classifier: AngleClassifier | None = None,
        options: OcrOptions | None = None,
    ) -> None:
        self.detector = detector
        self.recognizer = recognizer
        self.classifier = classifier
        self.options = options or OcrOptions()
        self.runtime = detector.network.runtime
        self._owns_runtime = False

    @classmethod
    def load(
        cls, settings: PipelineSettings | None = None, *, runtime: Runtime | None = None
    ) -> OcrPipeline:
        """Load the models of the settings.

        Args:
            settings: Models, engine, and options of calls that bring none.
            runtime: The threads and networks, where they are shared with other models; None: a
                runtime of the pipeline's own, which `close` ends.
        """
        settings = settings or PipelineSettings()
        models, engine = settings.models, settings.engine
        owns_runtime = runtime is None
        runtime = runtime or Runtime(engine.threads)
        pipeline = cls(
            TextDetector.load(models.det_model, engine, runtime=runtime),
            TextRecognizer.from_settings(models, engine, workload=Workload.LINES, runtime=runtime),
            AngleClassifier.load(models.cls_model, engine, runtime=runtime),
            settings.options,
        )
        pipeline._owns_runtime = owns_runtime
        return pipeline

    def close(self) -> None:
        """End the threads and let go of the models, where `load` made a runtime for them."""
        if self._owns_runtime:
            self.runtime.close()

    def __enter__(self) -> OcrPipeline:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

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
        (crops,) = self.runtime.map(
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
