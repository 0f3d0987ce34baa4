"""What learns: a network in fp32, or one that already calculates as its int8 form will."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import torch

from hubocr.training.distillation.card import distillation_card
from hubocr.training.distillation.request import DistillationRequest
from hubocr.training.graph.head import find_head
from hubocr.training.graph.network import Network
from hubocr.training.recogniser.base import Base
from hubocr.training.recogniser.publish import export_model, served_graph

Weights = Mapping[str, torch.Tensor]


def classes_of(characters: Sequence[str]) -> Mapping[str, int]:
    """Return the class of each character; where one is there twice, the first counts."""
    return {c: n for n, c in reversed([*enumerate(characters, start=1)])}


class Student(Protocol):
    """A network that learns."""

    @property
    def classes(self) -> Mapping[str, int]:
        """Class of each character."""

    def __call__(self, images: torch.Tensor) -> torch.Tensor:
        """Return logits (N, steps, classes) for images (N, 3, height, width)."""

    def weights(self) -> dict[str, torch.Tensor]:
        """Return what is learnt, by name."""

    def groups(self, rate: float) -> list[dict[str, Any]]:
        """Return it in the optimiser's groups, each with ``params``, ``lr``, ``weight_decay``."""

    def using(self, weights: Weights) -> contextlib.AbstractContextManager[None]:
        """Return the context in which it has other weights."""

    def export(
        self, weights: Weights, request: DistillationRequest, scores: Mapping[str, float]
    ) -> Path:
        """Write the model folder and return the ONNX file."""


class PlainStudent:
    """A network in fp32.

    Args:
        base: Where it starts from.
        device: Where it lives.
    """

    def __init__(self, base: Base, device: str) -> None:
        self._base = base
        self._graph = served_graph(base.graph, base.characters, base.shape)
        self.network = Network(self._graph, find_head(self._graph).logits, device)
        self.classes = classes_of(base.characters)

    def __call__(self, images: torch.Tensor) -> torch.Tensor:
        """See `Student`."""
        return self.network(images)

    def weights(self) -> dict[str, torch.Tensor]:
        """See `Student`."""
        return self.network.weights

    def groups(self, rate: float) -> list[dict[str, Any]]:
        """See `Student`."""
        weights = list(self.network.weights.values())
        return [
            {"params": [w for w in weights if w.ndim > 1], "lr": rate, "weight_decay": 0.01},
            {"params": [w for w in weights if w.ndim <= 1], "lr": rate, "weight_decay": 0.0},
        ]

    def using(self, weights: Weights) -> contextlib.AbstractContextManager[None]:
        """See `Student`."""
        return swapped(self.weights(), weights)

    def export(
        self, weights: Weights, request: DistillationRequest, scores: Mapping[str, float]
    ) -> Path:
        """See `Student`."""
        arrays = {name: weight.detach().cpu().numpy() for name, weight in weights.items()}
        card = distillation_card(request, scores)
        return export_model(self._graph, arrays, self._base.characters, card, request.out)


@contextlib.contextmanager
def swapped(own: Weights, other: Weights) -> Iterator[None]:
    """Give tensors other values for a while."""
    kept = {name: tensor.detach().clone() for name, tensor in own.items()}
    with torch.no_grad():
        for name, tensor in own.items():
            tensor.copy_(other[name])
    try:
        yield
    finally:
        with torch.no_grad():
            for name, tensor in own.items():
                tensor.copy_(kept[name])
