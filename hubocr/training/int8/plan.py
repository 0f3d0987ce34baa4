"""Which layers become int8, and the graph with what rounds them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from hubocr.training.graph.graph import Graph, Node
from hubocr.training.int8.rounding import ACTIVATION, WEIGHT

RANGE = "/range"
"""Ending of the name of a tensor's range: its lowest and highest value, float32, (2,)."""

_FEWEST_CHANNELS = 64
"""Layers with fewer channels, in or out, stay in fp32: the first ones, which have the least
arithmetic and the widest ranges. Leaving three of PP-OCRv4's in fp32 takes no time that could be
measured, and rounding the first depthwise one alone did most of the harm."""

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


def choose_layers(graph: Graph) -> list[Layer]:
    """Return the layers that become int8.

    Left in fp32 are layers of few channels, the gates of squeeze-and-excite, which take no time and
    scale whole channels, and the last matrix product, whose logits decide between thousands of
    characters.

    Args:
        graph: The network.
    """
    makers = {name: node for node in graph.nodes for name in node.outputs}
    last = _last_product(graph)
    layers = []
    for node in graph.nodes:
        if node.kind not in _LINEAR or node.inputs[1] not in graph.tensors:
            continue
        if node.outputs[0] == last or _is_pooled(node.inputs[0], makers):
            continue
        axis = 0 if node.kind == "Conv" else 1
        if min(_channels(graph, node)) < _FEWEST_CHANNELS:
            continue
        layers.append(Layer(node.outputs[0], node.inputs[0], node.inputs[1], axis))
    return layers


def _channels(graph: Graph, node: Node) -> tuple[int, int]:
    """Return the channels that a layer reads and makes."""
    shape = graph.tensors[node.inputs[1]].shape
    if node.kind == "MatMul":
        return int(shape[0]), int(shape[1])
    return int(shape[1]) * int(node.attributes.get("group", 1)), int(shape[0])


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
