"""From a request to a prepared run: base model, data, proof of equality."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hubocr.evaluation.readers.directions import DirectionReader
from hubocr.evaluation.readers.index import Sample, Standing
from hubocr.training.base import difference_from_engine
from hubocr.training.classifier.base import load_classifier
from hubocr.training.classifier.making import DirectionMaker
from hubocr.training.classifier.record import ClassifierRecord
from hubocr.training.classifier.request import PRESETS, ClassifierRequest
from hubocr.training.classifier.task import ClassifierTask
from hubocr.training.data.kept import load_kept
from hubocr.training.data.lines import load_data
from hubocr.training.loop import LoopSettings
from hubocr.training.run import Run, Start, TrainingResult, begin
from hubocr.training.schedule import plan

_COMPARED = 8
"""Images that the base is compared on."""


def train_classifier(request: ClassifierRequest) -> TrainingResult:
    """Fine-tune a direction classifier and publish it.

    Raises:
        DatasetError: The data can't be used.
        SettingsError: An option is out of range, or the run to go on from is another one.
        ModelError: The base can't be trained, or isn't equal to what its engine serves, or a Paddle
            program lies where the model is to be written.
        EngineError: CUDA is wanted and isn't there.
    """
    return prepare(request).complete(progress=request.progress)


def prepare(request: ClassifierRequest) -> Run:
    """Load base and data, compare the base with its engine, and decide everything.

    Raises:
        HubocrError: As `train_classifier` has it.
    """
    device = begin(request)
    base = load_classifier(request.base)
    data = load_data(request, DirectionReader(base.input.directions, request.upright))
    images = base.input.tensor([sample.image() for sample in data.some(_COMPARED)])
    noise = np.random.default_rng(request.seed).normal(0, 1, images.shape).astype(np.float32)
    difference = difference_from_engine(
        request.base, base.files, base.graph, [noise, images], request.threads or 0
    )
    start = Start(base.graph, base.logits, device, measure=False, difference=difference)
    kept = load_kept(request.keep, request.keep_ratio, _upright, progress=request.progress)
    schedule = plan(data.epoch_size, request.batch_size, request.epochs, request.time_limit_min)
    record = ClassifierRecord(
        base=request.base,
        images=data.epoch_size,
        steps=schedule.steps,
        batch_size=request.batch_size,
        learning_rate=request.learning_rate,
        preset=request.preset,
        precision=request.precision,
        seed=request.seed,
        interpolation=request.interpolation,
        sources=data.records,
        directions=base.input.directions,
        height=base.input.height,
        width=base.input.width,
        upright=request.upright,
        kept=len(kept.images),
        keep_ratio=kept.ratio,
    )
    maker = DirectionMaker(base.input, PRESETS[request.preset], request.seed, kept)
    bf16 = request.precision == "bf16"
    batches = data.batches(maker, request.batch_size, request.workers)
    return Run(
        request.out,
        start,
        ClassifierTask(batches, data.validation_samples, base.input, start.network),
        schedule,
        LoopSettings(request.learning_rate, request.patience, bf16, request.interpolation),
        record,
        data.problems + kept.problems,
        request.resume,
    )


def _upright(name: str, path: Path) -> Sample:
    return Standing(name, "0", path=path)
