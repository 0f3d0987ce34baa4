"""A small network with what released recognisers have, written node by node."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

Array = NDArray[np.float32]
CHANNELS = 96


def small_model(seed: int = 0, opset: int = 13) -> Any:
    """Convolution and batch normalisation; depthwise with a scale; gate; pointwise with a bias."""
    random = np.random.default_rng(seed)
    spread = (10.0 ** random.uniform(-2, 1.5, CHANNELS)).astype(np.float32)

    def numbers(*shape: int) -> Array:
        return random.normal(0, 1 / np.sqrt(np.prod(shape[1:]) or 1), shape).astype(np.float32)

    weights = {
        "first.w": numbers(CHANNELS, 3, 3, 3),
        "bn.scale": spread,
        "bn.shift": numbers(CHANNELS) * spread,
        "bn.mean": numbers(CHANNELS),
        "bn.var": random.uniform(0.5, 2, CHANNELS).astype(np.float32),
        "depth.w": numbers(CHANNELS, 1, 3, 3) / spread.reshape(-1, 1, 1, 1),
        "two": np.array([2.0], np.float32),
        "half": np.array([0.5], np.float32),
        "gate.w": numbers(CHANNELS, CHANNELS, 1, 1),
        "gate.b": numbers(CHANNELS),
        "point.w": numbers(CHANNELS, CHANNELS, 1, 1),
        "point.bias": numbers(1, CHANNELS, 1, 1),
        "inner.w": numbers(CHANNELS, CHANNELS),
        "head.w": numbers(CHANNELS, 12),
    }
    nodes = [
        helper.make_node("Conv", ["x", "first.w"], ["c1"], pads=[1, 1, 1, 1]),
        helper.make_node(
            "BatchNormalization", ["c1", "bn.scale", "bn.shift", "bn.mean", "bn.var"], ["b1"]
        ),
        helper.make_node("Identity", ["b1"], ["i1"]),
        helper.make_node("Relu", ["i1"], ["r1"]),
        helper.make_node(
            "Conv", ["r1", "depth.w"], ["c2"], pads=[1, 1, 1, 1], group=CHANNELS, name="depth"
        ),
        helper.make_node("Mul", ["c2", "two"], ["m2"]),
        helper.make_node("Add", ["half", "m2"], ["a2"]),
        helper.make_node("GlobalAveragePool", ["a2"], ["p"]),
        helper.make_node("Conv", ["p", "gate.w", "gate.b"], ["g"]),
        helper.make_node("Sigmoid", ["g"], ["s"]),
        helper.make_node("Mul", ["a2", "s"], ["m3"]),
        helper.make_node("Conv", ["m3", "point.w"], ["c3"], name="point"),
        helper.make_node("Add", ["c3", "point.bias"], ["a3"]),
        helper.make_node("ReduceMean", ["a3"], ["row"], axes=[2], keepdims=0),
        helper.make_node("Transpose", ["row"], ["steps"], perm=[0, 2, 1]),
        helper.make_node("MatMul", ["steps", "inner.w"], ["inner"]),
        helper.make_node("MatMul", ["inner", "head.w"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["y"], axis=2),
    ]
    graph = helper.make_graph(
        nodes,
        "small",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, 8, "w"])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", "w", 12])],
        [numpy_helper.from_array(array, name) for name, array in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    return model


def small_input(seed: int = 1) -> Array:
    return np.random.default_rng(seed).uniform(-1, 1, (2, 3, 8, 16)).astype(np.float32)


def run(model: Any, data: Array, *, plainly: bool = False) -> Array:
    """Run a model with ONNX Runtime; ``plainly``: node by node, as the file says."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    if plainly:
        level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
        options.graph_optimization_level = level
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    return np.asarray(session.run(None, {"x": data})[0])
