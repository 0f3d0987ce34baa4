"""The images of the speed benchmark's tasks, and how well they were read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.peers.protocol import PeerLine
from benchmarks.systems import decoded
from hubocr.detection.matching import match_polygons
from hubocr.evaluation.scoring import ReadLine, evaluate
from hubocr.evaluation.sets import Dataset, Sample, SetInfo, data_folder, load_set
from hubocr.imaging import IMAGE_SUFFIXES

_LONGER, _SHORTER = 960, 736
"""Sides in pixels of every image of the task ``detect``; multiples of 32, so none is resized."""

_RECEIPTS = "sroie"
_WHITE = 255


@dataclass(frozen=True)
class TaskImages:
    """What a task is measured on.

    Attributes:
        parts: Sets, or parts of them; one without labels has empty texts.
        paths: ``.npy`` files with the pixels of all parts in turn.
    """

    parts: tuple[Dataset, ...]
    paths: tuple[str, ...]

    def accuracy(self, images: Sequence[Sequence[PeerLine]]) -> dict[str, float]:
        """Return metrics by name: means over the labelled images, as the sets' rules define them.

        Args:
            images: What was read in each image; nothing where there was nothing to read. Boxes
                without texts are counted, so that a system that finds fewer shows.
        """
        if not any(images):
            return {}
        if all(line.text is None for image in images for line in image):
            return {"boxes": float(sum(map(len, images)))}
        sums: dict[str, float] = defaultdict(float)
        counts: dict[str, int] = defaultdict(int)
        start = 0
        for part in self.parts:
            own = images[start : start + len(part.samples)]
            start += len(part.samples)
            if not any(sample.text for sample in part.samples):
                continue
            lines = [[_read_line(line) for line in image if line.kept] for image in own]
            for score in evaluate(part, lines):
                if not score.group:
                    sums[score.metric] += score.value * score.count
                    counts[score.metric] += score.count
        return {metric: sums[metric] / counts[metric] for metric in sums}


def box_agreement(
    first: Sequence[Sequence[PeerLine]], second: Sequence[Sequence[PeerLine]]
) -> float:
    """Return the share of two systems' boxes that have a partner with an IoU of 0.5 or more.

    A total of boxes would hide that one finds other boxes than the other.
    """
    matched = sum(
        len(match_polygons([a.box or () for a in one], [b.box or () for b in other]))
        for one, other in zip(first, second, strict=True)
    )
    total = sum(map(len, first)) + sum(map(len, second))
    return 2 * matched / total if total else 1.0


def _read_line(line: PeerLine) -> ReadLine:
    return ReadLine(line.text or "", tuple((x, y) for x, y in line.box or ()))


@contextmanager
def task_images(task: str, count: int) -> Iterator[TaskImages]:
    """Give the images of a task, decoded, while the context lasts.

    Args:
        task: One of `benchmarks.speed_systems.TASKS`.
        count: How many, spread evenly over the task's sets.

    Raises:
        DatasetError: The sets are not there.
    """
    parts = _parts(task, count)
    samples = [sample for part in parts for sample in part.samples]
    with decoded(samples) as paths:
        if task == "detect":
            for path in paths:
                np.save(path, fit(np.load(path)))
        yield TaskImages(tuple(parts), paths)


def _parts(task: str, count: int) -> list[Dataset]:
    if task == "lines":
        sets = [load_set("lines_zh"), load_set("lines_en")]
    elif task == "captchas":
        sets = [load_set("captcha_real")]
    elif task == "words":
        sets = [load_set("scene_words_en")]
    elif task == "receipts":
        sets = [_only(load_set("pages"), lambda sample: sample.name.startswith(_RECEIPTS))]
    else:
        pages = load_set("pages")
        sets = [
            _only(pages, lambda sample: sample.name.startswith(_RECEIPTS)),
            _only(pages, lambda sample: not sample.name.startswith(_RECEIPTS)),
            load_set("scene"),
        ]
        if task == "pipeline":
            sets.append(_unlabelled())
    shares = [count // len(sets) + (index < count % len(sets)) for index in range(len(sets))]
    return [part.limited(share) for part, share in zip(sets, shares, strict=True) if share]


def _only(dataset: Dataset, keep: Callable[[Sample], bool]) -> Dataset:
    return replace(dataset, samples=tuple(filter(keep, dataset.samples)))


def _unlabelled() -> Dataset:
    folder = data_folder() / "unlabelled"
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in IMAGE_SUFFIXES)
    info = SetInfo("unlabelled", "unlabelled", (), "pages", whole=True)
    return Dataset(info, tuple(Sample(path.name, path, "", "") for path in files))


def fit(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the image, upright or lying, on a white page of the one size of the task."""
    height, width = image.shape[:2]
    page_height, page_width = (_LONGER, _SHORTER) if height > width else (_SHORTER, _LONGER)
    ratio = min(page_height / height, page_width / width)
    size = (max(1, int(width * ratio)), max(1, int(height * ratio)))
    page = np.full((page_height, page_width, 3), _WHITE, np.uint8)
    page[: size[1], : size[0]] = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return page


def one_image(task: str) -> Path:
    """Return one image of a task as a file: a captcha for ``rec``, a receipt for ``system``."""
    part = _parts("captchas" if task == "rec" else "pipeline", 4)[0]
    return part.samples[0].path
