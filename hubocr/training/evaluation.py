"""Evaluating a recogniser as it is served, on labelled images."""

from __future__ import annotations

from collections.abc import Sequence

from hubocr.recognition import TextRecognizer
from hubocr.settings import RecognitionSettings
from hubocr.training.datasets import Sample
from hubocr.training.report import Reading

_AT_ONCE = 64


def read_samples(
    recognizer: TextRecognizer,
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
