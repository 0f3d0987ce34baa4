"""The trained network as an ONNX file in int8: QuantizeLinear and DequantizeLinear pairs."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from hubocr.training.graph import Graph
from hubocr.training.int8.plan import RANGE, Layer
from hubocr.training.int8.rounding import activation_scale, integer_weight

OPSET = 13
"""The first one with a step for each channel."""


def at_opset(model: Any) -> Any:
    """Return a model whose operators are of an opset that quantisation can use."""
    current = next(entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx"))
    if current >= OPSET:
        return copy.deepcopy(model)
    return onnx.version_converter.convert_version(model, OPSET)


def int8_model(
    network: Graph, layers: Sequence[Layer], arrays: Mapping[str, NDArray[np.float32]]
) -> Any:
    """Return an ONNX model in which layers are int8.

    Args:
        network: The network in fp32, at `OPSET` or later.
        layers: What becomes int8.
        arrays: Weights by name, and ranges by the tensor's name and `RANGE`.
    """
    plain = {name: array for name, array in arrays.items() if name in network.tensors}
    model = network.replaced(plain).model
    graph = model.graph
    chosen = {layer.output: layer for layer in layers}
    nodes: list[Any] = []
    made: dict[str, str] = {}
    for node in graph.node:
        layer = chosen.get(node.output[0])
        if layer is not None:
            if layer.data not in made:
                nodes += _activation(graph, layer.data, arrays[layer.data + RANGE], made)
            if layer.weight not in made:
                nodes += _weight(graph, layer, arrays[layer.weight], made)
            node.input[0], node.input[1] = made[layer.data], made[layer.weight]
        nodes.append(node)
    del graph.node[:]
    graph.node.extend(nodes)
    read = {name for node in graph.node for name in node.input}
    used = [tensor for tensor in graph.initializer if tensor.name in read]
    del graph.initializer[:]
    graph.initializer.extend(used)
    del graph.value_info[:]
    onnx.checker.check_model(model)
    return model


def _activation(
    graph: Any, name: str, bounds: NDArray[np.float32], made: dict[str, str]
) -> list[Any]:
    scale, zero = activation_scale(float(bounds[0]), float(bounds[1]))
    step, point = f"{name}.scale", f"{name}.zero"
    graph.initializer.append(numpy_helper.from_array(np.float32(scale).reshape(()), step))
    graph.initializer.append(numpy_helper.from_array(np.uint8(zero).reshape(()), point))
    made[name] = f"{name}.dequantized"
    return [
        helper.make_node("QuantizeLinear", [name, step, point], [f"{name}.quantized"]),
        helper.make_node("DequantizeLinear", [f"{name}.quantized", step, point], [made[name]]),
    ]


def _weight(
    graph: Any, layer: Layer, weight: NDArray[np.float32], made: dict[str, str]
) -> list[Any]:
    integers, scale = integer_weight(weight, layer.axis)
    name = layer.weight
    for array, ending in (
        (integers, "int8"),
        (scale, "scale"),
        (np.zeros(len(scale), np.int8), "zero"),
    ):
        graph.initializer.append(numpy_helper.from_array(array, f"{name}.{ending}"))
    made[name] = f"{name}.dequantized"
    names = [f"{name}.int8", f"{name}.scale", f"{name}.zero"]
    return [helper.make_node("DequantizeLinear", names, [made[name]], axis=layer.axis)]
