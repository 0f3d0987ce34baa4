"""Which layers become int8, and the graph with what rounds them."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from hubocr.training.graph.graph import Graph, Node
from hubocr.training.int8.rounding import ACTIVATION, WEIGHT

RANGE = "/range"
"""Ending of the name of a tensor's range: its lowest and highest value, float32, (2,)."""

_SMALLEST_SHARE = 0.03
"""Layers with less of the multiplications stay in fp32. Of PP-OCRv4 mobile's 41 ten remain, all of
them pointwise convolutions, with 81 % of the multiplications: rounding the depthwise ones, the
first ones and those after the last pooling saves next to nothing and is what changes texts."""

_POOLING = ("GlobalAveragePool", "ReduceMean")
_LINEAR = ("Conv", "MatMul")


@dataclass(frozen=True)
class Layer:
    """A layer that becomes int8.

    Attributes:
        output: Name of its output.
        data: Name of its input.
        weight: Name of its weights.
        axis: The axis of the weights that is the output channels.
    """

    output: str
    data: str
    weight: str
    axis: int


def choose_layers(graph: Graph, shapes: Mapping[str, Sequence[int]]) -> list[Layer]:
    """Return the layers that become int8: those with most of the arithmetic.

    Left in fp32 are also the gates of squeeze-and-excite, which scale whole channels, and the last
    matrix product, whose logits decide between thousands of characters.

    Args:
        graph: The network.
        shapes: Shape of each layer's output for one image, see `linear_outputs`.
    """
    makers = {name: node for node in graph.nodes for name in node.outputs}
    last = _last_product(graph)
    work = {
        node.outputs[0]: _multiplications(graph, node, shapes[node.outputs[0]])
        for node in _linear(graph)
    }
    least = _SMALLEST_SHARE * sum(work.values())
    return [
        Layer(node.outputs[0], node.inputs[0], node.inputs[1], 0 if node.kind == "Conv" else 1)
        for node in _linear(graph)
        if work[node.outputs[0]] >= least
        if node.outputs[0] != last and not _is_pooled(node.inputs[0], makers)
    ]


def linear_outputs(graph: Graph) -> set[str]:
    """Return the names of what convolutions and matrix products with fixed weights give."""
    return {node.outputs[0] for node in _linear(graph)}


def _linear(graph: Graph) -> list[Node]:
    return [n for n in graph.nodes if n.kind in _LINEAR and n.inputs[1] in graph.tensors]


def _multiplications(graph: Graph, node: Node, shape: Sequence[int]) -> int:
    """Return the multiplications of a layer: each place of its output takes each weight once."""
    places = shape[2:] if node.kind == "Conv" else shape[:-1]
    return math.prod(places) * graph.tensors[node.inputs[1]].size


def _last_product(graph: Graph) -> str:
    return next((n.outputs[0] for n in reversed(graph.nodes) if n.kind == "MatMul"), "")


def _is_pooled(name: str, makers: dict[str, Node]) -> bool:
    """Return whether a tensor is one number a channel: at most two layers after pooling."""
    for _ in range(6):
        node = makers.get(name)
        if node is None:
            return False
        if node.kind in _POOLING:
            return True
        if node.kind not in ("Conv", "Relu", "Add", "HardSigmoid", "Sigmoid"):
            return False
        name = node.inputs[0]
    return False


def rounding_graph(graph: Graph, layers: Sequence[Layer]) -> Graph:
    """Return the graph with nodes that round the inputs and the weights of layers.

    The ranges of activations are new tensors, at first from -1 to 1.
    """
    rounded = graph.replaced({})
    inputs: Collection[str] = {layer.data for layer in layers}
    weights = {layer.weight: layer.axis for layer in layers}
    chosen = {layer.output for layer in layers}
    nodes: list[Node] = []

    def activation(name: str) -> Node:
        rounded.tensors[name + RANGE] = np.array([-1, 1], np.float32)
        return Node(ACTIVATION, name, (name, name + RANGE), (name + "/rounded",), {})

    if graph.input in inputs:
        nodes.append(activation(graph.input))
    for name, axis in weights.items():
        nodes.append(Node(WEIGHT, name, (name,), (name + "/rounded",), {"axis": axis}))
    for node in rounded.nodes:
        if node.outputs[0] in chosen:
            data, weight, *rest = node.inputs
            node = replace(node, inputs=(data + "/rounded", weight + "/rounded", *rest))
        nodes.append(node)
        nodes += [activation(name) for name in node.outputs if name in inputs]
    rounded.nodes = nodes
    return rounded
