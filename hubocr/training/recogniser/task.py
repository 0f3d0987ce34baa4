"""A recogniser in the loop: the CTC loss, and reading the validation images."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from hubocr.evaluation.lines import Sample
from hubocr.evaluation.metrics import score
from hubocr.evaluation.readings import Reading, score_readings, worst_first
from hubocr.evaluation.report import write_page
from hubocr.recognition import Vocabulary, decode_greedy
from hubocr.training.base import Before
from hubocr.training.data.making import BatchSource
from hubocr.training.graph.network import Network
from hubocr.training.loop import Forward
from hubocr.training.recogniser.loss import kept_loss
from hubocr.training.recogniser.making import Batch
from hubocr.training.recogniser.shape import InputShape, by_width

PAGE_FILE = "samples.html"


class RecogniserTask:
    """See `hubocr.training.loop.Task`.

    Args:
        batches: The training images.
        validation: The validation images.
        characters: Character of class 1, 2, and so on.
        left_out: Classes that the loss doesn't see, because no training image shows them. Their
            columns in the last layer change by nothing but the weight decay, half a percent.
        shape: Size of the input.
        ranking: Figures that tell the best weights, the most important first.
        base: Returns the network before the first step, whose answers are kept.
    """

    metrics = ("line_accuracy", "character_accuracy")

    def __init__(
        self,
        batches: BatchSource[Batch],
        validation: Sequence[Sample],
        characters: Sequence[str],
        left_out: Sequence[int],
        shape: InputShape,
        ranking: tuple[str, ...] = metrics,
        base: Callable[[], Network] | None = None,
    ) -> None:
        self.ranking = ranking
        self._before = None if base is None else Before(base)
        self._batches = batches
        self._validation = validation
        self._charset = Vocabulary(tuple(characters))
        left = set(left_out)
        seen = [n for n in range(len(characters) + 1) if n not in left]
        self._seen = torch.tensor(seen, dtype=torch.int64)
        self._places = np.zeros(len(characters) + 1, np.int64)
        self._places[seen] = np.arange(len(seen))
        self._shape = shape

    def loss(self, forward: Forward, epoch: int, place: int) -> torch.Tensor:
        """See `hubocr.training.loop.Task.loss`."""
        batch = self._batches.batch(epoch, place)
        logits = forward(batch.tensor)
        # The loss itself is worked out on the CPU, where it is the same in every run.
        seen = logits.index_select(2, self._seen.to(logits.device)).float().cpu()
        logs = torch.log_softmax(seen, dim=2).transpose(0, 1)
        loss: torch.Tensor = functional.ctc_loss(
            logs,
            torch.from_numpy(self._places[batch.classes]),
            torch.full((len(batch.lengths),), len(logs), dtype=torch.int64),
            torch.from_numpy(batch.lengths),
            blank=0,
            zero_infinity=True,
        )
        if batch.kept is not None and self._before is not None:
            before = self._before.logits(batch.kept)
            loss = loss + kept_loss(forward(batch.kept).float().cpu(), before)
        return loss

    def evaluate(self, network: Network) -> dict[str, float]:
        """See `hubocr.training.loop.Task.evaluate`."""
        texts = self._read(network)
        scores = score(zip((s.text for s in self._validation), texts, strict=True))
        return {
            "line_accuracy": scores.line_accuracy,
            "character_accuracy": scores.character_accuracy,
            "edit_similarity": scores.edit_similarity,
        }

    def report(self, network: Network, folder: Path) -> None:
        """Write a page of the validation images, the worst first."""
        readings = [
            Reading(sample.name, sample.image(), sample.text, text)
            for sample, text in zip(self._validation, self._read(network), strict=True)
        ]
        scores = score_readings(readings)
        write_page(folder / PAGE_FILE, "Validation images", scores, worst_first(readings))

    def close(self) -> None:
        """See `hubocr.training.loop.Task.close`."""
        self._batches.close()

    def _read(self, network: Network) -> list[str]:
        """Return what a network reads in the validation images, as serving would read them."""
        images = [sample.image() for sample in self._validation]
        texts = [""] * len(images)
        for places, tensor in by_width(images, self._shape, self._batches.size):
            # The greedy path is the same for logits as for probabilities.
            for place, line in zip(places, network.logits(tensor), strict=True):
                texts[place] = decode_greedy(line, self._charset).text
        return texts
