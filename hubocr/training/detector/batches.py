"""Batches of crops: of labelled pages, and of images on which the base's answers are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hubocr.evaluation.pages import Page, PageSource
from hubocr.training.data.kept import Kept
from hubocr.training.data.sources import epoch_order
from hubocr.training.detector.crops import PageAugmentation, draw_crop
from hubocr.training.detector.targets import Map, Target, targets_of


@dataclass(frozen=True, eq=False)
class Batch:
    """Crops that go through the network together.

    Attributes:
        tensor: (N + K, 3, size, size) float32, the labelled ones first.
        target: (N, 3, size, size) float32, what the labelled ones say.
    """

    tensor: NDArray[np.float32]
    target: Map


class Batches:
    """The batches of every epoch, each by its number.

    A batch depends on nothing but the arguments and its number: there is no generator whose state
    would have to be kept for a run that is continued.

    Args:
        sources: The labelled pages.
        kept: The others.
        augmentation: How crops are changed.
        crop: Height and width of the crops in pixels.
        size: Labelled crops in a batch.
        seed: For order and changes.
    """

    def __init__(
        self,
        sources: Sequence[PageSource],
        kept: Kept[Page],
        augmentation: PageAugmentation,
        crop: int,
        size: int,
        seed: int,
    ) -> None:
        self._sources = sources
        self._kept = kept
        self._augmentation = augmentation
        self._crop = crop
        self._size = size
        self._seed = seed
        self._epoch = -1
        self._order: list[tuple[int, int]] = []
        self._targets: dict[tuple[int, int], tuple[Target, ...]] = {}

    def batch(self, epoch: int, place: int) -> Batch:
        """Return a batch of an epoch."""
        if epoch != self._epoch:
            self._order, self._epoch = epoch_order(self._sources, self._seed, epoch), epoch
        start = place * self._size
        members = self._order[start : start + self._size]
        crops = []
        for number, (source, index) in enumerate(members, start=start):
            random = np.random.default_rng((self._seed, epoch, number))
            page = self._sources[source].samples[index]
            if (source, index) not in self._targets:
                self._targets[source, index] = targets_of(page.regions)
            targets = self._targets[source, index]
            crops.append(draw_crop(page, targets, self._augmentation, self._crop, random))
        random = np.random.default_rng((self._seed, epoch, place, len(self._order)))
        others = []
        for _ in range(self._kept.count(len(members))):
            page = self._kept.images[int(random.integers(len(self._kept.images)))]
            others.append(draw_crop(page, (), self._augmentation, self._crop, random))
        return Batch(
            np.stack([crop.tensor for crop in (*crops, *others)]),
            np.stack([crop.target for crop in crops]),
        )
