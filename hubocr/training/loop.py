"""The training loop.

Weights are learnt with AdamW on the CTC loss; what is evaluated and exported is their running
average, which is better than any single state of them and takes the luck out of the last step
(Polyak and Juditsky, Acceleration of Stochastic Approximation by Averaging, 1992).
"""

from __future__ import annotations

import contextlib
import json
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional
from tqdm import tqdm

from hubocr.errors import ModelError
from hubocr.recognition import Charset, decode_greedy
from hubocr.training.batches import Batches, by_width
from hubocr.training.checkpoint import Checkpoint, is_best
from hubocr.training.datasets import Sample
from hubocr.training.metrics import score
from hubocr.training.network import Network
from hubocr.training.precision import lower_precision
from hubocr.training.schedule import Schedule
from hubocr.training.shape import InputShape

_log = logging.getLogger(__name__)

_GRADIENT_NORM = 5.0
_AVERAGING = 0.99
"""Share of the old average in the new one, from some hundred steps on."""

_NEVER = -1e4
"""Logit of a class that the loss isn't to see: its probability is 0. (Infinity would make the
gradients of the CTC loss no numbers.)"""


@dataclass(frozen=True)
class LoopSettings:
    """What the loop can be told.

    Attributes:
        learning_rate: The highest.
        weight_decay: For matrices and kernels; biases and scales have none.
        patience: Evaluations without a better one after which the run is over; 0: never.
        batch_size: Images evaluated together.
        bf16: Work out the network's layers in bf16, see `hubocr.training.precision`.
        progress: Show a progress bar on standard error.
    """

    learning_rate: float = 5e-4
    weight_decay: float = 0.01
    patience: int = 10
    batch_size: int = 32
    bf16: bool = False
    progress: bool = False


