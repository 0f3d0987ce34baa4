"""A whole training run: data, base model, proof of equality, loop, export."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from hubocr.engines.to_paddle import require_no_program
from hubocr.errors import EngineError, ModelError, SettingsError
from hubocr.training.augmentation import PRESETS
from hubocr.training.base import Base, load_base
from hubocr.training.batches import Batches
from hubocr.training.charset import choose_charset
from hubocr.training.checkpoint import Checkpoint
from hubocr.training.datasets import Problem, Sample, Source, load_source, split_off
from hubocr.training.export import MODEL_FILE, export_model, model_card, served_graph
from hubocr.training.graph import Graph
from hubocr.training.head import cut_head, find_head
from hubocr.training.loop import Loop, LoopSettings
from hubocr.training.metrics import score
from hubocr.training.network import Network
from hubocr.training.precision import wants_bf16
from hubocr.training.report import Reading, worst_first, write_chart, write_page
from hubocr.training.request import TrainingRequest, TrainingResult
from hubocr.training.schedule import plan
from hubocr.training.scratch import LEARNING_RATE as SCRATCH_LEARNING_RATE
from hubocr.training.scratch import epochs_from_scratch, write_small_network
from hubocr.training.shape import HEIGHT, InputShape, choose_width, steps_needed

_log = logging.getLogger(__name__)

STATE_FOLDER = "training"
CHECKPOINT_FILE = "checkpoint.pt"
START_FILE = "start.onnx"
"""The network before the first step, with its head cut: what checkpoints hold the weights of."""

_STRETCHED_PRESETS = ("captcha",)
_PROBE_WIDTH = 320


def train_recognizer(request: TrainingRequest) -> TrainingResult:
    """Fine-tune a recogniser, or train a small one from nothing, and export it.

    Raises:
        SettingsError: The data can't be used, or an option is out of range.
        CharsetError: The charset lacks a label's character.
        ModelError: The base can't be trained, or isn't equal to what its engine serves, or a Paddle
            program lies where the model is to be written.
        EngineError: CUDA is wanted and isn't there.
    """
    require_no_program(request.out / MODEL_FILE)  # it would be of other weights
    rate = request.learning_rate
    if rate is None:
        rate = SCRATCH_LEARNING_RATE if request.scratch else LoopSettings.learning_rate
    request = replace(request, learning_rate=rate)
    if request.threads:
        torch.set_num_threads(request.threads)
    device = _device(request.device)
    training, validation = _load_data(request)
    labels = [sample.text for source in (*training, *validation) for sample in source.samples]
    base = _base(request, training[0].samples[:2], labels)
    characters = choose_charset(request.charset, labels, base.characters)
    start = cut_head(base.graph, base.characters, characters, request.seed)
    network = Network(start, find_head(start).logits, device, measure=request.scratch)
    step_width = _PROBE_WIDTH / _count_steps(network, _PROBE_WIDTH)
    shape = _input_shape(request, training, round(step_width))
    training, too_long = _without_too_long(training, network, shape)
    problems = tuple(p for source in (*training, *validation) for p in source.problems) + too_long
    for problem in problems:
        _log.warning("skipped: %s", problem)

    served = served_graph(start, characters, shape)
    folder = request.out / STATE_FOLDER
    count = sum(source.epoch_size for source in training)
    epochs = request.epochs
    if epochs is None and request.scratch:
        epochs = epochs_from_scratch(count, request.batch_size)
    schedule = plan(count, request.batch_size, epochs, request.time_limit_min)
    state = Checkpoint(
        _plan_of(request, characters, shape, count, schedule.steps),
        _card_of(request, characters, shape, training, validation, too_long),
    )
    if request.resume and (folder / CHECKPOINT_FILE).is_file():
        state = _resumed(folder / CHECKPOINT_FILE, state)
    else:
        if request.resume:
            _log.warning("there is nothing to go on from in %s: starting anew", folder)
        served.save(folder / START_FILE)
    loop = Loop(
        network,
        Network(served, find_head(served).logits, device, measure=request.scratch),
        Batches(
            training, characters, shape, PRESETS[request.preset], request.batch_size, request.seed
        ),
        [sample for source in validation for sample in source.samples],
        characters,
        _not_shown(characters, training, () if request.scratch else base.characters),
        shape,
        schedule,
        LoopSettings(
            rate,
            patience=request.patience,
            batch_size=request.batch_size,
            bf16=wants_bf16(request.precision, device),
            progress=request.progress,
        ),
        folder,
        state,
    )
    state = loop.run()
    write_chart(folder / "log.jsonl", folder / "chart.png")
    best = Network(served, find_head(served).logits, device, measure=request.scratch)
    best.load(state.best)
    _write_samples(loop, best, validation, folder)
    model = export_checkpoint(folder / CHECKPOINT_FILE, request.out)
    return TrainingResult(
        model,
        state.evaluations[0]["line_accuracy"],
        state.best_evaluation,
        base.difference,
        problems,
    )


def export_checkpoint(checkpoint: Path, folder: Path) -> Path:
    """Write the best weights of a run as a model folder.

    Args:
        checkpoint: ``checkpoint.pt`` of the run; ``start.onnx`` lies beside it.
        folder: The model folder to write.

    Returns:
        The ONNX file.

    Raises:
        ModelError: The checkpoint or the network beside it can't be read, or a Paddle program lies
            in the folder.
    """
    require_no_program(folder / MODEL_FILE)
    state = Checkpoint.load(checkpoint)
    graph = Graph.load(checkpoint.parent / START_FILE)
    if not state.best:
        raise ModelError(f"{checkpoint} holds no evaluated weights yet")
    weights = {name: np.asarray(tensor.numpy()) for name, tensor in state.best.items()}
    card = model_card(folder.resolve().name, state.card, state.best_evaluation)
    return export_model(graph, weights, state.card["characters"], card, folder)


def _device(name: str) -> str:
    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda" and not torch.cuda.is_available():
        raise EngineError("--device cuda: this PyTorch finds no CUDA device")
    return name


def _base(request: TrainingRequest, samples: Sequence[Sample], labels: Sequence[str]) -> Base:
    """Load what training starts from; a network with random weights is written first."""
    images = [sample.image() for sample in samples]
    threads = request.threads or 0
    if not request.scratch:
        return load_base(request.base, request.base_dictionary, images, threads, request.seed)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "small.onnx"
        write_small_network(path, choose_charset(request.charset, labels, ()), request.seed)
        return load_base(str(path), None, images, threads, request.seed)


def _load_data(request: TrainingRequest) -> tuple[list[Source], list[Source]]:
    ratios = request.ratios or (1.0,) * len(request.data)
    training = [
        load_source(
            path, root=request.root, ratio=ratio, limit=request.limit, progress=request.progress
        )
        for path, ratio in zip(request.data, ratios, strict=True)
    ]
    if request.validation:
        return training, [
            load_source(path, root=request.root, progress=request.progress)
            for path in request.validation
        ]
    pairs = [split_off(source, 0.1, request.seed) for source in training]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def _count_steps(network: Network, width: int) -> int:
    return int(network.logits(np.zeros((1, 3, HEIGHT, width), np.float32)).shape[1])


def _input_shape(
    request: TrainingRequest, training: Sequence[Source], step_width: int
) -> InputShape:
    if request.width is not None:
        return InputShape(HEIGHT, request.width)
    if request.preset not in _STRETCHED_PRESETS:
        return InputShape(HEIGHT, None)
    samples = [sample for source in training for sample in source.samples]
    return InputShape(HEIGHT, choose_width(samples, HEIGHT, step_width))


def _without_too_long(
    training: Sequence[Source], network: Network, shape: InputShape
) -> tuple[list[Source], tuple[Problem, ...]]:
    """Take out images whose text has more characters than the network has steps."""
    steps: dict[int, int] = {}
    problems: list[Problem] = []

    def fits(sample: Sample) -> bool:
        width = shape.width or shape.width_for(sample.image())
        if width not in steps:
            steps[width] = _count_steps(network, width)
        needed = steps_needed(sample.text)
        if needed > steps[width]:
            reason = f"{sample.text!r} takes {needed} steps, its width gives {steps[width]}"
            problems.append(Problem(sample.name, reason))
        return needed <= steps[width]

    kept = [replace(source, samples=tuple(filter(fits, source.samples))) for source in training]
    for source in kept:
        if not source.samples:
            raise SettingsError(f"{source.name}: all texts are too long; the first: {problems[0]}")
    return kept, tuple(problems)


def _not_shown(
    characters: Sequence[str], training: Sequence[Source], known: Sequence[str]
) -> list[int]:
    """Return the classes of characters that the base knows and no training image shows.

    The loss would push them down at every step until the network doesn't write them any more.
    """
    shown = {character for source in training for s in source.samples for character in s.text}
    left = set(known) - shown
    return [n for n, character in enumerate(characters, start=1) if character in left]


def _plan_of(
    request: TrainingRequest, characters: Sequence[str], shape: InputShape, images: int, steps: int
) -> dict[str, Any]:
    return {
        "base": None if request.scratch else request.base,
        "characters": list(characters),
        "width": shape.width,
        "images": images,
        "steps": steps,
        "batch_size": request.batch_size,
        "learning_rate": request.learning_rate,
        "preset": request.preset,
        "precision": request.precision,
        "seed": request.seed,
    }


def _card_of(
    request: TrainingRequest,
    characters: Sequence[str],
    shape: InputShape,
    training: Sequence[Source],
    validation: Sequence[Source],
    too_long: Sequence[Problem],
) -> dict[str, Any]:
    sources = [
        {
            "use": use,
            "name": Path(source.name).name,
            "images": len(source.samples),
            "skipped": len(source.problems),
        }
        for use, group in (("training", training), ("validation", validation))
        for source in group
    ]
    if too_long:
        row = {"use": "training", "name": "(too long)", "images": 0, "skipped": len(too_long)}
        sources.append(row)
    return {
        "base": None if request.scratch else Path(request.base).name,
        "characters": list(characters),
        "height": shape.height,
        "width": shape.width,
        "sources": sources,
        "augmentation": request.preset,
        "batch_size": request.batch_size,
        "learning_rate": request.learning_rate,
        "seed": request.seed,
    }


def _resumed(path: Path, fresh: Checkpoint) -> Checkpoint:
    state = Checkpoint.load(path)
    others = [name for name, value in fresh.plan.items() if state.plan.get(name) != value]
    if others:
        raise SettingsError(
            f"--resume: the run in {path.parent} was started with other data or options "
            f"({', '.join(others)})"
        )
    return state


def _write_samples(
    loop: Loop, network: Network, validation: Sequence[Source], folder: Path
) -> None:
    samples = [sample for source in validation for sample in source.samples]
    texts = loop.read(network, samples)
    readings = [
        Reading(sample.name, sample.image(), sample.text, text)
        for sample, text in zip(samples, texts, strict=True)
    ]
    scores = score((reading.expected, reading.found) for reading in readings)
    write_page(folder / "samples.html", "Validation images", scores, worst_first(readings))
