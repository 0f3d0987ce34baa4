"""A small recogniser with random weights, for training from nothing.

It is made for the fastest answers on a CPU: eight plain convolutions, a step every four pixels, no
attention and no recurrence; engines work the batch normalisations into the convolutions. It knows
nothing but the images that it is shown, so it needs more of them, and more steps, than a released
model does.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper

from hubocr.training.graph import Array, Graph
from hubocr.training.recogniser.shape import HEIGHT

LEARNING_RATE = 3e-3

_STEPS = 4000
_CHANNELS = (24, 48, 96, 192)
_HEIGHT_STRIDE = 8
"""Rows of pixels in a row of the last but one image; the last one has a single row."""

_CONTEXT = 5
"""Steps that a convolution along the line looks at."""

_OPSET = 13


def epochs_from_scratch(images: int, batch_size: int) -> int:
    """Return how many epochs of so many images training from nothing takes."""
    return max(1, round(_STEPS / math.ceil(images / batch_size)))


def write_small_network(path: Path, characters: Sequence[str], seed: int) -> None:
    """Write an ONNX file that is trained and served like a released one.

    Args:
        path: The file.
        characters: Character of class 1, 2, and so on.
        seed: For the weights.
    """
    build = _Builder(seed)
    classes = len(characters) + 1
    first, second, third, last = _CHANNELS
    data = build.conv("x", (3, first), (3, 3), (2, 2))
    data = build.conv(data, (first, second), (3, 3), (2, 2))
    data = build.residual(data, second, (3, 3))
    data = build.conv(data, (second, third), (3, 3), (2, 1))
    data = build.residual(data, third, (3, 3))
    data = build.conv(data, (third, last), (HEIGHT // _HEIGHT_STRIDE, 1), pad=False)
    for _ in range(2):
        data = build.residual(data, last, (1, _CONTEXT))
    data = build.node("Squeeze", [data, build.tensor(np.array([2], np.int64))])
    data = build.node("Transpose", [data], perm=[0, 2, 1])
    matrix = build.random.normal(0, 1 / math.sqrt(last), (last, classes))
    data = build.node("MatMul", [data, build.tensor(matrix)])
    data = build.node("Add", [data, build.tensor(np.zeros(classes))])
    build.node("Softmax", [data], "y", axis=2)
    graph = helper.make_graph(
        build.nodes,
        "small",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3, HEIGHT, "width"])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", "steps", classes])],
        build.tensors,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=8)
    helper.set_model_props(model, {"character": "\n".join(characters)})
    Graph(model).save(path)


class _Builder:
    """Nodes and weights, named by their number."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.nodes: list[Any] = []
        self.tensors: list[Any] = []

    def tensor(self, array: Array) -> str:
        name = f"t{len(self.tensors)}"
        array = array.astype(np.float32) if array.dtype == np.float64 else array
        self.tensors.append(onnx.numpy_helper.from_array(array, name))
        return name

    def node(self, kind: str, inputs: Sequence[str], output: str = "", **attributes: Any) -> str:
        output = output or f"n{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def conv(
        self,
        data: str,
        channels: tuple[int, int],
        kernel: tuple[int, int],
        strides: tuple[int, int] = (1, 1),
        *,
        pad: bool = True,
        added: str | None = None,
    ) -> str:
        """Append a convolution, its normalisation, what is added to it, and a ReLU."""
        before, after = channels
        # He et al., Delving Deep into Rectifiers, 2015.
        deviation = math.sqrt(2 / (before * math.prod(kernel)))
        result = self.node(
            "Conv",
            [data, self.tensor(self.random.normal(0, deviation, (after, before, *kernel)))],
            kernel_shape=kernel,
            strides=strides,
            pads=[size // 2 if pad else 0 for size in (*kernel, *kernel)],
        )
        # Scale, shift, mean and variance.
        fresh = [self.tensor(np.full(after, value)) for value in (1.0, 0.0, 0.0, 1.0)]
        result = self.node("BatchNormalization", [result, *fresh])
        if added is not None:
            result = self.node("Add", [result, added])
        return self.node("Relu", [result])

    def residual(self, data: str, channels: int, kernel: tuple[int, int]) -> str:
        """Append a convolution whose input is added to what it gives."""
        return self.conv(data, (channels, channels), kernel, added=data)
