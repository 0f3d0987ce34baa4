"""A detector in the loop: the loss on its map, and the validation images."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from hubocr.evaluation.boxes import FoundPage, count_boxes, total_counts
from hubocr.evaluation.pages import Page
from hubocr.evaluation.report import write_found_pages
from hubocr.settings import OcrOptions
from hubocr.training.base import Before
from hubocr.training.detector.batches import Batches
from hubocr.training.detector.loss import kept_loss, map_loss
from hubocr.training.detector.reading import find_text
from hubocr.training.graph.network import Network
from hubocr.training.loop import Forward

PAGE_FILE = "samples.html"

_FEWEST_BOXES = 100
"""Validation boxes below which the difference between two evaluations is mostly chance, so that
the last weights are taken, not those that happened to find a box more."""


class DetectorTask:
    """See `hubocr.training.loop.Task`.

    Args:
        batches: The training images.
        validation: The validation images.
        base: Returns the network before the first step, whose answers are kept.
        temperature: See `hubocr.training.detector.loss`.
    """

    metrics = ("hmean", "precision", "recall")

    def __init__(
        self,
        batches: Batches,
        validation: Sequence[Page],
        base: Callable[[], Network],
        temperature: float,
    ) -> None:
        self._batches = batches
        self._validation = validation
        self._before = Before(base)
        self._temperature = temperature
        self._settings = OcrOptions().detection
        boxes = sum(not region.ignored for page in validation for region in page.regions)
        self.ranking: tuple[str, ...] = ("hmean", "recall") if boxes >= _FEWEST_BOXES else ()

    def loss(self, forward: Forward, epoch: int, place: int) -> torch.Tensor:
        """See `hubocr.training.loop.Task.loss`."""
        batch = self._batches.batch(epoch, place)
        logits = forward(batch.tensor).float()
        labelled = len(batch.target)
        target = torch.from_numpy(batch.target).to(logits.device)
        loss = map_loss(logits[:labelled], target, self._temperature)
        if labelled < len(batch.tensor):
            kept, before = logits[labelled:], self._before.logits(batch.tensor[labelled:])
            loss = loss + kept_loss(kept, before.to(logits.device), self._temperature)
        return loss

    def evaluate(self, network: Network) -> dict[str, float]:
        """See `hubocr.training.loop.Task.evaluate`."""
        total = total_counts(self._found(network))
        return {"hmean": total.hmean, "precision": total.precision, "recall": total.recall}

    def report(self, network: Network, folder: Path) -> None:
        """Write a page of the validation images, the worst first."""
        found = sorted(self._found(network), key=lambda page: page.counts.hmean)
        write_found_pages(folder / PAGE_FILE, "Validation images", found)

    def close(self) -> None:
        """Nothing prepares batches."""

    def _found(self, network: Network) -> list[FoundPage]:
        def run(tensor: NDArray[np.float32]) -> NDArray[np.float32]:
            return np.asarray((1 + np.tanh(network.logits(tensor) / 2)) / 2, np.float32)  # sigmoid

        pages = []
        for page in self._validation:
            polygons = find_text(run, page.image(), self._settings)
            pages.append(FoundPage(page, polygons, count_boxes(page, polygons)))
        return pages
