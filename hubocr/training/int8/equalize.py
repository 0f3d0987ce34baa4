"""Channels of one tensor brought to one size, so that 255 levels serve them all.

A tensor is rounded with one step. Where one of its channels reaches from -20 to 20 and another from
-0.1 to 0.1, the second is left with two levels. So each channel is divided by a number of its own
and the weights that read it are multiplied by it, which changes nothing but the rounding. A
depthwise convolution reads every channel by itself: its weights have a step for each, so that all
of the difference can be moved there. Otherwise half of it is (Xiao et al., SmoothQuant, 2023). The
division is part of the rounding itself in OpenVINO and takes no time.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from hubocr.training.graph import Graph
from hubocr.training.int8.plan import Layer

_Array = NDArray[np.float32]

_SHARED = 0.5
_SMALLEST = 1e-3
"""Of a channel against the mean of all."""


def equalize(graph: Graph, layers: Sequence[Layer], sizes: Mapping[str, _Array]) -> Graph:
    """Return the graph with the inputs of layers equalised, and their weights to match.

    Args:
        graph: The network.
        layers: What will be rounded; those whose input others read too are left as they are.
        sizes: How far each channel of an input reaches from 0, by the input's name.
    """
    model = copy.deepcopy(graph.model)
    readers = Counter(name for node in graph.nodes for name in node.inputs)
    chosen = {
        layer.output: layer
        for layer in layers
        if layer.data in sizes
        and readers[layer.data] == 1
        and graph.tensors[layer.weight].ndim == 4
    }
    weights = {tensor.name: tensor for tensor in model.graph.initializer}
    nodes: list[Any] = []
    for node in model.graph.node:
        layer = chosen.get(node.output[0])
        if layer is not None and layer.weight in weights:
            weight = graph.tensors[layer.weight]
            spread = _spread(sizes[layer.data], weight)
            shape = (-1, 1, 1, 1) if _is_depthwise(weight, spread) else (1, -1, 1, 1)
            matched = np.asarray(weight * spread.reshape(shape), np.float32)
            weights[layer.weight].CopyFrom(numpy_helper.from_array(matched, layer.weight))
            name, even = f"{layer.data}.spread", f"{layer.data}.even"
            factor = (1 / spread).reshape(1, -1, 1, 1).astype(np.float32)
            model.graph.initializer.append(numpy_helper.from_array(factor, name))
            nodes.append(helper.make_node("Mul", [layer.data, name], [even]))
            node.input[0] = even
        nodes.append(node)
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.checker.check_model(model)
    return Graph(model)


def _is_depthwise(weight: _Array, spread: _Array) -> bool:
    return weight.shape[1] == 1 and len(weight) == len(spread)


def _spread(size: _Array, weight: _Array) -> _Array:
    spread = np.maximum(size / max(float(size.mean()), 1e-12), _SMALLEST)
    if _is_depthwise(weight, spread):
        return np.asarray(spread, np.float32)
    # A channel that the weights care much for keeps more of its levels.
    care = np.abs(weight).max(axis=(0, 2, 3))
    care = np.maximum(care / max(float(care.mean()), 1e-12), _SMALLEST)
    spread = spread**_SHARED / care ** (1 - _SHARED)
    return np.asarray(spread / np.exp(np.log(spread).mean()), np.float32)
