"""Batches of training images: which images, how wide, and how changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hubocr.evaluation.lines import LineSource, Sample
from hubocr.imaging import BgrImage
from hubocr.training.data.augmentation import Augmentation
from hubocr.training.data.kept import Kept
from hubocr.training.data.sources import epoch_order
from hubocr.training.recogniser.concatenation import Concatenation, join_images, join_texts
from hubocr.training.recogniser.shape import InputShape

_WINDOW = 16
"""Batches whose images are sorted by width, so that a batch has little padding."""


@dataclass(frozen=True, eq=False)
class Batch:
    """Images that go through the network together.

    Attributes:
        tensor: (N, 3, height, width), float32.
        classes: Classes of all texts one after the other, int64, (sum of the lengths,).
        lengths: Length of each text, int64, (N,).
        kept: (K, 3, height, width), float32, lines on which the base's answers are kept.
    """

    tensor: NDArray[np.float32]
    classes: NDArray[np.int64]
    lengths: NDArray[np.int64]
    kept: NDArray[np.float32] | None = None


_Lines = tuple[Sample, ...]
"""A line, or two that are joined."""


class Batches:
    """The batches of every epoch, each by its number.

    A batch depends on nothing but the arguments and its number: there is no generator whose state
    would have to be kept for a run that is continued.

    Args:
        sources: The images.
        characters: Character of class 1, 2, and so on.
        shape: Size of the input.
        augmentation: How images are changed.
        size: Images in a batch.
        seed: For order and changes.
        kept: Lines without labels.
        concatenation: Which lines are joined.

    Attributes:
        size: Images in a batch.
    """

    def __init__(
        self,
        sources: Sequence[LineSource],
        characters: Sequence[str],
        shape: InputShape,
        augmentation: Augmentation,
        size: int,
        seed: int,
        kept: Kept[Sample] | None = None,
        concatenation: Concatenation | None = None,
    ) -> None:
        self._sources = sources
        kept = kept or Kept()
        # Neighbours have about one width, so that those of a batch have little padding.
        self._kept = replace(kept, images=sorted(kept.images, key=_aspect))
        self._concatenation = concatenation or Concatenation()
        self._spaced = " " in characters
        self._classes: Mapping[str, int] = {c: n for n, c in enumerate(characters, start=1)}
        self._shape = shape
        self._augmentation = augmentation
        self.size = size
        self._seed = seed
        self._epoch = -1
        self._order: list[list[tuple[int, _Lines]]] = []

    def batch(self, epoch: int, place: int) -> Batch:
        """Return a batch of an epoch."""
        if epoch != self._epoch:
            self._order, self._epoch = self._ordered(epoch), epoch
        members = self._order[place]
        images, texts = [], []
        for number, lines in members:
            random = np.random.default_rng((self._seed, epoch, number))
            image = join_images([line.image() for line in lines], self._shape.height, random)
            images.append(self._augmentation.apply(image, random))
            text = join_texts([line.text for line in lines], spaced=self._spaced)
            texts.append([self._classes[character] for character in text])
        return Batch(
            self._tensor(images),
            np.array([index for text in texts for index in text], np.int64),
            np.array([len(text) for text in texts], np.int64),
            self._kept_lines(epoch, place, len(members)),
        )

    def _tensor(self, images: Sequence[BgrImage]) -> NDArray[np.float32]:
        return self._shape.tensor(images, max(self._shape.width_for(image) for image in images))

    def _kept_lines(self, epoch: int, place: int, labelled: int) -> NDArray[np.float32] | None:
        count = min(self._kept.count(labelled), len(self._kept.images))
        if not count:
            return None
        random = np.random.default_rng((self._seed, epoch, place, 1))
        start = int(random.integers(len(self._kept.images) - count + 1))
        chosen = self._kept.images[start : start + count]
        return self._tensor([self._augmentation.apply(line.image(), random) for line in chosen])

    def _ordered(self, epoch: int) -> list[list[tuple[int, _Lines]]]:
        random = np.random.default_rng((self._seed, epoch, len(self._sources), 2))
        samples = [
            self._sources[source].samples[place]
            for source, place in epoch_order(self._sources, self._seed, epoch)
        ]
        order = list(enumerate(self._concatenation.joined(samples, random)))
        if self._shape.width is None:
            window = _WINDOW * self.size
            for start in range(0, len(order), window):
                part = order[start : start + window]
                order[start : start + window] = sorted(
                    part, key=lambda item: sum(map(_aspect, item[1]))
                )
        batches = [order[n : n + self.size] for n in range(0, len(order), self.size)]
        random = np.random.default_rng((self._seed, epoch, len(order)))
        return [batches[place] for place in random.permutation(len(batches))]


def _aspect(sample: Sample) -> float:
    return sample.size[1] / sample.size[0]


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
