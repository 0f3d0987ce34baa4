"""From labelled images to what goes through the network: each in every direction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hubocr.evaluation.directions import view
from hubocr.evaluation.labels import Problem
from hubocr.evaluation.lines import Sample
from hubocr.imaging import BgrImage
from hubocr.training.classifier.base import Input
from hubocr.training.data.augmentation import Augmentation
from hubocr.training.data.kept import Kept
from hubocr.training.data.making import Lines


@dataclass(frozen=True, eq=False)
class Batch:
    """Images that go through the network together.

    Attributes:
        tensor: (N * directions + K, 3, height, width) float32, the labelled ones first.
        classes: Class of each labelled one, (N * directions,) int64.
        skipped: What was found damaged on the way to it.
    """

    tensor: NDArray[np.float32]
    classes: NDArray[np.int64]
    skipped: tuple[Problem, ...] = ()


@dataclass(frozen=True, eq=False)
class DirectionMaker:
    """See `hubocr.training.data.making.Maker`.

    Attributes:
        input: What the network is shown.
        augmentation: How images are changed.
        seed: For the changes.
        kept: Images without labels, shown in a direction at random.
    """

    input: Input
    augmentation: Augmentation
    seed: int
    kept: Kept[Sample] = field(default_factory=Kept)
    is_sorted: bool = False

    @property
    def height(self) -> int:
        """See `hubocr.training.data.making.Maker.height`."""
        return self.input.height

    def grouped(self, samples: Sequence[Sample], random: np.random.Generator) -> list[Lines]:
        """See `hubocr.training.data.making.Maker.grouped`."""
        return [(sample,) for sample in samples]

    def refusal(self, sample: Sample, image: BgrImage) -> str | None:
        """See `hubocr.training.data.making.Maker.refusal`."""
        return None

    def batch(
        self,
        members: Sequence[tuple[int, Lines]],
        epoch: int,
        place: int,
        skipped: tuple[Problem, ...] = (),
    ) -> Batch:
        """See `hubocr.training.data.making.Maker.batch`."""
        directions = self.input.directions
        images = []
        for number, (sample, *_) in members:
            random = np.random.default_rng((self.seed, epoch, number))
            images += [self.augmentation.apply(view(sample, d), random) for d in directions]
        random = np.random.default_rng((self.seed, epoch, place, 1))
        for _ in range(self.kept.count(len(members))):
            sample = self.kept.images[int(random.integers(len(self.kept.images)))]
            direction = directions[int(random.integers(len(directions)))]
            images.append(self.augmentation.apply(view(sample, direction), random))
        classes = np.tile(np.arange(len(directions)), len(members))
        return Batch(self.input.tensor(images), classes, skipped)
