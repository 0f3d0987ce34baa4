"""From a request to a prepared run: data, base model, proof of equality."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from hubocr.errors import DatasetError
from hubocr.evaluation.pages import Page, PageSource, load_pages
from hubocr.training.data.kept import load_kept
from hubocr.training.data.sources import load_sources
from hubocr.training.detector.base import load_base
from hubocr.training.detector.batches import Batches
from hubocr.training.detector.crops import PRESETS
from hubocr.training.detector.loss import measure_temperature
from hubocr.training.detector.record import DetectorRecord
from hubocr.training.detector.request import DetectorRequest
from hubocr.training.detector.task import DetectorTask
from hubocr.training.loop import LoopSettings
from hubocr.training.record import source_records
from hubocr.training.run import Run, Start, TrainingResult, begin
from hubocr.training.schedule import Schedule, plan

_ASIDE = 0.2
"""Share of the images to validate on: a few pages say less than a few lines."""

_MEASURED_BATCHES = 2
_STEPS = 150
_EVALUATIONS = 10
"""Fewer than for lines: a page takes a hundred times as long."""


def train_detector(request: DetectorRequest) -> TrainingResult:
    """Fine-tune a detector and publish it.

    Raises:
        DatasetError: The data can't be used.
        SettingsError: An option is out of range, or the run to go on from is another one.
        ModelError: The base can't be trained, or isn't equal to what its engine serves, or a Paddle
            program lies where the model is to be written.
        EngineError: CUDA is wanted and isn't there.
    """
    return prepare(request).complete(progress=request.progress)


def prepare(request: DetectorRequest) -> Run:
    """Load data and base, compare the base with its engine, and decide everything.

    Raises:
        HubocrError: As `train_detector` has it.
    """
    device = begin(request)
    training, validation = load_sources(request, load_pages, _ASIDE)
    _require_text(training)
    kept = load_kept(
        request.keep,
        request.keep_ratio,
        lambda name, path: Page(name, (), path=path),
        progress=request.progress,
    )
    images = [page.image() for page in training[0].samples[:1]]
    base = load_base(request.base, images, request.threads or 0, request.seed)
    start = Start(base.graph, base.logits, device, measure=False, difference=base.difference)
    count = sum(source.epoch_size for source in training)
    epochs = request.epochs or math.ceil(_STEPS / math.ceil(count / request.batch_size))
    schedule = plan(count, request.batch_size, epochs, request.time_limit_min)
    schedule = replace(schedule, evaluations=_EVALUATIONS)
    augmentation = PRESETS[request.preset]
    batches = Batches(training, kept, augmentation, request.crop, request.batch_size, request.seed)
    temperature = _temperature(start, batches, schedule)
    record = DetectorRecord(
        base=request.base,
        images=count,
        steps=schedule.steps,
        batch_size=request.batch_size,
        learning_rate=request.learning_rate,
        preset=request.preset,
        precision=request.precision,
        seed=request.seed,
        interpolation=request.interpolation,
        sources=source_records(training, validation),
        crop=request.crop,
        kept=len(kept.images),
        keep_ratio=kept.ratio,
        temperature=temperature,
    )
    pages = [page for source in validation for page in source.samples]
    problems = tuple(p for source in (*training, *validation) for p in source.problems)
    # A step of PP-OCRv4 mobile takes 1.03 s of a processor with bf16 in fp32, and 1.11 s in bf16.
    bf16 = request.precision == "bf16"
    return Run(
        request.out,
        start,
        DetectorTask(batches, pages, start.network, temperature),
        schedule,
        LoopSettings(request.learning_rate, request.patience, bf16, request.interpolation),
        record,
        problems + kept.problems,
        request.resume,
    )


def _temperature(start: Start, batches: Batches, schedule: Schedule) -> float:
    """Return the temperature of the base on its first batches."""
    network = start.network()
    numbers = [divmod(number, schedule.steps_per_epoch) for number in range(_MEASURED_BATCHES)]
    logits = [network.logits(batches.batch(*number).tensor).ravel() for number in numbers]
    return measure_temperature(np.concatenate(logits))


def _require_text(sources: Sequence[PageSource]) -> None:
    for source in sources:
        if not any(not r.ignored for page in source.samples for r in page.regions):
            raise DatasetError(f"{source.name}: there is no text in it that isn't ignored")
