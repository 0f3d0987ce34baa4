"""The lines that are learnt from and validated on, in memory or read when needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from hubocr.errors import DatasetError
from hubocr.evaluation.images import Source, collect
from hubocr.evaluation.labels import Problem
from hubocr.evaluation.lines import LineSource, Sample, load_source
from hubocr.evaluation.readers import open_lines
from hubocr.evaluation.readers.index import LineIndex
from hubocr.training.data.batches import Batches, Draw
from hubocr.training.data.making import BatchSource, BatchT, Maker
from hubocr.training.data.sources import load_sources, too_few
from hubocr.training.data.stream import LineStream, StreamBatches
from hubocr.training.record import SourceRecord, source_records
from hubocr.training.request import LineRequest

_MANY = 50_000
"""Lines of a source from which on it is read when needed, where nothing else is asked for."""

_ASIDE = 0.1
_MOST_ASIDE = 1000
_LOOKED_AT = 1000

OpenLines = Callable[[Path, Path | None], LineIndex]
"""Where the lines of a file or folder are, see `hubocr.evaluation.readers.open_lines`."""

Check = Callable[[Sample], str | None]
"""Why a line can't be learnt from; None: it can."""

Drawing = Callable[[Sequence[Sample]], Draw]
"""How the lines of a source are drawn."""


