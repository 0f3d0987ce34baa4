"""A recogniser's inference graph as a network that can be trained.

The nodes of the graph are run one after the other with PyTorch's operators, and PyTorch keeps what
it needs for the gradients. Nothing is translated into layers, so there is nothing that could be
lost on the way there or back.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from hubocr.errors import ModelError
from hubocr.training.graph.fusion import fuse
from hubocr.training.graph.graph import Graph, Node
from hubocr.training.graph.layers import Operator
from hubocr.training.graph.operators import build_operator

_BATCH_NORMALISATION = "BatchNormalization"
_STATISTICS = {_BATCH_NORMALISATION: (3, 4)}
"""Inputs that are measured, not learnt."""

_IMAGE_RANK = 4
"""Images and kernels are kept with the channels innermost, as convolutions on a CPU like them."""


@dataclass(frozen=True)
class _Step:
    """One node.

    Attributes:
        run: Its function.
        inputs: Names of its inputs, "" for one that is left out.
        outputs: Names of its outputs.
        spent: Names of tensors that no later node needs.
    """

    run: Operator
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    spent: tuple[str, ...]


class Network:
    """A network of PyTorch tensors made from an inference graph.

    Trainable are the tensors of floating-point numbers with more than one number: the weights and
    biases of convolutions, matrix products and normalisations. Numbers on their own (the 0.5 of an
    activation function, an epsilon) and the statistics of batch normalisation stay.

    Args:
        graph: The graph.
        output: Name of the tensor to compute, such as the one before the softmax.
        device: Where the network lives, such as ``cpu`` or ``cuda``.
        measure: The statistics of batch normalisation are measured on the batches, as a network
            with random weights wants it, and are among the weights, though without gradients.

    Raises:
        ModelError: The graph has an operator that can't be trained here.
    """

    def __init__(
        self, graph: Graph, output: str, device: str = "cpu", *, measure: bool = False
    ) -> None:
        self.device = device
        self._input = graph.input
        self._output = output
        nodes = fuse(graph, _needed(graph, output))
        frozen = {node.inputs[place] for node in nodes for place in _STATISTICS.get(node.kind, ())}
        if measure:
            nodes = [_measuring(node) for node in nodes]
        used = {name for node in nodes for name in node.inputs}
        self.weights: dict[str, torch.Tensor] = {}
        self._constants: dict[str, torch.Tensor] = {}
        for name, array in graph.tensors.items():
            if name not in used:
                continue
            if np.issubdtype(array.dtype, np.floating):
                tensor = torch.tensor(array, dtype=torch.float32, device=device)
                if array.ndim == _IMAGE_RANK:
                    tensor = tensor.contiguous(memory_format=torch.channels_last)
                if array.size > 1 and (measure or name not in frozen):
                    self.weights[name] = tensor.requires_grad_(name not in frozen)
                    continue
            else:
                tensor = torch.tensor(array)  # shapes are worked out on the CPU
            self._constants[name] = tensor
        self._steps = _steps(nodes, {graph.input, output, *self.weights, *self._constants})

    def __call__(self, images: torch.Tensor) -> torch.Tensor:
        """Return the output for images (N, 3, height, width) float32."""
        return self.values(images, (self._output,))[self._output]

    def values(self, images: torch.Tensor, names: Collection[str]) -> dict[str, torch.Tensor]:
        """Return tensors by name, such as the inputs of layers, for images as in a call."""
        found = {name: images for name in names if name == self._input}
        values: dict[str, torch.Tensor | None] = {
            **self._constants,
            **self.weights,
            self._input: images.contiguous(memory_format=torch.channels_last),
            "": None,
        }
        for step in self._steps:
            result = step.run(*(values[name] for name in step.inputs))
            if len(step.outputs) == 1:
                values[step.outputs[0]] = result
            else:
                values.update(zip(step.outputs, result, strict=True))
            found |= {name: values[name] for name in step.outputs if name in names}
            for name in step.spent:
                del values[name]
        return found

    def logits(self, images: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the output for images (N, 3, height, width) float32, without gradients."""
        with torch.inference_mode():
            result = self(torch.from_numpy(images).to(self.device))
        return np.asarray(result.cpu().numpy(), np.float32)

    def arrays(self) -> dict[str, NDArray[np.float32]]:
        """Return copies of the weights by name."""
        return {name: w.detach().cpu().numpy().copy() for name, w in self.weights.items()}

    def load(self, weights: Mapping[str, torch.Tensor]) -> None:
        """Take over the values of weights with the same names and shapes.

        Raises:
            ModelError: They belong to another network.
        """
        shapes = {name: tuple(tensor.shape) for name, tensor in self.weights.items()}
        if shapes != {name: tuple(tensor.shape) for name, tensor in weights.items()}:
            raise ModelError("the saved weights belong to another network")
        with torch.no_grad():
            for name, tensor in self.weights.items():
                tensor.copy_(weights[name])


def _needed(graph: Graph, output: str) -> list[Node]:
    """Return the nodes that lead to a tensor, in order."""
    wanted, nodes = {output}, []
    for node in reversed(graph.nodes):
        if wanted.intersection(node.outputs):
            wanted.update(node.inputs)
            nodes.append(node)
    return nodes[::-1]


def _measuring(node: Node) -> Node:
    if node.kind != _BATCH_NORMALISATION:
        return node
    return replace(node, kind=f"{_BATCH_NORMALISATION}InTraining")


def _steps(nodes: list[Node], kept: set[str]) -> list[_Step]:
    last = {name: place for place, node in enumerate(nodes) for name in node.inputs if name}
    steps = []
    for place, node in enumerate(nodes):
        # An output that nobody reads is dropped where it is made.
        spent = [name for name in {*node.inputs} if last.get(name) == place and name not in kept]
        spent += [name for name in node.outputs if name not in last and name not in kept]
        run = build_operator(node.kind, node.attributes, node.name)
        steps.append(_Step(run, node.inputs, node.outputs, tuple(spent)))
    return steps
