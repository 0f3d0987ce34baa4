"""From a request to a prepared run: data, base model, proof of equality, input, characters."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from hubocr.evaluation.lines import Sample
from hubocr.training.data.batches import Draw
from hubocr.training.data.kept import load_kept
from hubocr.training.data.lines import LineData, load_data
from hubocr.training.data.making import aspect
from hubocr.training.graph.head import find_head
from hubocr.training.graph.network import Network
from hubocr.training.loop import LoopSettings
from hubocr.training.precision import wants_bf16
from hubocr.training.recogniser.base import Base, load_base
from hubocr.training.recogniser.concatenation import Concatenation
from hubocr.training.recogniser.head import cut_head
from hubocr.training.recogniser.making import Maker
from hubocr.training.recogniser.presets import PRESETS
from hubocr.training.recogniser.publish import served_graph
from hubocr.training.recogniser.recombination import recombination
from hubocr.training.recogniser.record import RecogniserRecord
from hubocr.training.recogniser.scratch import LEARNING_RATE as SCRATCH_LEARNING_RATE
from hubocr.training.recogniser.scratch import epochs_from_scratch, write_small_network
from hubocr.training.recogniser.shape import HEIGHT, InputShape, choose_width
from hubocr.training.recogniser.task import RecogniserTask
from hubocr.training.recogniser.vocabulary import AUTO, choose_vocabulary
from hubocr.training.request import TrainingRequest
from hubocr.training.run import Run, Start, TrainingResult, begin
from hubocr.training.schedule import Schedule, plan

_PROBE_WIDTH = 320


def train_recognizer(request: TrainingRequest) -> TrainingResult:
    """Fine-tune a recogniser, or train a small one from nothing, and publish it.

    Raises:
        DatasetError: The data can't be used.
        SettingsError: An option is out of range, or the run to go on from is another one.
        VocabularyError: The charset lacks a label's character.
        ModelError: The base can't be trained, or isn't equal to what its engine serves, or a Paddle
            program lies where the model is to be written.
        EngineError: CUDA is wanted and isn't there.
    """
    return prepare(request).complete(progress=request.progress)


def prepare(request: TrainingRequest) -> Run:
    """Load data and base, compare the base with its engine, and decide everything.

    Raises:
        HubocrError: As `train_recognizer` has it.
    """
    device = begin(request)
    data = load_data(request)
    base = _base(request, data)
    characters = choose_vocabulary(_charset(request), data.characters, base.characters)
    network = _Cut(base, characters, request, device)
    shape = network.shape(request, data)
    data = data.fitting(partial(_too_long, network, shape))
    schedule = _schedule(request, data)
    preset = PRESETS[request.preset]
    usual = preset
    if request.scratch:
        usual = replace(
            preset, learning_rate=SCRATCH_LEARNING_RATE, interpolation=1.0, recombination=0.0
        )
    learning_rate = _chosen(request.learning_rate, usual.learning_rate)
    concatenation = _chosen(request.concatenation, usual.concatenation)
    interpolation = _chosen(request.interpolation, usual.interpolation)
    share = _chosen(request.recombination, usual.recombination)
    kept = load_kept(request.keep, request.keep_ratio, _kept_line, progress=request.progress)
    record = RecogniserRecord(
        base=None if request.scratch else request.base,
        images=data.epoch_size,
        steps=schedule.steps,
        batch_size=request.batch_size,
        learning_rate=learning_rate,
        preset=request.preset,
        precision=request.precision,
        seed=request.seed,
        interpolation=interpolation,
        sources=data.records,
        characters=characters,
        height=shape.height,
        width=shape.width,
        widening=shape.widening,
        kept=len(kept.images),
        keep_ratio=kept.ratio,
        concatenation=concatenation,
        recombination=share,
    )
    maker = Maker(
        {character: number for number, character in enumerate(characters, start=1)},
        shape,
        preset.augmentation,
        request.seed,
        preset.spread,
        Concatenation(concatenation),
        replace(kept, images=sorted(kept.images, key=aspect)),
        network.step_width,
    )
    start = network.start(characters, shape)
    recombine = partial(_recombination, start, maker, share)
    batches = data.batches(maker, request.batch_size, request.workers, recombine)
    left_out = _not_shown(characters, data.shown, () if request.scratch else base.characters)
    validation = data.validation_samples
    task = RecogniserTask(
        batches,
        validation,
        characters,
        left_out,
        shape,
        preset.ranking if len(validation) >= preset.fewest else (),
        start.network,
    )
    return Run(
        request.out,
        start,
        task,
        schedule,
        LoopSettings(
            learning_rate,
            request.patience,
            wants_bf16(request.precision, device),
            interpolation,
        ),
        record,
        data.problems + kept.problems,
        request.resume,
    )


def _chosen(asked: float | None, usual: float) -> float:
    return usual if asked is None else asked


class _Cut:
    """The base with its head cut to the wanted characters."""

    def __init__(
        self, base: Base, characters: Sequence[str], request: TrainingRequest, device: str
    ) -> None:
        self._graph = cut_head(base.graph, base.characters, characters, request.seed)
        self._logits = find_head(self._graph).logits
        self._widening = base.shape.widening
        self._measure = request.scratch
        self._device = device
        self._difference = base.difference
        self._network = Network(self._graph, self._logits, device, measure=self._measure)
        self._steps: dict[int, int] = {}

    def steps(self, width: int) -> int:
        """Return how many steps the network makes of a width in pixels."""
        if width not in self._steps:
            blank = np.zeros((1, 3, HEIGHT, width), np.float32)
            self._steps[width] = int(self._network.logits(blank).shape[1])
        return self._steps[width]

    @property
    def step_width(self) -> int:
        """Width of a step in pixels."""
        return round(_PROBE_WIDTH / self.steps(_PROBE_WIDTH))

    def shape(self, request: TrainingRequest, data: LineData) -> InputShape:
        """Return the size of the input: what is asked for, or what the preset and data want."""
        if request.width is not None:
            return InputShape(HEIGHT, request.width)
        if not PRESETS[request.preset].stretched:
            widening = request.widening or PRESETS[request.preset].widening
            return InputShape(HEIGHT, None, widening or self._widening)
        return InputShape(HEIGHT, choose_width(data.some(0), HEIGHT, self.step_width))

    def start(self, characters: Sequence[str], shape: InputShape) -> Start:
        served = served_graph(self._graph, characters, shape)
        return Start(served, self._logits, self._device, self._measure, self._difference)


def _too_long(network: _Cut, shape: InputShape, sample: Sample) -> str | None:
    width = shape.width or shape.width_for(sample.image())
    return shape.too_long(sample.text, network.steps(width))


def _recombination(start: Start, maker: Maker, share: float, samples: Sequence[Sample]) -> Draw:
    return recombination(start.network(), samples, maker.classes, maker.shape, share).apply


def _kept_line(name: str, path: Path) -> Sample:
    return Sample(name, "", path=path)


def _charset(request: TrainingRequest) -> str:
    return PRESETS[request.preset].charset if request.charset == AUTO else request.charset


def _base(request: TrainingRequest, data: LineData) -> Base:
    """Load what training starts from; a network with random weights is written first."""
    images = [sample.image() for sample in data.some(2)]
    threads = request.threads or 0
    if not request.scratch:
        return load_base(request.base, request.base_dictionary, images, threads, request.seed)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "small.onnx"
        characters = choose_vocabulary(_charset(request), data.characters, ())
        write_small_network(path, characters, request.seed)
        return load_base(str(path), None, images, threads, request.seed)


def _schedule(request: TrainingRequest, data: LineData) -> Schedule:
    epochs = request.epochs
    if epochs is None and request.scratch:
        epochs = epochs_from_scratch(data.epoch_size, request.batch_size)
    return plan(data.epoch_size, request.batch_size, epochs, request.time_limit_min)


def _not_shown(characters: Sequence[str], shown: set[str], known: Sequence[str]) -> list[int]:
    """Return the classes of characters that the base knows and no training image shows.

    The loss would push them down at every step until the network doesn't write them any more.
    """
    left = set(known) - shown
    return [n for n, character in enumerate(characters, start=1) if character in left]
