"""The chain: detect, order, crop, classify, recognise."""

from __future__ import annotations

import time
from dataclasses import replace

from hubocr.classification import AngleClassifier, turn
from hubocr.detection import TextDetector
from hubocr.imaging import BgrImage
from hubocr.pipeline.crop import crop_polygon
from hubocr.pipeline.order import reading_order
from hubocr.pipeline.results import OcrResult, StageTimes, TextLine
from hubocr.recognition import TextRecognizer
from hubocr.settings import OcrOptions, PipelineSettings


class OcrPipeline:
    """Loaded models, chained; safe to share between threads.

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

    @classmethod
    def load(cls, settings: PipelineSettings | None = None) -> OcrPipeline:
        """Load the models of the settings; the classifier too where its use is an option."""
        settings = settings or PipelineSettings()
        models, engine = settings.models, settings.engine
        return cls(
            TextDetector.load(models.det_model, engine),
            TextRecognizer.load(
                models.rec_model,
                engine,
                dict_path=models.rec_char_dict_path,
                use_space_char=models.use_space_char,
            ),
            AngleClassifier.load(models.cls_model, engine),
            settings.options,
        )

    def run(self, image: BgrImage, options: OcrOptions | None = None) -> OcrResult:
        """Read all text of an image.

        Args:
            image: Array (H, W, 3), uint8, BGR.
            options: Options of this call; those of the pipeline where there are none.
        """
        options = options or self.options
        times = StageTimes()
        start = time.perf_counter()
        found = self.detector.detect(image, options.detection)
        order = reading_order(found.polygons)
        times, start = _stamp(times, "detection", start)

        crops = [crop_polygon(image, found.polygons[index]) for index in order]
        times, start = _stamp(times, "cropping", start)

        angles: list[int | None] = [None] * len(crops)
        if options.use_angle_cls and self.classifier is not None:
            directions = self.classifier.classify(crops, options.classification)
            for place, direction in enumerate(directions):
                angles[place] = 0
                if direction.is_upside_down(options.classification.thresh):
                    angles[place] = 180
                    crops[place] = turn(crops[place])
        times, start = _stamp(times, "classification", start)

        texts = self.recognizer.recognize(crops, options.recognition)
        times, start = _stamp(times, "recognition", start)

        lines = tuple(
            TextLine(
                polygon=tuple((int(x), int(y)) for x, y in found.polygons[index]),
                text=text.text,
                score=text.score,
                detection_score=found.scores[index],
                angle=angle,
            )
            for index, text, angle in zip(order, texts, angles, strict=True)
            if text.score >= options.drop_score
        )
        return OcrResult(image.shape[1], image.shape[0], lines, times)


def _stamp(times: StageTimes, stage: str, start: float) -> tuple[StageTimes, float]:
    now = time.perf_counter()
    return replace(times, **{stage: now - start}), now