class Loop:
    """One run.

    Args:
        network: The network, up to the logits.
        averaged: Another one from the same graph, for the averaged weights.
        batches: The training images.
        validation: The validation images.
        characters: Character of class 1, 2, and so on.
        left_out: Classes that the loss doesn't see, because no training image shows them. Their
            columns in the last layer change by nothing but the weight decay, half a percent.
        shape: Size of the input.
        schedule: How long the run is.
        settings: See there.
        folder: Where ``checkpoint.pt`` and ``log.jsonl`` are written.
        state: The checkpoint to go on from, or one of step 0.
    """

    def __init__(
        self,
        network: Network,
        averaged: Network,
        batches: Batches,
        validation: Sequence[Sample],
        characters: Sequence[str],
        left_out: Sequence[int],
        shape: InputShape,
        schedule: Schedule,
        settings: LoopSettings,
        folder: Path,
        state: Checkpoint,
    ) -> None:
        self._network = network
        self._averaged = averaged
        self._batches = batches
        self._validation = validation
        self._charset = Charset(tuple(characters))
        self._left_out = torch.tensor(left_out, dtype=torch.int64)
        self._shape = shape
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
        if state.step:
            network.load(state.weights)
            averaged.load(state.averaged)
            self._optimiser.load_state_dict(state.optimiser)

    def run(self) -> Checkpoint:
        """Train to the end of the schedule, or until nothing gets better.

        Raises:
            ModelError: The loss is no number any more.
        """
        state, schedule = self._state, self._schedule
        started = time.monotonic() - state.elapsed_s
        with self._logger() as log, self._bar() as bar:
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

    def read(self, network: Network, samples: Sequence[Sample]) -> list[str]:
        """Return what a network reads in images, as serving would read them."""
        images = [sample.image() for sample in samples]
        texts = [""] * len(samples)
        for places, tensor in by_width(images, self._shape, self._settings.batch_size):
            # The greedy path is the same for logits as for probabilities.
            for place, line in zip(places, network.logits(tensor), strict=True):
                texts[place] = decode_greedy(line, self._charset).text
        return texts

    def _step(self, factor: float) -> tuple[float, float]:
        epoch, place = divmod(self._state.step, self._schedule.steps_per_epoch)
        batch = self._batches.batch(epoch, place)
        rate = self._settings.learning_rate * factor
        for group in self._optimiser.param_groups:
            group["lr"] = rate
        device = self._network.device
        with lower_precision(device, self._settings.bf16):
            logits = self._network(torch.from_numpy(batch.tensor).to(device))
        # The loss itself is worked out on the CPU, where it is the same in every run.
        seen = logits.float().cpu().index_fill(2, self._left_out, _NEVER)
        logs = torch.log_softmax(seen, dim=2).transpose(0, 1)
        loss = functional.ctc_loss(
            logs,
            torch.from_numpy(batch.classes),
            torch.full((len(batch.lengths),), len(logs), dtype=torch.int64),
            torch.from_numpy(batch.lengths),
            blank=0,
            zero_infinity=True,
        )
        self._optimiser.zero_grad(set_to_none=True)
        loss.backward()
        weights = list(self._network.weights.values())
        norm = torch.nn.utils.clip_grad_norm_(weights, _GRADIENT_NORM)
        if not bool(torch.isfinite(norm)):
            raise ModelError(
                f"the loss is no number any more at step {self._state.step}: try a smaller --lr"
            )
        self._optimiser.step()
        self._average(weights)
        return float(loss.detach()), rate

    def _average(self, weights: list[Any]) -> None:
        # Early on the average forgets faster, or it would stay with the weights of the beginning.
        kept = min(_AVERAGING, (1 + self._state.step) / (10 + self._state.step))
        with torch.no_grad():
            for average, weight in zip(self._averaged.weights.values(), weights, strict=True):
                average.lerp_(weight, 1 - kept)

    def _evaluate(self, started: float, log: Callable[..., None], bar: Any) -> None:
        state = self._state
        texts = self.read(self._averaged, self._validation)
        scores = score(zip((s.text for s in self._validation), texts, strict=True))
        state.elapsed_s = time.monotonic() - started
        found = {
            "step": state.step,
            "line_accuracy": scores.line_accuracy,
            "character_accuracy": scores.character_accuracy,
            "edit_similarity": scores.edit_similarity,
        }
        log(validation=True, **found)
        if is_best(found, state.evaluations):
            state.best = _copies(self._averaged)
        state.evaluations.append(found)
        state.weights = _copies(self._network)
        state.averaged = _copies(self._averaged)
        state.optimiser = self._optimiser.state_dict()
        state.save(self._folder / "checkpoint.pt")
        bar.write(
            f"step {state.step}: line accuracy {scores.line_accuracy:.4f}, "
            f"character accuracy {scores.character_accuracy:.4f}, {state.elapsed_s:.0f} s"
        ) if self._settings.progress else _log.info("step %d: %s", state.step, found)

    def _is_over(self) -> bool:
        patience, found = self._settings.patience, self._state.evaluations
        best = int(self._state.best_evaluation.get("step", 0))
        return bool(patience and found) and sum(e["step"] > best for e in found) >= patience

    def _best_text(self) -> str:
        return f"best {self._state.best_evaluation['line_accuracy']:.4f}"

    def _bar(self) -> Any:
        return tqdm(
            total=self._schedule.steps,
            initial=self._state.step,
            unit="step",
            disable=not self._settings.progress,
        )

    @contextlib.contextmanager
    def _logger(self) -> Iterator[Callable[..., None]]:
        """Yield what writes a line of ``log.jsonl``; lines after the checkpoint are dropped."""
        path = self._folder / "log.jsonl"
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


def _step_of(line: str) -> float:
    try:
        return float(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError):
        return float("inf")  # cut off when the run was killed


def _copies(network: Network) -> dict[str, Any]:
    return {name: weight.detach().cpu().clone() for name, weight in network.weights.items()}
