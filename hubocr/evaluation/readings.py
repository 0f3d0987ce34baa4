"""Reading labelled lines with a recogniser as it is served."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hubocr.evaluation.lines import Sample
from hubocr.evaluation.metrics import Scores, differing, score
from hubocr.imaging import BgrImage
from hubocr.recognition import Recognizer
from hubocr.settings import RecognitionSettings

_AT_ONCE = 64


@dataclass(frozen=True, eq=False)
class Reading:
    """One image and what was read in it.

    Attributes:
        name: Its name.
        image: (H, W, 3) uint8 BGR.
        expected: Its label.
        found: What was read.
        score: Mean probability of the characters; None where it isn't known.
    """

    name: str
    image: BgrImage
    expected: str
    found: str
    score: float | None = None


def read_samples(
    recognizer: Recognizer,
    samples: Sequence[Sample],
    settings: RecognitionSettings | None = None,
) -> list[Reading]:
    """Return what a recogniser reads in images, in order."""
    readings = []
    for start in range(0, len(samples), _AT_ONCE):
        part = samples[start : start + _AT_ONCE]
        images = [sample.image() for sample in part]
        found = recognizer.recognize(images, settings)
        readings += [
            Reading(sample.name, image, sample.text, result.text, result.score)
            for sample, image, result in zip(part, images, found, strict=True)
        ]
    return readings


def score_readings(readings: Sequence[Reading]) -> Scores:
    """Return the scores of readings."""
    return score((reading.expected, reading.found) for reading in readings)


def worst_first(readings: Sequence[Reading]) -> list[Reading]:
    """Return readings with the most edits first, then those of the lowest score."""
    return sorted(
        readings,
        key=lambda r: (-len(differing(r.expected, r.found)), 1.0 if r.score is None else r.score),
    )


def doubtful(readings: Sequence[Reading]) -> list[Reading]:
    """Return the readings that differ from their labels in more than spaces, the surest first."""
    differing_ones = (
        r for r in readings if "".join(r.expected.split()) != "".join(r.found.split())
    )
    return sorted(differing_ones, key=lambda r: -(r.score or 0.0))
