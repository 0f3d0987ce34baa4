"""Many threads on one pipeline: each caller gets what it would have got alone."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import cycle, islice

import cv2
import numpy as np
import pytest

from hubocr.errors import DatasetError, TooManyLinesError
from hubocr.evaluation.sets import load_set
from hubocr.imaging import BgrImage, read_image
from hubocr.pipeline import Line, OcrPipeline, Page
from hubocr.settings import DetectionSettings, OcrOptions, RecognitionSettings
from tests.conftest import FIXTURES, fixture_image

THREADS = 16
IMAGES = 500

# How many images of each set: mostly small ones, so that many calls overlap.
SHARES = {
    "lines_zh": 90,
    "lines_en": 70,
    "captcha_real": 130,
    "plates": 100,
    "scene_words_en": 80,
    "scene": 24,
    "pages": 6,
}
LARGEST_SIDE = 640
"""Longer sides are reduced to this: what is tested is who gets which result, not the reading."""

OPTIONS = (
    OcrOptions(),
    OcrOptions(use_angle_cls=False, drop_score=0),
    OcrOptions(detection=DetectionSettings(limit_side_len=320, box_thresh=0.3, unclip_ratio=2)),
    OcrOptions(recognition=RecognitionSettings(batching="padded"), drop_score=0.8),
)
"""The callers differ in their options too, so that a setting that leaks changes a result."""


def reduced(image: BgrImage) -> BgrImage:
    scale = LARGEST_SIDE / max(image.shape[:2])
    if scale >= 1:
        return image
    return np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=3), np.uint8)


def mixed_images() -> list[BgrImage]:
    """The images, small and large ones mixed; our own where there are no labelled sets."""
    try:
        paths = [
            sample.path
            for name, n in SHARES.items()
            for sample in load_set(name).limited(n).samples
        ]
    except DatasetError:
        small = [path for name in ("captchas", "lines") for path in (FIXTURES / name).iterdir()]
        paths = 8 * sorted(small) + sorted((FIXTURES / "pages").iterdir())
    images = list(islice(cycle([reduced(read_image(path)) for path in paths]), IMAGES))
    order = np.random.default_rng(0).permutation(IMAGES)
    return [images[place] for place in order]


def is_same(one: Page, other: Page) -> bool:
    """Say whether two results are equal but for the fifth digit of the texts' scores.

    A line that is alone on the threads has all of them, which divide a sum otherwise.
    """
    scores = [np.array([line.score for line in result.lines]) for result in (one, other)]
    unscored = [
        [
            Line(item.box, replace(item.reading, score=0.0)) if isinstance(item, Line) else item
            for item in result.items
        ]
        for result in (one, other)
    ]
    return unscored[0] == unscored[1] and bool((np.abs(scores[0] - scores[1]) < 1e-4).all())


def test_threads_get_what_they_would_get_alone(pipeline: OcrPipeline) -> None:
    images = mixed_images()

    def read(place: int) -> Page:
        return pipeline.run(images[place], OPTIONS[place % len(OPTIONS)])

    alone = [read(place) for place in range(IMAGES)]
    assert sum(len(result.lines) for result in alone) > IMAGES / 2
    with ThreadPoolExecutor(THREADS) as pool:
        together = list(pool.map(read, range(IMAGES)))
    different = [place for place in range(IMAGES) if not is_same(together[place], alone[place])]
    assert not different


def test_an_error_of_one_caller_is_nobody_elses(pipeline: OcrPipeline) -> None:
    image = fixture_image("pages/receipt.png")
    strict = OcrOptions(max_lines=5)
    expected = pipeline.run(image)
    barrier = threading.Barrier(8)

    def read(place: int) -> Page | None:
        barrier.wait()
        if place % 2:
            with pytest.raises(TooManyLinesError):
                pipeline.run(image, strict)
            return None
        return pipeline.run(image)

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(read, range(8)))
    assert results[::2] == [expected] * 4
