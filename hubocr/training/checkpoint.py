"""The state of a run on the disk."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import torch

from hubocr.errors import ModelError

_FORMAT = 2
_MOST_NAMED = 5
"""Keys that an error names."""

Weights = dict[str, Any]
"""PyTorch tensors by name."""


@dataclass
class Checkpoint:
    """What a run needs to go on, and an export to be made.

    There are no states of random generators: whatever is drawn follows from the seed and the
    number of the step.

    Attributes:
        kind: The kind of model, see `hubocr.training.record.Record`.
        record: The record of the run, as plain values.
        ranking: The figures of an evaluation by which the best one is found, the first first; none:
            the last one is the best.
        step: Steps done.
        elapsed_s: Seconds that they took, evaluations included.
        evaluations: What `hubocr.training.loop` found at each evaluation.
        weights: The network.
        averaged: The average of its weights.
        best: The average that, mixed with the weights of the start as it is published, did best on
            the validation images.
        optimiser: State of the optimiser.
    """

    kind: str
    record: dict[str, Any]
    ranking: tuple[str, ...]
    step: int = 0
    elapsed_s: float = 0.0
    evaluations: list[dict[str, float]] = field(default_factory=list)
    weights: Weights = field(default_factory=dict)
    averaged: Weights = field(default_factory=dict)
    best: Weights = field(default_factory=dict)
    optimiser: dict[str, Any] = field(default_factory=dict)

    @property
    def best_evaluation(self) -> dict[str, float]:
        """The evaluation of `best`: the last of the best ones."""
        if not self.evaluations:
            return {}
        return max(self.evaluations, key=self._rank)

    def is_best(self, evaluation: dict[str, float]) -> bool:
        """Say whether an evaluation is at least as good as all that were made."""
        return all(self._rank(evaluation) >= self._rank(other) for other in self.evaluations)

    def _rank(self, evaluation: dict[str, float]) -> tuple[float, ...]:
        return (*(evaluation[name] for name in self.ranking), evaluation["step"])

    def save(self, path: Path) -> None:
        """Write the file, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch = path.with_name(f".{path.name}.part")
        # Not dataclasses.asdict, which would copy every tensor.
        torch.save({"format": _FORMAT, **self.__dict__}, str(scratch))
        scratch.replace(path)

    @classmethod
    def load(cls, path: Path) -> Checkpoint:
        """Read a file. Nothing in it is executed.

        Raises:
            ModelError: It isn't there, or is no checkpoint of this version.
        """
        try:
            content = torch.load(str(path), map_location="cpu", weights_only=True)
        except OSError as error:
            raise ModelError(f"can't read the checkpoint {path}: {error.strerror}") from error
        except Exception as error:
            # PyTorch's text is a page on how to load what isn't safe.
            raise ModelError(f"{path} is not a checkpoint, or is damaged") from error
        if not isinstance(content, dict) or content.pop("format", None) != _FORMAT:
            raise ModelError(f"{path} is not a checkpoint of this version")
        known = {field.name for field in fields(cls)}
        wrong = sorted(map(str, content.keys() ^ known))
        if wrong:
            named = ", ".join(wrong[:_MOST_NAMED])
            raise ModelError(f"{path} is not a checkpoint: it lacks, or has besides, {named}")
        return cls(**content)
