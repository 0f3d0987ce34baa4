"""Affine steps after a convolution, worked into its weights and bias.

A released graph may have batch normalisation, a bias as a sum, or a multiplication and an addition
of single numbers after a convolution. In int8 each would be a pass over a tensor in fp32.
"""

from __future__ import annotations

import copy
from collections import Counter
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

_Array = NDArray[np.float32]


def fold_affine(model: Any) -> Any:
    """Return a copy of an ONNX model in which convolutions have swallowed what follows them."""
    model = copy.deepcopy(model)
    graph = model.graph
    _drop_identities(graph)
    tensors = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    for node in graph.node:
        if node.op_type == "Constant":
            for item in node.attribute:
                if item.name == "value":
                    tensors[node.output[0]] = numpy_helper.to_array(item.t)

    def constant(name: str) -> _Array | None:
        found = tensors.get(name)
        return None if found is None or found.dtype != np.float32 else found

    readers = Counter(name for node in graph.node for name in node.input)
    outputs = {value.name for value in graph.output}
    weights: dict[str, tuple[_Array, _Array]] = {}
    dropped: set[str] = set()
    renamed: dict[str, str] = {}
    for node in graph.node:
        for place, name in enumerate(node.input):
            node.input[place] = renamed.get(name, name)
        result = next((name for name in node.input if name in weights), "")
        if node.op_type == "Conv":
            kernel = constant(node.input[1])
            bias = constant(node.input[2]) if len(node.input) > 2 else None
            if kernel is not None:
                zeros = np.zeros(len(kernel), np.float32)
                weights[node.output[0]] = (kernel, zeros if bias is None else bias)
        elif (
            result
            and readers[result] == 1
            and result not in outputs
            and node.output[0] not in outputs
            and (affine := _affine(node, result, constant, len(weights[result][1])))
        ):
            factor, offset = affine
            kernel, bias = weights[result]
            weights[result] = (kernel * factor.reshape(-1, 1, 1, 1), bias * factor + offset)
            renamed[node.output[0]] = result
            readers[result] = readers[node.output[0]]
            dropped.add(node.output[0])
    kept = [node for node in graph.node if node.output[0] not in dropped]
    for node in kept:
        if node.op_type == "Conv" and node.output[0] in weights:
            kernel, bias = weights[node.output[0]]
            name = node.name or node.output[0]
            _set(graph, node, 1, f"{name}/folded/weight", kernel)
            _set(graph, node, 2, f"{name}/folded/bias", bias)
    del graph.node[:]
    graph.node.extend(kept)
    del graph.value_info[:]
    return _without_unread(model)


def _drop_identities(graph: Any) -> None:
    names: dict[str, str] = {}
    outputs = {value.name for value in graph.output}
    kept = []
    for node in graph.node:
        for place, name in enumerate(node.input):
            node.input[place] = names.get(name, name)
        if node.op_type == "Identity" and node.output[0] not in outputs:
            names[node.output[0]] = node.input[0]
        else:
            kept.append(node)
    del graph.node[:]
    graph.node.extend(kept)


def _affine(node: Any, data: str, constant: Any, channels: int) -> tuple[_Array, _Array] | None:
    """Return factor and offset of each channel where a node is no more than that."""
    ones, zeros = np.ones(channels, np.float32), np.zeros(channels, np.float32)
    if node.op_type == "BatchNormalization":
        scale, shift, mean, variance = (constant(name) for name in node.input[1:5])
        if any(array is None for array in (scale, shift, mean, variance)):
            return None
        epsilon = next((a.f for a in node.attribute if a.name == "epsilon"), 1e-5)
        factor = scale / np.sqrt(variance + epsilon)
        return factor, shift - mean * factor
    if node.op_type not in ("Mul", "Add") or len(node.input) != 2:
        return None
    other = next((name for name in node.input if name != data), None)
    value = constant(other) if other else None
    if value is None:
        return None
    if value.size == 1:
        spread = np.full(channels, value.reshape(-1)[0], np.float32)
    elif value.ndim in (3, 4) and value.size == channels and value.shape[-3] == channels:
        spread = value.reshape(-1)
    else:
        return None
    return (spread, zeros) if node.op_type == "Mul" else (ones, spread)


def _set(graph: Any, node: Any, place: int, name: str, array: _Array) -> None:
    graph.initializer.append(numpy_helper.from_array(np.ascontiguousarray(array, np.float32), name))
    if len(node.input) > place:
        node.input[place] = name
    else:
        node.input.append(name)


def _without_unread(model: Any) -> Any:
    """Drop weights and constants that no node reads any more."""
    graph = model.graph
    while True:
        read = {name for node in graph.node for name in node.input}
        read |= {value.name for value in graph.output}
        kept = [node for node in graph.node if set(node.output) & read]
        if len(kept) == len(graph.node):
            break
        del graph.node[:]
        graph.node.extend(kept)
    used = [tensor for tensor in graph.initializer if tensor.name in read]
    del graph.initializer[:]
    graph.initializer.extend(used)
    inputs = [value for value in graph.input if value.name in read]
    del graph.input[:]
    graph.input.extend(inputs)
    onnx.checker.check_model(model)
    return model
