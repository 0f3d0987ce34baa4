"""Batches of lines in memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic

import numpy as np

from hubocr.evaluation.lines import LineSource, Sample
from hubocr.training.data.making import BatchT, Lines, Maker, by_aspect
from hubocr.training.data.sources import epoch_order

_WINDOW = 16
"""Batches whose images are sorted by width, so that a batch has little padding."""

Draw = Callable[[int, np.random.Generator], Sample]
"""From the place of an image in its source to that image, or one that is made of it."""


class Batches(Generic[BatchT]):
    """See `hubocr.training.data.making.BatchSource`.

    A batch depends on nothing but the arguments and its number: there is no generator whose state
    would have to be kept for a run that is continued.

    Args:
        sources: The images.
        maker: Makes batches of them.
        size: Images in a batch.
        draws: What draws the images of each source; none: they are taken as they are.

    Attributes:
        size: Images in a batch.
    """

    def __init__(
        self,
        sources: Sequence[LineSource],
        maker: Maker[BatchT],
        size: int,
        draws: Sequence[Draw] = (),
    ) -> None:
        self._sources = sources
        self._maker = maker
        self.size = size
        self._draws = draws
        self._epoch = -1
        self._order: list[list[tuple[int, Lines]]] = []

    def batch(self, epoch: int, place: int) -> BatchT:
        """Return a batch of an epoch."""
        if epoch != self._epoch:
            self._order, self._epoch = self._ordered(epoch), epoch
        return self._maker.batch(self._order[place], epoch, place)

    def close(self) -> None:
        """Nothing prepares batches."""

    def _ordered(self, epoch: int) -> list[list[tuple[int, Lines]]]:
        seed = self._maker.seed
        samples = [
            self._sample(source, place, np.random.default_rng((seed, epoch, number, 4)))
            for number, (source, place) in enumerate(epoch_order(self._sources, seed, epoch))
        ]
        random = np.random.default_rng((seed, epoch, len(samples), 2))
        order = list(enumerate(self._maker.grouped(samples, random)))
        if self._maker.is_sorted:
            window = _WINDOW * self.size
            for start in range(0, len(order), window):
                part = order[start : start + window]
                order[start : start + window] = sorted(part, key=by_aspect)
        batches = [order[n : n + self.size] for n in range(0, len(order), self.size)]
        random = np.random.default_rng((seed, epoch, len(order)))
        return [batches[place] for place in random.permutation(len(batches))]

    def _sample(self, source: int, place: int, random: np.random.Generator) -> Sample:
        if self._draws:
            return self._draws[source](place, random)
        return self._sources[source].samples[place]
