"""How well a classifier tells the direction of images, each shown in all directions.

An image that is turned is as good an example of another direction, so that every label says what is
to be found in each; how many images of a set are upside down doesn't matter.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hubocr.classification import (
    LINE_DIRECTIONS,
    PAGE_DIRECTIONS,
    AngleClassifier,
    PageClassifier,
    turned,
)
from hubocr.evaluation.lines import Sample
from hubocr.evaluation.readings import Reading
from hubocr.imaging import BgrImage
from hubocr.settings import ClassificationSettings, EngineSettings

_AT_ONCE = 64

Classify = Callable[[Sequence[BgrImage]], NDArray[np.float32]]
"""From images to the probabilities of the directions, (N, directions) float32."""


def view(sample: Sample, direction: str) -> BgrImage:
    """Return an image as it looks in a direction; its text is the one that it stands in."""
    return turned(sample.image(), int(direction) - int(sample.text))


@dataclass(frozen=True)
class Decision:
    """An image in a direction, and what a classifier took it for.

    Attributes:
        sample: The image.
        expected: The direction.
        found: The one that was found.
        score: Its probability.
        probability: The probability of the right one.
    """

    sample: Sample
    expected: str
    found: str
    score: float
    probability: float

    def reading(self) -> Reading:
        """Return it as a report shows it."""
        image = view(self.sample, self.expected)
        return Reading(self.sample.name, image, self.expected, self.found, self.score)


@dataclass(frozen=True)
class DirectionScores:
    """Figures of a classifier.

    Attributes:
        images: Images, each in every direction.
        accuracy: Share of all that were taken for what they are.
        turned_found: Share of the turned ones that serving would turn back.
        upright_turned: Share of the upright ones that serving would turn.
        probability: Mean probability of the right direction.
    """

    images: int
    accuracy: float
    turned_found: float
    upright_turned: float
    probability: float

    def __str__(self) -> str:
        return (
            f"{self.images} images in all directions: accuracy {self.accuracy:.4f}, turned found "
            f"{self.turned_found:.4f}, upright turned {self.upright_turned:.4f}."
        )


def serving(
    model: str, engine: EngineSettings, settings: ClassificationSettings
) -> tuple[Classify, Sequence[str], float]:
    """Return a classifier as it is served, its directions, and the score from which it turns.

    Args:
        model: Registry name or path of a classifier of lines or pages.
        engine: How it runs.
        settings: Options of a classifier of lines.
    """
    lines = AngleClassifier.load(model, engine)
    if lines.network.class_count == len(PAGE_DIRECTIONS):
        pages = PageClassifier(lines.network)
        return lambda images: np.stack([*map(pages.classify, images)]), PAGE_DIRECTIONS, 0.0

    def classify(images: Sequence[BgrImage]) -> NDArray[np.float32]:
        found = lines.classify(images, settings)
        turned_ones = [c.score if c.label == "180" else 1 - c.score for c in found]
        return np.array([(1 - p, p) for p in turned_ones], np.float32)

    return classify, LINE_DIRECTIONS, settings.thresh


def decide(
    classify: Classify, samples: Sequence[Sample], directions: Sequence[str]
) -> list[Decision]:
    """Return what a classifier makes of images in all directions, image by image."""
    decisions = []
    for part in _parts([(sample, label) for sample in samples for label in directions]):
        output = classify([view(sample, label) for sample, label in part])
        for (sample, label), row in zip(part, output, strict=True):
            best = int(row.argmax())
            right = float(row[directions.index(label)])
            decisions.append(Decision(sample, label, directions[best], float(row[best]), right))
    return decisions


def score_decisions(
    decisions: Sequence[Decision], directions: Sequence[str], thresh: float | None = None
) -> DirectionScores:
    """Return the figures of decisions.

    Args:
        decisions: What `decide` has returned.
        directions: The directions that there are.
        thresh: The score from which serving turns; None: its default for lines, and for pages
            none.
    """
    if thresh is None:
        thresh = 0.0 if tuple(directions) == PAGE_DIRECTIONS else ClassificationSettings().thresh
    turned_ones = [d for d in decisions if d.expected != directions[0]]
    upright = [d for d in decisions if d.expected == directions[0]]
    return DirectionScores(
        len(upright),
        _share(d.found == d.expected for d in decisions),
        _share(d.found == d.expected and d.score > thresh for d in turned_ones),
        _share(d.found != d.expected and d.score > thresh for d in upright),
        _share(d.probability for d in decisions),
    )


def worst_decisions(decisions: Sequence[Decision]) -> list[Decision]:
    """Return the decisions with the least probability of the right direction first."""
    return sorted(decisions, key=lambda d: d.probability)


def _share(values: Iterable[float]) -> float:
    return float(np.mean(list(values)))


def _parts(views: list[tuple[Sample, str]]) -> Iterator[list[tuple[Sample, str]]]:
    return (views[start : start + _AT_ONCE] for start in range(0, len(views), _AT_ONCE))
