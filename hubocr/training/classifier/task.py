"""A direction classifier in the loop: cross entropy, and the validation images."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from hubocr.evaluation.directions import Decision, decide, score_decisions, worst_decisions
from hubocr.evaluation.lines import Sample
from hubocr.evaluation.report import write_decisions
from hubocr.imaging import BgrImage
from hubocr.training.base import Before
from hubocr.training.classifier.base import Input
from hubocr.training.classifier.making import Batch
from hubocr.training.data.making import BatchSource
from hubocr.training.graph.network import Network
from hubocr.training.loop import Forward

PAGE_FILE = "samples.html"

_FEWEST = 100
"""Validation images, each direction counted, below which the difference between two evaluations is
mostly chance, so that the last weights are taken."""


class ClassifierTask:
    """See `hubocr.training.loop.Task`.

    Args:
        batches: The training images.
        validation: The validation images.
        shown: What the network is shown.
        base: Returns the network before the first step, whose answers are kept.
    """

    metrics = ("accuracy", "turned_found", "upright_turned")

    def __init__(
        self,
        batches: BatchSource[Batch],
        validation: Sequence[Sample],
        shown: Input,
        base: Callable[[], Network],
    ) -> None:
        self._batches = batches
        self._validation = validation
        self._input = shown
        self._before = Before(base)
        many = len(validation) * len(shown.directions) >= _FEWEST
        self.ranking: tuple[str, ...] = ("accuracy", "probability") if many else ()

    def loss(self, forward: Forward, epoch: int, place: int) -> torch.Tensor:
        """See `hubocr.training.loop.Task.loss`."""
        batch = self._batches.batch(epoch, place)
        logits = forward(batch.tensor).float().cpu()
        labelled = len(batch.classes)
        loss = functional.cross_entropy(logits[:labelled], torch.from_numpy(batch.classes))
        if labelled < len(batch.tensor):
            before = torch.log_softmax(self._before.logits(batch.tensor[labelled:]), dim=1)
            found = torch.log_softmax(logits[labelled:], dim=1)
            loss = loss + functional.kl_div(found, before, reduction="batchmean", log_target=True)
        return loss

    def evaluate(self, network: Network) -> dict[str, float]:
        """See `hubocr.training.loop.Task.evaluate`."""
        scores = asdict(score_decisions(self._decisions(network), self._input.directions))
        return {name: scores[name] for name in (*self.metrics, "probability")}

    def report(self, network: Network, folder: Path) -> None:
        """Write a page of the validation images, the worst first."""
        decisions = self._decisions(network)
        text = str(score_decisions(decisions, self._input.directions))
        write_decisions(folder / PAGE_FILE, "Validation images", worst_decisions(decisions), text)

    def close(self) -> None:
        """See `hubocr.training.loop.Task.close`."""
        self._batches.close()

    def _decisions(self, network: Network) -> list[Decision]:
        def classify(images: Sequence[BgrImage]) -> NDArray[np.float32]:
            logits = network.logits(self._input.tensor(images))
            return torch.softmax(torch.from_numpy(logits), dim=1).numpy()  # type: ignore[no-any-return]

        return decide(classify, self._validation, self._input.directions)
