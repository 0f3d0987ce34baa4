"""The training loop, the same for every kind of model.

Weights are learnt with AdamW; what is evaluated and exported is their running average, which is
better than any single state of them and takes the luck out of the last step (Polyak and Juditsky,
Acceleration of Stochastic Approximation by Averaging, 1992).
"""

from __future__ import annotations

import contextlib
import json
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from hubocr.errors import ModelError
from hubocr.training.checkpoint import Checkpoint, Weights
from hubocr.training.graph.network import Network
from hubocr.training.interpolation import interpolated
from hubocr.training.precision import lower_precision
from hubocr.training.schedule import Schedule

_log = logging.getLogger(__name__)

_GRADIENT_NORM = 5.0
_AVERAGING = 0.99
"""Share of the old average in the new one, from some hundred steps on."""

CHECKPOINT_FILE = "checkpoint.pt"
LOG_FILE = "log.jsonl"

Forward = Callable[[NDArray[np.float32]], torch.Tensor]
"""From images (N, 3, height, width) float32 to the network's output in the run's precision."""


class Task(Protocol):
    """What a kind of model adds to the loop."""

    @property
    def metrics(self) -> tuple[str, ...]:
        """Figures of `evaluate` that are shown, the most important first."""

    @property
    def ranking(self) -> tuple[str, ...]:
        """Figures by which the best weights are chosen, the first first; none: the last are."""

    def loss(self, forward: Forward, epoch: int, place: int) -> torch.Tensor:
        """Return the loss of a batch by its epoch and its place there, a single fp32 number.

        It follows from the arguments alone, so that a run that goes on takes the same steps.
        """

    def evaluate(self, network: Network) -> dict[str, float]:
        """Return figures of the validation images by name."""

    def report(self, network: Network, folder: Path) -> None:
        """Write what a person wants to see of the validation images."""

    def close(self) -> None:
        """End what prepares batches, and tell what was lost by waiting for it."""


@dataclass(frozen=True)
class LoopSettings:
    """What the loop can be told.

    Attributes:
        learning_rate: The highest.
        patience: Evaluations without a better one after which the run is over; 0: never.
        bf16: Work out the network's layers in bf16, see `hubocr.training.precision`.
        interpolation: Share of the trained weights in those that are evaluated and exported, see
            `hubocr.training.interpolation`.
        weight_decay: For matrices and kernels; biases and scales have none.
    """

    learning_rate: float
    patience: int
    bf16: bool
    interpolation: float = 1.0
    weight_decay: float = 0.01


