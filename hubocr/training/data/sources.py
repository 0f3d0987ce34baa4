"""Which images an epoch takes, and which are kept aside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from hubocr.errors import DatasetError
from hubocr.evaluation.images import ImageT, Source
from hubocr.evaluation.labels import Problem


class Wanted(Protocol):
    """What a request says of the data, see `hubocr.training.request.TrainingRequest`."""

    @property
    def data(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def validation(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def ratios(self) -> tuple[float, ...]: ...  # noqa: D102
    @property
    def root(self) -> Path | None: ...  # noqa: D102
    @property
    def limit(self) -> int | None: ...  # noqa: D102
    @property
    def seed(self) -> int: ...  # noqa: D102
    @property
    def progress(self) -> bool: ...  # noqa: D102


def load_sources(
    wanted: Wanted, load: Callable[..., Source[ImageT]], aside: float = 0.1
) -> tuple[list[Source[ImageT]], list[Source[ImageT]]]:
    """Return the sources to learn from, and those to validate on.

    Args:
        wanted: The request.
        load: A function such as `hubocr.evaluation.lines.load_source`.
        aside: Share of each source that is validated on where the request names nothing else.

    Raises:
        DatasetError: A source can't be used, or is too small to be divided.
    """
    common: dict[str, Any] = {"root": wanted.root, "progress": wanted.progress}
    ratios = wanted.ratios or (1.0,) * len(wanted.data)
    training = [
        load(path, ratio=ratio, limit=wanted.limit, **common)
        for path, ratio in zip(wanted.data, ratios, strict=True)
    ]
    if wanted.validation:
        return training, [load(path, **common) for path in wanted.validation]
    pairs = [split_off(source, aside, wanted.seed) for source in training]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def too_few(name: str, count: int, problems: Sequence[Problem]) -> DatasetError:
    """Return the error of a source that has too few images to keep some of them aside."""
    skipped = f" ({len(problems)} are skipped, the first: {problems[0]})" if problems else ""
    return DatasetError(
        f"{name}: {count} images{skipped} are too few to keep some aside; name others as "
        "`validation`"
    )


def split_off(
    source: Source[ImageT], share: float, seed: int
) -> tuple[Source[ImageT], Source[ImageT]]:
    """Divide a source at random into one for training and one for validation.

    Raises:
        DatasetError: There are too few images.
    """
    count = round(len(source.samples) * share)
    if count < 1 or count >= len(source.samples):
        raise too_few(source.name, len(source.samples), source.problems)
    order = np.random.default_rng(seed).permutation(len(source.samples))
    aside = set(order[:count].tolist())
    training = tuple(s for place, s in enumerate(source.samples) if place not in aside)
    validation = tuple(s for place, s in enumerate(source.samples) if place in aside)
    return (
        Source(source.name, training, source.problems, source.ratio),
        Source(source.name, validation),
    )


def epoch_order(sources: Sequence[Source[Any]], seed: int, epoch: int) -> list[tuple[int, int]]:
    """Return what an epoch takes: pairs of a source and a place in it, shuffled.

    The order depends on nothing but the arguments, so that a run that goes on after a stop takes
    the same images as one that was never stopped.
    """
    random = np.random.default_rng((seed, epoch))
    taken: list[tuple[int, int]] = []
    for number, source in enumerate(sources):
        count = source.epoch_size
        while count > 0:
            order = random.permutation(len(source.samples))[:count]
            taken += [(number, int(place)) for place in order]
            count -= len(order)
    return [taken[place] for place in random.permutation(len(taken))]