class LineData(Protocol):
    """What the preparation of a run needs of its data."""

    @property
    def characters(self) -> set[str]:
        """Characters of all texts."""

    @property
    def shown(self) -> set[str]:
        """Characters of the texts that are learnt from."""

    @property
    def validation_samples(self) -> list[Sample]:
        """The lines that are validated on."""

    @property
    def epoch_size(self) -> int:
        """Lines that an epoch takes."""

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What was skipped so far."""

    @property
    def records(self) -> tuple[SourceRecord, ...]:
        """What is noted of the sources."""

    def some(self, count: int) -> list[Sample]:
        """Return some lines with their sizes, at most as many as are asked for; 0: all there are.

        Lines that are read when needed are never all looked at.
        """

    def fitting(self, too_long: Check) -> LineData:
        """Return the data without lines that are too long to be learnt from."""

    def batches(
        self, maker: Maker[BatchT], size: int, workers: int, draw: Drawing | None = None
    ) -> BatchSource[BatchT]:
        """Return what is learnt from; lines that are read when needed are taken as they are."""


def load_data(request: LineRequest, open_index: OpenLines = open_lines) -> LineData:
    """Return the data of a run.

    Args:
        request: The request.
        open_index: Finds the lines of a source.

    Raises:
        DatasetError: It can't be used.
    """
    paths = dict.fromkeys((*request.data, *request.validation))
    indexes = {path: open_index(Path(path).expanduser(), request.root) for path in paths}

    def load(path: str, **options: Any) -> LineSource:
        return load_source(path, index=indexes[path], **options)

    many = max(len(indexes[path]) for path in request.data) > _MANY
    if request.stream == "on" or (request.stream == "auto" and many):
        validation = [load(path, progress=request.progress) for path in request.validation]
        return _stream(request, [indexes[path] for path in request.data], validation)
    return LoadedData(*load_sources(request, load))


@dataclass(frozen=True)
class LoadedData:
    """Data in memory; ``too_long`` was taken out of ``training``."""

    training: Sequence[LineSource]
    validation: Sequence[LineSource]
    too_long: tuple[Problem, ...] = ()

    @property
    def characters(self) -> set[str]:
        """See `LineData.characters`."""
        sources = (*self.training, *self.validation)
        return {c for source in sources for sample in source.samples for c in sample.text}

    @property
    def shown(self) -> set[str]:
        """See `LineData.shown`."""
        return {c for source in self.training for sample in source.samples for c in sample.text}

    @property
    def validation_samples(self) -> list[Sample]:
        """See `LineData.validation_samples`."""
        return [sample for source in self.validation for sample in source.samples]

    @property
    def epoch_size(self) -> int:
        """See `LineData.epoch_size`."""
        return sum(source.epoch_size for source in self.training)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """See `LineData.problems`."""
        sources = (*self.training, *self.validation)
        return tuple(p for source in sources for p in source.problems) + self.too_long

    @property
    def records(self) -> tuple[SourceRecord, ...]:
        """See `LineData.records`."""
        records = source_records(self.training, self.validation)
        if self.too_long:
            records += (SourceRecord("training", "(too long)", 0, len(self.too_long)),)
        return records

    def some(self, count: int) -> list[Sample]:
        """See `LineData.some`."""
        samples = [sample for source in self.training for sample in source.samples]
        return samples[:count] if count else samples

    def fitting(self, too_long: Check) -> LoadedData:
        """See `LineData.fitting`."""
        problems: list[Problem] = []

        def fits(sample: Sample) -> bool:
            reason = too_long(sample)
            if reason is not None:
                problems.append(Problem(sample.name, reason))
            return reason is None

        kept = [replace(s, samples=tuple(filter(fits, s.samples))) for s in self.training]
        for source in kept:
            if not source.samples:
                raise DatasetError(
                    f"{source.name}: all texts are too long; the first: {problems[0]}"
                )
        return replace(self, training=kept, too_long=tuple(problems))

    def batches(
        self, maker: Maker[BatchT], size: int, workers: int, draw: Drawing | None = None
    ) -> BatchSource[BatchT]:
        """See `LineData.batches`."""
        draws = [draw(source.samples) for source in self.training] if draw else []
        return Batches(self.training, maker, size, draws)


@dataclass(frozen=True)
class StreamedData:
    """Data that is read when it is needed; what is validated on is in memory."""

    streams: Sequence[LineStream]
    validation: Sequence[LineSource]
    found: tuple[Problem, ...] = ()

    @cached_property
    def shown(self) -> set[str]:
        """See `LineData.shown`."""
        return {c for stream in self.streams for c in stream.index.characters()}

    @property
    def characters(self) -> set[str]:
        """See `LineData.characters`."""
        return self.shown.union(*(sample.text for sample in self.validation_samples))

    @property
    def validation_samples(self) -> list[Sample]:
        """See `LineData.validation_samples`."""
        return [sample for source in self.validation for sample in source.samples]

    @property
    def epoch_size(self) -> int:
        """See `LineData.epoch_size`."""
        return sum(stream.epoch_size for stream in self.streams)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """See `LineData.problems`."""
        return self.found + tuple(p for source in self.validation for p in source.problems)

    @property
    def records(self) -> tuple[SourceRecord, ...]:
        """See `LineData.records`."""
        streams = (
            SourceRecord("training", Path(s.name).name, len(s.places), len(s.index.problems))
            for s in self.streams
        )
        return (*streams, *source_records((), self.validation))

    def some(self, count: int) -> list[Sample]:
        """See `LineData.some`."""
        wanted = -(-(count or _LOOKED_AT) // len(self.streams))
        return [
            sample
            for stream in self.streams
            for sample in _read(stream.name, stream.index, stream.places[:wanted]).samples
        ]

    def fitting(self, too_long: Check) -> StreamedData:
        """See `LineData.fitting`: what is too long is found when it is read."""
        return self

    def batches(
        self, maker: Maker[BatchT], size: int, workers: int, draw: Drawing | None = None
    ) -> BatchSource[BatchT]:
        """See `LineData.batches`."""
        return StreamBatches(self.streams, maker, size, workers)


def _stream(
    request: LineRequest, indexes: Sequence[LineIndex], validation: list[LineSource]
) -> StreamedData:
    streams = []
    ratios = request.ratios or (1.0,) * len(indexes)
    for path, index, ratio in zip(request.data, indexes, ratios, strict=True):
        order = np.random.default_rng(request.seed).permutation(len(index))
        aside = 0
        if not request.validation:
            aside = min(round(len(order) * _ASIDE), _MOST_ASIDE)
            if aside < 1:
                raise too_few(path, len(order), index.problems)
            validation.append(_read(path, index, order[:aside]))
        places = order[aside:]
        if request.limit is not None:
            places = places[: request.limit]
        streams.append(LineStream(path, index, places, ratio))
    return StreamedData(streams, validation, tuple(p for index in indexes for p in index.problems))


def _read(name: str, index: LineIndex, places: NDArray[np.int64]) -> Source[Sample]:
    return collect(name, (index.read(int(place)) for place in places))
