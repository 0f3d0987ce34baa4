"""A prepared run: everything is decided and checked, and nothing has been written yet."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import torch

from hubocr.conversion.to_paddle import require_no_program
from hubocr.errors import ModelError, SettingsError
from hubocr.evaluation.labels import Problem
from hubocr.training.chart import write_chart
from hubocr.training.checkpoint import Checkpoint
from hubocr.training.device import choose_device
from hubocr.training.graph import Graph
from hubocr.training.graph.export import MODEL_FILE
from hubocr.training.graph.network import Network
from hubocr.training.interpolation import interpolated
from hubocr.training.loop import CHECKPOINT_FILE, LOG_FILE, Loop, LoopSettings, Task
from hubocr.training.record import Record
from hubocr.training.request import RunRequest
from hubocr.training.schedule import Schedule

_log = logging.getLogger(__name__)

_MOST_TOLD = 50
"""Skipped images that are named; of more only the number is told."""

STATE_FOLDER = "training"
START_FILE = "start.onnx"
"""The network before the first step: what checkpoints hold the weights of."""

_PUBLISHERS = {
    "rec": "hubocr.training.recogniser.publish",
    "det": "hubocr.training.detector.publish",
    "cls": "hubocr.training.classifier.publish",
}
"""Modules by kind of model; each has a function ``publish``, which writes a folder."""


@dataclass(frozen=True, eq=False)
class Start:
    """What is trained.

    Attributes:
        graph: The network as it is served.
        logits: Name of the tensor that the loss is worked out on.
        device: ``cpu`` or ``cuda``.
        measure: Whether the statistics of batch normalisation are measured.
        difference: Largest difference between the base here and in its engine.
    """

    graph: Graph
    logits: str
    device: str
    measure: bool
    difference: float

    def network(self) -> Network:
        """Return the network with gradients."""
        return Network(self.graph, self.logits, self.device, measure=self.measure)


@dataclass(frozen=True)
class TrainingResult:
    """What a run has made.

    Attributes:
        model: The ONNX file.
        baseline: The first metric on the validation images before the first step.
        evaluation: The best evaluation: its step, and figures by name.
        difference: Largest difference between the base here and in its engine.
        problems: Images and labels that were skipped.
    """

    model: Path
    baseline: float
    evaluation: dict[str, float]
    difference: float
    problems: tuple[Problem, ...]


@dataclass(frozen=True, eq=False)
class Run:
    """A prepared run.

    Attributes:
        out: The model folder to write; checkpoints go into a folder of it.
        start: What is trained.
        task: The data, the loss and the evaluation.
        schedule: How long it is.
        settings: What the loop is told.
        record: What is noted of it.
        problems: Images and labels that are skipped.
        resume: Whether to go on from the checkpoint that is there.
    """

    out: Path
    start: Start
    task: Task
    schedule: Schedule
    settings: LoopSettings
    record: Record
    problems: tuple[Problem, ...] = ()
    resume: bool = False

    @property
    def folder(self) -> Path:
        """The folder of the checkpoint, the log and what a person looks at."""
        return self.out / STATE_FOLDER

    @property
    def checkpoint(self) -> Path:
        """The checkpoint."""
        return self.folder / CHECKPOINT_FILE

    def run(self, *, progress: bool = False) -> Checkpoint:
        """Train, and write checkpoints, log, chart and report.

        Args:
            progress: Show progress on standard error.

        Raises:
            SettingsError: The run to go on from was started with other data or options.
            ModelError: The loss is NaN, or the checkpoint can't be read.
        """
        for problem in self.problems[:_MOST_TOLD]:
            _log.warning("skipped: %s", problem)
        if len(self.problems) > _MOST_TOLD:
            _log.warning("skipped: %d more images or labels", len(self.problems) - _MOST_TOLD)
        state = self._state()
        networks = self.start.network(), self.start.network()
        loop = Loop(*networks, self.task, self.schedule, self.settings, self.folder, state)
        try:
            state = loop.run(progress=progress)
        finally:
            self.task.close()
        write_chart(self.folder / LOG_FILE, self.folder / "chart.png", self.task.metrics[0])
        best = self.start.network()
        start = {name: weight.detach().cpu() for name, weight in best.weights.items()}
        best.load(interpolated(start, state.best, self.settings.interpolation))
        self.task.report(best, self.folder)
        return state

    def complete(self, *, progress: bool = False) -> TrainingResult:
        """Train and publish; see `run` and `publish`."""
        state = self.run(progress=progress)
        return TrainingResult(
            publish(self.checkpoint, self.out),
            state.evaluations[0][self.task.metrics[0]],
            state.best_evaluation,
            self.start.difference,
            self.problems,
        )

    def _state(self) -> Checkpoint:
        """Return the checkpoint to go on from, or a new one."""
        if self.resume and self.checkpoint.is_file():
            state = Checkpoint.load(self.checkpoint)
            if state.kind != self.record.kind:
                raise SettingsError(
                    f"`resume`: the run in {self.folder} is of another kind of model, {state.kind}"
                )
            if others := self.record.differences(state.record):
                raise SettingsError(
                    f"`resume`: the run in {self.folder} was started with other data or options "
                    f"({', '.join(f'`{name}`' for name in others)})"
                )
            return state
        if self.resume:
            _log.warning("there is nothing to go on from in %s: starting anew", self.folder)
        self.start.graph.save(self.folder / START_FILE)
        return Checkpoint(self.record.kind, self.record.to_dict(), self.task.ranking)


def begin(request: RunRequest) -> str:
    """Return the device of a run, once it is known that its model can be written.

    Raises:
        ModelError: A Paddle program, of other weights, lies where the model is to be written.
        EngineError: CUDA is wanted and isn't there.
    """
    require_no_program(request.out / MODEL_FILE)
    if request.threads:
        torch.set_num_threads(request.threads)
    return choose_device(request.device)


def publish(checkpoint: Path, folder: Path, interpolation: float | None = None) -> Path:
    """Write the best weights of a run, finished or not, as a model folder.

    Args:
        checkpoint: ``checkpoint.pt`` of the run; ``start.onnx`` lies beside it.
        folder: The model folder to write.
        interpolation: Share of the trained weights, above 0 and up to 1; None: what the run had.

    Returns:
        The ONNX file.

    Raises:
        ModelError: The checkpoint or the network beside it can't be read, or a Paddle program lies
            in the folder.
        SettingsError: There is a share for a run that started from nothing.
    """
    require_no_program(folder / MODEL_FILE)
    state = Checkpoint.load(checkpoint)
    graph = Graph.load(checkpoint.parent / START_FILE)
    if not state.best:
        raise ModelError(f"{checkpoint} holds no evaluated weights yet")
    if state.kind not in _PUBLISHERS:
        raise ModelError(f"{checkpoint} is of an unknown kind of model, {state.kind!r}")
    evaluation = state.best_evaluation
    share = float(state.record.get("interpolation", 1.0))
    if interpolation is not None and interpolation != share:
        if state.record["base"] is None:
            raise SettingsError(f"{checkpoint}: `interpolation` wants a run that had a `base`")
        state.record["interpolation"] = share = interpolation
        evaluation = {"step": evaluation["step"]}  # no other figure is of these weights
    start = {name: torch.tensor(graph.tensors[name]) for name in state.best}
    state.best = interpolated(start, state.best, share)
    write: Callable[[Graph, Checkpoint, dict[str, float], Path], Path]
    write = import_module(_PUBLISHERS[state.kind]).publish
    return write(graph, state, evaluation, folder)
