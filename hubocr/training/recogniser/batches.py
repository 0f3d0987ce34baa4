"""Batches of images in memory: which images, and how wide."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hubocr.evaluation.lines import LineSource
from hubocr.imaging import BgrImage
from hubocr.training.data.sources import epoch_order
from hubocr.training.recogniser.making import Batch, Lines, Maker, aspect
from hubocr.training.recogniser.shape import InputShape

_WINDOW = 16
"""Batches whose images are sorted by width, so that a batch has little padding."""


class BatchSource(Protocol):
    """The batches of every epoch, each by its number."""

    size: int

    def batch(self, epoch: int, place: int) -> Batch:
        """Return a batch of an epoch, which depends on nothing but the arguments."""

    def close(self) -> None:
        """End what prepares batches."""


class Batches:
    """The batches of images in memory.

    A batch depends on nothing but the arguments and its number: there is no generator whose state
    would have to be kept for a run that is continued.

    Args:
        sources: The images.
        maker: Makes batches of them.
        size: Images in a batch.

    Attributes:
        size: Images in a batch.
    """

    def __init__(self, sources: Sequence[LineSource], maker: Maker, size: int) -> None:
        self._sources = sources
        self._maker = maker
        self.size = size
        self._epoch = -1
        self._order: list[list[tuple[int, Lines]]] = []

    def batch(self, epoch: int, place: int) -> Batch:
        """Return a batch of an epoch."""
        if epoch != self._epoch:
            self._order, self._epoch = self._ordered(epoch), epoch
        return self._maker.batch(self._order[place], epoch, place)

    def close(self) -> None:
        """Nothing prepares batches."""

    def _ordered(self, epoch: int) -> list[list[tuple[int, Lines]]]:
        seed = self._maker.seed
        samples = [
            self._sources[source].samples[place]
            for source, place in epoch_order(self._sources, seed, epoch)
        ]
        random = np.random.default_rng((seed, epoch, len(samples), 2))
        order = list(enumerate(self._maker.concatenation.joined(samples, random)))
        if self._maker.shape.width is None:
            window = _WINDOW * self.size
            for start in range(0, len(order), window):
                part = order[start : start + window]
                order[start : start + window] = sorted(
                    part, key=lambda item: sum(map(aspect, item[1]))
                )
        batches = [order[n : n + self.size] for n in range(0, len(order), self.size)]
        random = np.random.default_rng((seed, epoch, len(order)))
        return [batches[place] for place in random.permutation(len(batches))]


def by_width(
    images: Sequence[BgrImage], shape: InputShape, size: int
) -> list[tuple[tuple[int, ...], NDArray[np.float32]]]:
    """Return images as tensors, each with the width that serving gives it.

    Returns:
        Places of the images, and their tensor (N, 3, height, width) float32.
    """
    widths: dict[int, list[int]] = {}
    for place, image in enumerate(images):
        widths.setdefault(shape.width_for(image), []).append(place)
    batches = []
    for width, places in sorted(widths.items()):
        for start in range(0, len(places), size):
            part = tuple(places[start : start + size])
            batches.append((part, shape.tensor([images[place] for place in part], width)))
    return batches
