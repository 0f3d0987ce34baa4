"""What makes batches of lines, and what gives them: each kind of model has its own maker."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

import numpy as np

from hubocr.evaluation.labels import Problem
from hubocr.evaluation.lines import Sample
from hubocr.imaging import BgrImage
from hubocr.training.data.kept import Kept

Lines = tuple[Sample, ...]
"""A line, or several that are joined."""


class AnyBatch(Protocol):
    """Images that go through the network together."""

    @property
    def skipped(self) -> tuple[Problem, ...]:
        """What was found damaged on the way to it."""


BatchT = TypeVar("BatchT", bound=AnyBatch)
BatchT_co = TypeVar("BatchT_co", bound=AnyBatch, covariant=True)


class Maker(Protocol[BatchT_co]):
    """Makes batches; the same members, epoch and place make the same batch.

    It is a dataclass that can be sent to other processes.
    """

    @property
    def seed(self) -> int:
        """For order and changes."""

    @property
    def height(self) -> int:
        """Height of the input in pixels."""

    @property
    def is_sorted(self) -> bool:
        """Whether a batch wants lines of about the same width, so that it has little padding."""

    @property
    def kept(self) -> Kept[Sample]:
        """Lines without labels, on which the base's answers are kept."""

    def grouped(self, samples: Sequence[Sample], random: np.random.Generator) -> list[Lines]:
        """Return the lines of an epoch or a part of it: as many, some of them joined."""

    def refusal(self, sample: Sample, image: BgrImage) -> str | None:
        """Return why a line can't be learnt from; None: it can."""

    def batch(
        self,
        members: Sequence[tuple[int, Lines]],
        epoch: int,
        place: int,
        skipped: tuple[Problem, ...] = (),
    ) -> BatchT_co:
        """Return a batch.

        Args:
            members: Lines with the numbers that their changes follow from.
            epoch: Its epoch.
            place: Its place there.
            skipped: See `AnyBatch`.
        """


class BatchSource(Protocol[BatchT_co]):
    """The batches of every epoch, each by its number."""

    size: int

    def batch(self, epoch: int, place: int) -> BatchT_co:
        """Return a batch of an epoch, which depends on nothing but the arguments."""

    def close(self) -> None:
        """End what prepares batches."""


def aspect(sample: Sample) -> float:
    """Return the width of a line by its height."""
    return sample.size[1] / sample.size[0]


def by_aspect(numbered: tuple[int, Lines]) -> float:
    """Return the width of lines side by side by their height, to sort by."""
    return sum(map(aspect, numbered[1]))