class Loop:
    """One run.

    Args:
        network: The network, up to what the loss wants.
        averaged: Another one from the same graph, for the averaged weights.
        task: The data, the loss and the evaluation.
        schedule: How long the run is.
        settings: See there.
        folder: Where ``checkpoint.pt`` and ``log.jsonl`` are written.
        state: The checkpoint to go on from, or one of step 0.
    """

    def __init__(
        self,
        network: Network,
        averaged: Network,
        task: Task,
        schedule: Schedule,
        settings: LoopSettings,
        folder: Path,
        state: Checkpoint,
    ) -> None:
        self._network = network
        self._averaged = averaged
        self._task = task
        self._schedule = schedule
        self._settings = settings
        self._folder = folder
        self._state = state
        for weight in averaged.weights.values():
            weight.requires_grad_(False)
        weights = list(network.weights.values())
        groups = [
            {"params": [w for w in weights if w.ndim > 1], "weight_decay": settings.weight_decay},
            {"params": [w for w in weights if w.ndim <= 1], "weight_decay": 0.0},
        ]
        self._optimiser = torch.optim.AdamW(groups, lr=settings.learning_rate)
        self._start = _copies(network)
        if state.step:
            network.load(state.weights)
            averaged.load(state.averaged)
            self._optimiser.load_state_dict(state.optimiser)

    def run(self, *, progress: bool = False) -> Checkpoint:
        """Train to the end of the schedule, or until nothing gets better.

        Args:
            progress: Show a progress bar on standard error.

        Raises:
            ModelError: The loss is NaN.
        """
        state, schedule = self._state, self._schedule
        started = time.monotonic() - state.elapsed_s
        with self._logger() as log, self._bar(progress) as bar:
            if not state.evaluations:
                self._evaluate(started, log, bar)
            stage = schedule.stage(state.step, state.elapsed_s)
            while schedule.progress(state.step, state.elapsed_s) < 1 and not self._is_over():
                state.elapsed_s = time.monotonic() - started
                loss, rate = self._step(schedule.factor(state.step, state.elapsed_s))
                state.step += 1
                log(
                    step=state.step,
                    epoch=round(state.step / schedule.steps_per_epoch, 3),
                    loss=loss,
                    learning_rate=rate,
                )
                bar.set_postfix_str(f"loss {loss:.3f}, {self._best_text()}", refresh=False)
                bar.update()
                if schedule.stage(state.step, time.monotonic() - started) != stage:
                    self._evaluate(started, log, bar)
                    stage = schedule.stage(state.step, state.elapsed_s)
        return state

    def _step(self, factor: float) -> tuple[float, float]:
        epoch, place = divmod(self._state.step, self._schedule.steps_per_epoch)
        rate = self._settings.learning_rate * factor
        for group in self._optimiser.param_groups:
            group["lr"] = rate
        loss = self._task.loss(self._forward, epoch, place)
        self._optimiser.zero_grad(set_to_none=True)
        loss.backward()
        weights = list(self._network.weights.values())
        norm = torch.nn.utils.clip_grad_norm_(weights, _GRADIENT_NORM)
        if not bool(torch.isfinite(norm)):
            raise ModelError(
                f"the loss is NaN at step {self._state.step}: try a smaller `learning_rate`"
            )
        self._optimiser.step()
        self._average(weights)
        return float(loss.detach()), rate

    def _forward(self, images: NDArray[np.float32]) -> torch.Tensor:
        device = self._network.device
        with lower_precision(device, self._settings.bf16):
            return self._network(torch.from_numpy(images).to(device))

    def _average(self, weights: list[Any]) -> None:
        # Early on the average forgets faster, or it would stay with the weights of the beginning.
        kept = min(_AVERAGING, (1 + self._state.step) / (10 + self._state.step))
        with torch.no_grad():
            for average, weight in zip(self._averaged.weights.values(), weights, strict=True):
                average.lerp_(weight, 1 - kept)

    def _evaluate(self, started: float, log: Callable[..., None], bar: Any) -> None:
        state = self._state
        state.averaged = _copies(self._averaged)
        share = self._settings.interpolation
        self._averaged.load(interpolated(self._start, state.averaged, share))
        figures = self._task.evaluate(self._averaged)
        state.elapsed_s = time.monotonic() - started
        found = {"step": state.step, **figures}
        log(validation=True, **found)
        if state.is_best(found):
            state.best = state.averaged
        state.evaluations.append(found)
        self._averaged.load(state.averaged)
        state.weights = _copies(self._network)
        state.optimiser = self._optimiser.state_dict()
        state.save(self._folder / CHECKPOINT_FILE)
        text = ", ".join(f"{spoken(name)} {found[name]:.4f}" for name in self._task.metrics)
        message = f"step {state.step}: {text}, {state.elapsed_s:.0f} s"
        if bar.disable:
            _log.info(message)
        else:
            bar.write(message)

    def _is_over(self) -> bool:
        patience, found = self._settings.patience, self._state.evaluations
        best = int(self._state.best_evaluation.get("step", 0))
        return bool(patience and found) and sum(e["step"] > best for e in found) >= patience

    def _best_text(self) -> str:
        return f"best {self._state.best_evaluation[self._task.metrics[0]]:.4f}"

    def _bar(self, progress: bool) -> Any:
        return tqdm(
            total=self._schedule.steps,
            initial=self._state.step,
            unit="step",
            disable=not progress,
        )

    @contextlib.contextmanager
    def _logger(self) -> Iterator[Callable[..., None]]:
        """Yield what writes a line of ``log.jsonl``; lines after the checkpoint are dropped."""
        path = self._folder / LOG_FILE
        path.parent.mkdir(parents=True, exist_ok=True)
        kept = []
        if self._state.evaluations and path.is_file():
            kept = [
                line
                for line in path.read_text(encoding="utf-8").splitlines()
                if _step_of(line) <= self._state.step
            ]
        with path.open("w", encoding="utf-8") as file:
            file.writelines(f"{line}\n" for line in kept)

            def log(**values: float) -> None:
                file.write(json.dumps(values) + "\n")
                file.flush()

            yield log


def spoken(metric: str) -> str:
    """Return the name of a metric as it is said: ``line_accuracy``, line accuracy."""
    return metric.replace("_", " ")


def _step_of(line: str) -> float:
    try:
        return float(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError):
        return float("inf")  # cut off when the run was killed


def _copies(network: Network) -> Weights:
    return {name: weight.detach().cpu().clone() for name, weight in network.weights.items()}
