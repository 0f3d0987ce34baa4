"""From lines to what goes through the network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from hubocr.evaluation.labels import Problem
from hubocr.evaluation.lines import Sample
from hubocr.imaging import BgrImage
from hubocr.training.data.augmentation import Augmentation
from hubocr.training.data.kept import Kept
from hubocr.training.data.making import Lines
from hubocr.training.recogniser.concatenation import Concatenation, join_images, join_texts
from hubocr.training.recogniser.shape import InputShape


@dataclass(frozen=True, eq=False)
class Batch:
    """Images that go through the network together.

    Attributes:
        tensor: (N, 3, height, width), float32.
        classes: Classes of all texts one after the other, int64, (sum of the lengths,).
        lengths: Length of each text, int64, (N,).
        kept: (K, 3, height, width), float32, lines on which the base's answers are kept.
        skipped: What was found damaged on the way to it.
    """

    tensor: NDArray[np.float32]
    classes: NDArray[np.int64]
    lengths: NDArray[np.int64]
    kept: NDArray[np.float32] | None = None
    skipped: tuple[Problem, ...] = ()


@dataclass(frozen=True, eq=False)
class Maker:
    """See `hubocr.training.data.making.Maker`.

    Attributes:
        classes: Class of each character.
        shape: Size of the input.
        augmentation: How images are changed.
        seed: For the changes.
        spread: See `hubocr.training.recogniser.presets.Preset`.
        concatenation: Which lines are joined.
        kept: Lines without labels, by their shape: those of a batch have little padding.
        step_width: Width of the network's steps in pixels.
    """

    classes: Mapping[str, int]
    shape: InputShape
    augmentation: Augmentation
    seed: int
    spread: float = 0.0
    concatenation: Concatenation = field(default_factory=Concatenation)
    kept: Kept[Sample] = field(default_factory=Kept)
    step_width: int = 8

    @property
    def height(self) -> int:
        """See `hubocr.training.data.making.Maker.height`."""
        return self.shape.height

    @property
    def is_sorted(self) -> bool:
        """See `hubocr.training.data.making.Maker.is_sorted`."""
        return self.shape.width is None

    def grouped(self, samples: Sequence[Sample], random: np.random.Generator) -> list[Lines]:
        """See `hubocr.training.data.making.Maker.grouped`."""
        return self.concatenation.joined(samples, random)

    def refusal(self, sample: Sample, image: BgrImage) -> str | None:
        """See `hubocr.training.data.making.Maker.refusal`."""
        missing = set(sample.text).difference(self.classes)
        if missing:
            return f"the charset lacks {', '.join(map(repr, sorted(missing)))}"
        return self.shape.too_long(sample.text, self.shape.width_for(image) // self.step_width)

    def batch(
        self,
        members: Sequence[tuple[int, Lines]],
        epoch: int,
        place: int,
        skipped: tuple[Problem, ...] = (),
    ) -> Batch:
        """See `hubocr.training.data.making.Maker.batch`."""
        images, texts = [], []
        random = np.random.default_rng((self.seed, epoch, place, 3))
        factor = (1 + self.spread) ** random.uniform(-1, 1)
        for number, lines in members:
            random = np.random.default_rng((self.seed, epoch, number))
            image = join_images([line.image() for line in lines], self.shape.height, random)
            image = self.augmentation.apply(self._enlarged(image), random)
            images.append(_widened(image, factor))
            text = join_texts([line.text for line in lines], spaced=" " in self.classes)
            texts.append([self.classes[character] for character in text])
        return Batch(
            self._tensor(images),
            np.array([index for text in texts for index in text], np.int64),
            np.array([len(text) for text in texts], np.int64),
            self._kept_lines(epoch, place, len(members)),
            skipped,
        )

    def _tensor(self, images: Sequence[BgrImage]) -> NDArray[np.float32]:
        return self.shape.tensor(images, max(self.shape.width_for(image) for image in images))

    def _enlarged(self, image: BgrImage) -> BgrImage:
        """Return a small image as large as it will be: details are lost if it is changed before."""
        width, height = self.shape.width, self.shape.height
        if width is None or image.shape[0] >= height:
            return image
        return np.asarray(cv2.resize(image, (width, height)), np.uint8)

    def _kept_lines(self, epoch: int, place: int, labelled: int) -> NDArray[np.float32] | None:
        count = min(self.kept.count(labelled), len(self.kept.images))
        if not count:
            return None
        random = np.random.default_rng((self.seed, epoch, place, 1))
        start = int(random.integers(len(self.kept.images) - count + 1))
        chosen = self.kept.images[start : start + count]
        images = [self._enlarged(line.image()) for line in chosen]
        return self._tensor([self.augmentation.apply(image, random) for image in images])


def _widened(image: BgrImage, factor: float) -> BgrImage:
    if factor == 1:
        return image
    size = (max(1, round(factor * image.shape[1])), image.shape[0])
    return np.asarray(cv2.resize(image, size), np.uint8)
