"""A recogniser that learns to read in int8."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from hubocr.training.distillation.card import distillation_card
from hubocr.training.distillation.request import DistillationRequest
from hubocr.training.distillation.students import Weights, classes_of, swapped
from hubocr.training.graph import Graph
from hubocr.training.graph.export import CARD_FILE, write_model
from hubocr.training.graph.head import find_head
from hubocr.training.graph.network import Network
from hubocr.training.int8.calibrate import activation_ranges, channel_sizes, output_shapes
from hubocr.training.int8.equalize import equalize
from hubocr.training.int8.fold import fold_affine
from hubocr.training.int8.plan import RANGE, choose_layers, linear_outputs, rounding_graph
from hubocr.training.int8.qdq import at_opset, int8_model
from hubocr.training.recogniser.base import Base
from hubocr.training.recogniser.publish import DICTIONARY_FILE, served_graph


class Int8Student:
    """See `hubocr.training.distillation.students.Student`.

    Args:
        base: The network in fp32.
        device: Where it lives.
        images: Inputs, (N, 3, height, width) float32, that ranges are measured on.
    """

    def __init__(self, base: Base, device: str, images: Sequence[torch.Tensor]) -> None:
        self._base = base
        served = served_graph(base.graph, base.characters, base.shape)
        folded = Graph(fold_affine(at_opset(served.model)))
        logits = find_head(folded).logits
        plain = Network(folded, logits, device)
        shapes = output_shapes(plain, linear_outputs(folded), images[0][:1])
        layers = choose_layers(folded, shapes)
        sizes = channel_sizes(plain, {layer.data for layer in layers}, images)
        self._graph = equalize(folded, layers, sizes)
        self._layers = choose_layers(self._graph, shapes)
        names = {layer.data for layer in self._layers}
        ranges = activation_ranges(Network(self._graph, logits, device), names, images)
        self.network = Network(rounding_graph(self._graph, self._layers), logits, device)
        with torch.no_grad():
            for name, bounds in ranges.items():
                self.network.weights[name + RANGE].copy_(torch.tensor(bounds))
        self.classes = classes_of(base.characters)

    def __call__(self, images: torch.Tensor) -> torch.Tensor:
        """See `Student`."""
        return self.network(images)

    def weights(self) -> dict[str, torch.Tensor]:
        """See `Student`."""
        return self.network.weights

    def groups(self, rate: float) -> list[dict[str, Any]]:
        """See `Student`."""
        named = self.network.weights.items()
        return [
            {"params": [w for _, w in named if w.ndim > 1], "lr": rate, "weight_decay": 0.0},
            {"params": [w for _, w in named if w.ndim <= 1], "lr": rate, "weight_decay": 0.0},
        ]

    def using(self, weights: Weights) -> contextlib.AbstractContextManager[None]:
        """See `Student`."""
        return swapped(self.weights(), weights)

    def export(
        self, weights: Weights, request: DistillationRequest, scores: Mapping[str, float]
    ) -> Path:
        """See `Student`."""
        arrays = {
            name: np.ascontiguousarray(weight.detach().cpu().numpy(), np.float32)
            for name, weight in weights.items()
        }
        model = int8_model(self._graph, self._layers, arrays)
        card = distillation_card(request, scores)
        lines = "".join(f"{character}\n" for character in self._base.characters)
        papers = {DICTIONARY_FILE: lines, CARD_FILE: card}
        return write_model(Graph(model), {}, papers, request.out)
