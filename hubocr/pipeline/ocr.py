"""The chain: detect, order, crop, classify, recognise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hubocr.classification import AngleClassifier, Classification, PageClassifier
from hubocr.detection import TextDetector
from hubocr.errors import TooManyLinesError
from hubocr.imaging import BgrImage
from hubocr.layout import (
    Direction,
    LineVote,
    is_turned,
    reading_order,
    with_words,
)
from hubocr.models import optional_model
from hubocr.pipeline.crop import LineCrop, cut_line
from hubocr.pipeline.cuts import Cut, cut_page, turned_crops
from hubocr.pipeline.long_lines import split_long
from hubocr.pipeline.page_direction import Evidence, PageDirection, read_direction
from hubocr.pipeline.results import Box, Line, Page
from hubocr.pipeline.single_line import text_part, whole_image
from hubocr.pipeline.turning import as_it_came, upright
from hubocr.recognition import Recognition, Recognizer, load_recognizer
from hubocr.runtime import Call, Runtime, Workload
from hubocr.settings import OcrOptions, PipelineSettings


@dataclass(frozen=True)
class _Found:
    """The boxes of a page in reading order.

    Attributes:
        polygons: Corners in pixels of the page, (N, 2) int32 each.
        scores: The detector's.
        crops: The boxes cut out.
        directions: The line classifier's answers; None where it is off.
    """

    polygons: list[NDArray[np.int32]]
    scores: list[float]
    crops: list[LineCrop]
    directions: list[Classification] | None

    @property
    def votes(self) -> list[LineVote]:
        """What the line classifier says, as the layout takes it."""
        return [
            LineVote(
                one.score if one.label == "180" else 1 - one.score,
                crop.image.shape[1] / crop.image.shape[0],
            )
            for one, crop in zip(self.directions or (), self.crops, strict=False)
        ]


class OcrPipeline:
    """Loaded models, chained; safe to share between threads.

    A ``with`` block gives the threads and the memory of the models back at its end, unless they are
    shared with others.

    Args:
        detector: The text detector.
        recognizer: The recogniser.
        classifier: The direction classifier, or None to leave it out whatever the options say.
        options: Options of calls that bring none.
        page_classifier: The classifier of whole pages; None: lines alone say how a page is turned.
    """

    def __init__(
        self,
        detector: TextDetector,
        recognizer: Recognizer,
        classifier: AngleClassifier | None = None,
        options: OcrOptions | None = None,
        page_classifier: PageClassifier | None = None,
    ) -> None:
        self.detector = detector
        self.recognizer = recognizer
        self.classifier = classifier
        self.page_classifier = page_classifier
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
        page_model = optional_model(models.page_model, "lines alone say how a page is turned")
        pipeline = cls(
            TextDetector.load(models.det_model, engine, runtime=runtime),
            load_recognizer(models, engine, workload=Workload.LINES, runtime=runtime),
            AngleClassifier.load(models.cls_model, engine, runtime=runtime),
            settings.options,
            None
            if page_model is None
            else PageClassifier.load(page_model, engine, runtime=runtime),
        )
        pipeline._owns_runtime = owns_runtime
        return pipeline

    def close(self) -> None:
        """End the threads and release the models, where `load` made a runtime for them."""
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
        if options.single_line:
            return self._run_single(image, options, call)
        found = self._find(image, options, call)
        angle = 0
        known: Mapping[int, Recognition] = {}
        if options.page_direction == "auto":
            decided = self._direction(image, found, options, call)
            angle, known = decided.direction.angle, decided.known
        page = image
        if angle:
            known = {}
            page = upright(image, angle)
            found = self._find(page, options, call)
        cuts, texts = self._read(page, found, options, known, call)
        boxes = (
            Box.of(polygon, score, cut.angle)
            for polygon, score, cut in zip(found.polygons, found.scores, cuts, strict=True)
        )
        items = tuple(
            Line(box, text) if text.score >= options.drop_score else box
            for box, text in zip(boxes, texts, strict=True)
        )
        result = Page(page.shape[1], page.shape[0], items)
        return as_it_came(result, angle) if angle else result

    def _run_single(self, image: BgrImage, options: OcrOptions, call: Call) -> Page:
        """Read an image that is one line, whole and where its text is; see `single_line`."""
        found = self.detector.detect(image, options.detection, call)
        part = text_part(image, found.polygons)
        places = [whole_image(image)] if part is None else [whole_image(image), part]
        crops = [cut_line(image, place, turn_tall=False) for place in places]
        texts = self.recognizer.recognize([crop.image for crop in crops], options.recognition, call)
        best = max(range(len(texts)), key=lambda index: texts[index].score)
        size = image.shape[0], image.shape[1]
        text = with_words(texts[best], crops[best].image, crops[best].places, size)
        box = Box.of(places[best], max(found.scores, default=0.0))
        item = Line(box, text) if text.score >= options.drop_score else box
        return Page(image.shape[1], image.shape[0], (item,))

    def _find(self, image: BgrImage, options: OcrOptions, call: Call) -> _Found:
        found = self.detector.detect(image, options.detection, call)
        if options.detection.limit_type == "auto":
            found = split_long(image, found)
        if len(found.polygons) > options.max_lines:
            raise TooManyLinesError(
                f"{len(found.polygons)} lines were found, the limit is {options.max_lines}"
            )
        order = reading_order(found.polygons, options.reading_order)
        polygons = [found.polygons[index] for index in order]
        follow = options.page_direction != "reference"
        (crops,) = self.runtime.map(
            lambda page: [cut_line(page, polygon, follow=follow) for polygon in polygons],
            [image],
            stage="cropping",
            call=call,
        )
        directions = None
        if options.use_angle_cls and self.classifier is not None:
            images = [crop.image for crop in crops]
            directions = self.classifier.classify(images, options.classification, call)
        return _Found(polygons, [found.scores[index] for index in order], crops, directions)

    def find_direction(
        self, image: BgrImage, options: OcrOptions | None = None, call: Call | None = None
    ) -> Direction:
        """Return how a page is turned, whatever ``page_direction`` says; see `run`."""
        call = call or Call()
        options = options or self.options
        found = self._find(image, options, call)
        return self._direction(image, found, options, call).direction

    def _direction(
        self, image: BgrImage, found: _Found, options: OcrOptions, call: Call
    ) -> PageDirection:
        page = None
        if self.page_classifier is not None:
            page = self.page_classifier.classify(image, call)
        evidence = Evidence(found.polygons, found.votes, page)
        crops = [crop.image for crop in found.crops]
        return read_direction(evidence, crops, self.recognizer, options.recognition, call)

    def _read(
        self,
        page: BgrImage,
        found: _Found,
        options: OcrOptions,
        known: Mapping[int, Recognition],
        call: Call,
    ) -> tuple[list[Cut], list[Recognition]]:
        """Return how the boxes are cut out, and what they say, with words where they are wanted.

        Boxes that may stand in two ways are read both ways. What is known was read of the crops as
        they were found.
        """
        angles = _line_angles(found, options)
        cuts = (
            turned_crops(found.crops, angles)
            if options.page_direction == "reference"
            else cut_page(page, found.polygons, found.crops, angles)
        )
        others = {place: cut.other for place, cut in enumerate(cuts) if cut.other is not None}
        known = {place: known[place] for place in known if cuts[place].crop is found.crops[place]}
        images = [cut.crop.image for cut in (*cuts, *others.values())]
        texts = self.recognizer.recognize_page(images, options.recognition, call, known)
        for (place, other), text in zip(others.items(), texts[len(cuts) :], strict=True):
            if cuts[place].loses(texts[place], text):
                cuts[place], texts[place] = other, text
        size = page.shape[0], page.shape[1]
        return cuts, [
            with_words(text, cut.crop.image, cut.crop.places, size)
            for text, cut in zip(texts, cuts, strict=False)
        ]


def _line_angles(found: _Found, options: OcrOptions) -> list[int | None]:
    """Return by how much each crop is to be turned: 0, 180, or None where nothing says so."""
    if found.directions is None:
        return [None] * len(found.crops)
    thresh = options.classification.thresh
    if options.page_direction == "reference":
        turned = [direction.is_upside_down(thresh) for direction in found.directions]
    else:
        turned = [is_turned(vote, thresh) for vote in found.votes]
    return [180 if flag else 0 for flag in turned]
