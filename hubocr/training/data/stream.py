"""Batches of lines that are read when they are needed: sets that don't fit into memory.

An epoch is a permutation of the numbers of all lines. It is gone through in windows of some
batches: a window's lines are read, sorted by their width so that a batch has little padding, and
their batches are shuffled again. Other processes may prepare windows ahead.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic

import cv2
import numpy as np
from numpy.typing import NDArray

from hubocr.errors import DatasetError, ImageError
from hubocr.evaluation.labels import Problem
from hubocr.evaluation.lines import Sample
from hubocr.evaluation.readers.index import LineIndex
from hubocr.imaging import BgrImage
from hubocr.training.data.loader import Loader
from hubocr.training.data.making import BatchT, Maker, by_aspect

_log = logging.getLogger(__name__)

_MOST_TOLD = 20
"""Lines that are named when they are skipped; of more only the number is told."""

_WINDOW = 8
"""Batches of a window."""

_KEPT_HEIGHT = 2
"""A window's images are kept at this many times the input's height at most."""


@dataclass(frozen=True, eq=False)
class LineStream:
    """Lines of one source that are learnt from.

    Attributes:
        name: The source's path as it was given.
        index: Its lines.
        places: Numbers of the lines, int64: not those to validate on.
        ratio: Share of them that an epoch takes; above 1 it takes some more than once.
    """

    name: str
    index: LineIndex
    places: NDArray[np.int64]
    ratio: float = 1.0

    @property
    def epoch_size(self) -> int:
        """Lines that an epoch takes, at least one."""
        return max(1, round(self.ratio * len(self.places)))


class StreamBatches(Generic[BatchT]):
    """See `hubocr.training.data.making.BatchSource`.

    Args:
        streams: The lines.
        maker: Makes batches of them.
        size: Lines in a batch.
        workers: Processes that prepare batches.

    Attributes:
        size: Lines in a batch.
        skipped: Number of lines that were skipped so far, some more than once.
    """

    def __init__(
        self,
        streams: Sequence[LineStream],
        maker: Maker[BatchT],
        size: int,
        workers: int = 0,
    ) -> None:
        self.size = size
        self.skipped = 0
        self._streams = streams
        self._maker = maker
        self._workers = workers
        self._count = sum(stream.epoch_size for stream in streams)
        self._per_epoch = math.ceil(self._count / size)
        self._windows = math.ceil(self._per_epoch / _WINDOW)
        self._epoch = -1
        self._order: tuple[NDArray[np.uint8], NDArray[np.int64]] = (
            np.zeros(0, np.uint8),
            np.zeros(0, np.int64),
        )
        self._loader: Loader[BatchT] | None = None
        self._next = 0
        self._started = 0.0

    def batch(self, epoch: int, place: int) -> BatchT:
        """Return a batch of an epoch; one after the other is fastest."""
        number = epoch * self._per_epoch + place
        if self._loader is None or number != self._next:
            self.close()
            window, skip = epoch * self._windows + place // _WINDOW, place % _WINDOW
            self._started = time.monotonic()
            self._loader = Loader(self.window, window, self._workers)
            for _ in range(skip):
                next(self._loader)
        self._next = number + 1
        batch = next(self._loader)
        for problem in batch.skipped[: max(0, _MOST_TOLD - self.skipped)]:
            _log.warning("skipped: %s", problem)
        self.skipped += len(batch.skipped)
        return batch

    def close(self) -> None:
        """End the processes, and tell what waiting for them cost."""
        if self._loader is None:
            return
        self._loader.close()
        _log.info(
            "%.1f s of %.1f were spent waiting for images; %d lines were skipped",
            self._loader.waited_s,
            time.monotonic() - self._started,
            self.skipped,
        )
        self._loader = None

    def __getstate__(self) -> dict[str, object]:
        """Return what another process needs; images are read there anew."""
        kept = self._maker.kept
        images = [replace(image, pixels=None) for image in kept.images]
        maker: Any = self._maker
        maker = replace(maker, kept=replace(kept, images=images))
        return {**self.__dict__, "_loader": None, "_maker": maker}

    def window(self, number: int) -> Iterator[BatchT]:
        """Yield the batches of a window.

        Raises:
            DatasetError: None of its lines can be used.
        """
        epoch, place = divmod(number, self._windows)
        first = place * _WINDOW
        count = min(_WINDOW, self._per_epoch - first)
        start, end = first * self.size, min((first + count) * self.size, self._count)
        samples: list[Sample] = []
        skipped: list[Problem] = []
        for source, line in zip(*self._members(epoch, start, end), strict=True):
            entry = self._read(self._streams[source], int(line))
            (samples if isinstance(entry, Sample) else skipped).append(entry)  # type: ignore
        if not samples:
            raise DatasetError(f"of {end - start} lines none can be used; the first: {skipped[0]}")
        random = np.random.default_rng((self._maker.seed, epoch, place, 3))
        lines = list(enumerate(self._maker.grouped(samples, random), start=start))
        # Where many are damaged, others stand in: a window has as many batches in any case.
        lines += [lines[n % len(lines)] for n in range(len(lines), count)]
        if self._maker.is_sorted:
            lines.sort(key=by_aspect)
        cuts = [round(part * len(lines) / count) for part in range(count + 1)]
        for turn, part in enumerate(random.permutation(count)):
            told = tuple(skipped) if not turn else ()
            members = lines[cuts[part] : cuts[part + 1]]
            yield self._maker.batch(members, epoch, first + turn, told)

    def _read(self, stream: LineStream, line: int) -> Sample | Problem:
        entry = stream.index.read(line)
        if isinstance(entry, Problem):
            return entry
        try:
            image = entry.image()
        except ImageError as error:
            return Problem(entry.name, error.message)
        refusal = self._maker.refusal(entry, image)
        if refusal is not None:
            return Problem(entry.name, refusal)
        small = _small(image, _KEPT_HEIGHT * self._maker.height)
        return replace(entry, pixels=small, size=image.shape[:2], load=None)

    def _members(
        self, epoch: int, start: int, end: int
    ) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        if epoch != self._epoch:
            self._order, self._epoch = self._ordered(epoch), epoch
        sources, lines = self._order
        return sources[start:end], lines[start:end]

    def _ordered(self, epoch: int) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        random = np.random.default_rng((self._maker.seed, epoch))
        sources, lines = [], []
        for number, stream in enumerate(self._streams):
            left = stream.epoch_size
            while left > 0:
                taken = random.permutation(stream.places)[:left]
                sources.append(np.full(len(taken), number, np.uint8))
                lines.append(taken)
                left -= len(taken)
        order = random.permutation(self._count)
        return np.concatenate(sources)[order], np.concatenate(lines)[order]


def _small(image: BgrImage, height: int) -> BgrImage:
    if image.shape[0] <= height:
        return image
    width = max(1, round(image.shape[1] * height / image.shape[0]))
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
