"""The operators of an inference graph, each as a function of PyTorch tensors.

Only what recognisers of the PP-OCR families use is here; semantics are those of the ONNX operator
specification for opsets 9 to 18. An operator that isn't here is an error that names it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch.nn import functional

from hubocr.errors import ModelError

Operator = Callable[..., Any]
"""From the input tensors of a node (None for one that is left out) to its output, or to a tuple
where it has several."""

Attributes = Mapping[str, Any]
Builder = Callable[[Attributes], Operator]


def build_operator(kind: str, attributes: Attributes, where: str) -> Operator:
    """Return the function of a node.

    Args:
        kind: Name of the ONNX operator.
        attributes: The node's attributes; strings are decoded.
        where: Name of the node, for messages.

    Raises:
        ModelError: The operator, or a mode of it, can't be trained here.
    """
    simple = _SIMPLE.get(kind)
    if simple is not None:
        return simple
    builder = _BUILDERS.get(kind)
    if builder is None:
        raise ModelError(
            f"the network can't be trained: the operator {kind} (node {where}) is not known; "
            "recognisers from PP-OCRv3 on are"
        )
    try:
        return builder(attributes)
    except ModelError as error:
        raise ModelError(f"{error.message} (node {where})") from error


def _integers(tensor: torch.Tensor) -> list[int]:
    return [int(value) for value in tensor.tolist()]


def _divide(left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
    if left.is_floating_point() or right.is_floating_point():
        return left / right
    return torch.div(left, right, rounding_mode="trunc")


def _reshape(data: torch.Tensor, shape: torch.Tensor) -> torch.Tensor:
    # A zero keeps the size that is there.
    sizes = [data.shape[axis] if size == 0 else size for axis, size in enumerate(_integers(shape))]
    return data.reshape(sizes)


def _slice(
    data: torch.Tensor,
    starts: torch.Tensor,
    ends: torch.Tensor,
    axes: torch.Tensor | None = None,
    steps: torch.Tensor | None = None,
) -> torch.Tensor:
    first, last = _integers(starts), _integers(ends)
    along = list(range(len(first))) if axes is None else _integers(axes)
    pace = [1] * len(first) if steps is None else _integers(steps)
    if any(step < 1 for step in pace):
        raise ModelError("the network can't be trained: it has a Slice with a negative step")
    index = [slice(None)] * data.ndim
    for axis, start, end, step in zip(along, first, last, pace, strict=True):
        index[axis % data.ndim] = slice(start, end, step)
    return data[tuple(index)]


def _shape(data: torch.Tensor) -> torch.Tensor:
    return torch.tensor(data.shape, dtype=torch.int64)


def _prelu(data: torch.Tensor, slope: torch.Tensor) -> torch.Tensor:
    return torch.where(data >= 0, data, data * slope)


def _clip(
    data: torch.Tensor, low: torch.Tensor | None = None, high: torch.Tensor | None = None
) -> torch.Tensor:
    return torch.clamp(
        data, None if low is None else float(low), None if high is None else float(high)
    )


def _mean_of_image(data: torch.Tensor) -> torch.Tensor:
    return data.mean(dim=(2, 3), keepdim=True)


_SIMPLE: Mapping[str, Operator] = {
    "Add": torch.add,
    "Div": _divide,
    "Erf": torch.erf,
    "Exp": torch.exp,
    "GlobalAveragePool": _mean_of_image,
    "HardSwish": functional.hardswish,
    "MatMul": torch.matmul,
    "Mul": torch.mul,
    "Neg": torch.neg,
    "PRelu": _prelu,
    "Pow": torch.pow,
    "Relu": functional.relu,
    "Reshape": _reshape,
    "Shape": _shape,
    "Sigmoid": torch.sigmoid,
    "Slice": _slice,
    "Sqrt": torch.sqrt,
    "Sub": torch.sub,
    "Tanh": torch.tanh,
}


def _batch_normalisation(attributes: Attributes) -> Operator:
    epsilon = attributes.get("epsilon", 1e-5)

    def run(
        data: torch.Tensor,
        scale: torch.Tensor,
        shift: torch.Tensor,
        mean: torch.Tensor,
        variance: torch.Tensor,
    ) -> torch.Tensor:
        # The statistics stay those of the released model: batches of a few of the user's images
        # would be poor ones. What is left is a multiplication and an addition a channel.
        factor = scale / torch.sqrt(variance + epsilon)
        sizes = (1, -1, *([1] * (data.ndim - 2)))
        return data * factor.reshape(sizes) + (shift - mean * factor).reshape(sizes)

    return run


def _batch_normalisation_in_training(attributes: Attributes) -> Operator:
    epsilon = attributes.get("epsilon", 1e-5)

    def run(
        data: torch.Tensor,
        scale: torch.Tensor,
        shift: torch.Tensor,
        mean: torch.Tensor,
        variance: torch.Tensor,
    ) -> torch.Tensor:
        # With gradients: the statistics of the batch, which the kept ones follow.
        learning = torch.is_grad_enabled()
        return functional.batch_norm(
            data, mean, variance, scale, shift, training=learning, eps=epsilon
        )

    return run


def _cast(attributes: Attributes) -> Operator:
    kinds = {1: torch.float32, 6: torch.int32, 7: torch.int64, 9: torch.bool}
    kind = kinds.get(attributes["to"])
    if kind is None:
        raise ModelError(f"the network can't be trained: Cast to type {attributes['to']}")
    return lambda data: data.to(kind)


def _clip_of(attributes: Attributes) -> Operator:
    low, high = attributes.get("min"), attributes.get("max")
    if low is None and high is None:
        return _clip
    return lambda data: torch.clamp(data, low, high)


def _concat(attributes: Attributes) -> Operator:
    axis = attributes["axis"]
    return lambda *parts: torch.cat(parts, dim=axis)


def _convolution(attributes: Attributes) -> Operator:
    strides = tuple(attributes.get("strides", (1, 1)))
    dilations = tuple(attributes.get("dilations", (1, 1)))
    groups = attributes.get("group", 1)
    pad = _padding(attributes)

    def run(
        data: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None = None
    ) -> torch.Tensor:
        if data.ndim != 4:
            raise ModelError("the network can't be trained: it has a Conv that isn't of images")
        before, after = pad(data.shape[2:], weight.shape[2:], strides, dilations)
        if before != after:
            data = functional.pad(data, (before[1], after[1], before[0], after[0]))
            before = (0, 0)
        return functional.conv2d(data, weight, bias, strides, before, dilations, groups)

    return run


def _convolution_and_sum(attributes: Attributes) -> Operator:
    convolve = _convolution(attributes)

    def run(data: torch.Tensor, weight: torch.Tensor, addend: torch.Tensor) -> torch.Tensor:
        if addend.shape == (1, weight.shape[0], 1, 1):
            return convolve(data, weight, addend.reshape(-1))
        return convolve(data, weight) + addend

    return run


_Pads = tuple[tuple[int, int], tuple[int, int]]


def _padding(attributes: Attributes) -> Callable[..., _Pads]:
    """Return what gives the padding (before, after), each of (y, x), for sizes of image, kernel."""
    mode = attributes.get("auto_pad", "NOTSET")
    if mode == "NOTSET":
        pads = tuple(attributes.get("pads", (0, 0, 0, 0)))
        fixed = (pads[:2], pads[2:])
        return lambda *_: fixed
    if mode == "VALID":
        return lambda *_: ((0, 0), (0, 0))
    if mode not in ("SAME_UPPER", "SAME_LOWER"):
        raise ModelError(f"the network can't be trained: auto_pad {mode} is not known")

    def same(*measures: Sequence[int]) -> _Pads:
        total = [
            max(0, (math.ceil(size / stride) - 1) * stride + (width - 1) * dilation + 1 - size)
            for size, width, stride, dilation in zip(*measures, strict=True)
        ]
        small = (total[0] // 2, total[1] // 2)
        large = (total[0] - small[0], total[1] - small[1])
        return (small, large) if mode == "SAME_UPPER" else (large, small)

    return same


def _max_pool(attributes: Attributes) -> Operator:
    kernel = tuple(attributes["kernel_shape"])
    strides = tuple(attributes.get("strides", (1, 1)))
    dilations = tuple(attributes.get("dilations", (1, 1)))
    ceil_mode = bool(attributes.get("ceil_mode", 0))
    pad = _padding(attributes)

    def run(data: torch.Tensor) -> torch.Tensor:
        before, after = pad(data.shape[2:], kernel, strides, dilations)
        if any(before + after):
            sides = (before[1], after[1], before[0], after[0])
            data = functional.pad(data, sides, value=-math.inf)
        return functional.max_pool2d(data, kernel, strides, 0, dilations, ceil_mode)

    return run


def _average_pool(attributes: Attributes) -> Operator:
    kernel = tuple(attributes["kernel_shape"])
    strides = tuple(attributes.get("strides", (1, 1)))
    pads = tuple(attributes.get("pads", (0, 0, 0, 0)))
    if pads[:2] != pads[2:] or attributes.get("auto_pad", "NOTSET") != "NOTSET":
        raise ModelError("the network can't be trained: AveragePool with uneven padding")
    ceil_mode = bool(attributes.get("ceil_mode", 0))
    whole = bool(attributes.get("count_include_pad", 0))
    return lambda data: functional.avg_pool2d(data, kernel, strides, pads[:2], ceil_mode, whole)


def _gather(attributes: Attributes) -> Operator:
    axis = attributes.get("axis", 0)

    def run(data: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
        places = torch.where(index < 0, index + data.shape[axis], index).to(data.device)
        shape = data.shape[:axis] + index.shape + data.shape[axis % data.ndim + 1 :]
        return data.index_select(axis, places.reshape(-1)).reshape(shape)

    return run


def _gemm(attributes: Attributes) -> Operator:
    alpha, beta = attributes.get("alpha", 1.0), attributes.get("beta", 1.0)
    turn_left, turn_right = attributes.get("transA", 0), attributes.get("transB", 0)

    def run(
        left: torch.Tensor, right: torch.Tensor, bias: torch.Tensor | None = None
    ) -> torch.Tensor:
        product = (left.T if turn_left else left) @ (right.T if turn_right else right)
        product = product if alpha == 1 else product * alpha
        return product if bias is None else product + (bias if beta == 1 else bias * beta)

    return run


def _gelu(attributes: Attributes) -> Operator:
    mode = attributes.get("approximate", "none")
    return lambda data: functional.gelu(data, approximate=mode)


def _hard_sigmoid(attributes: Attributes) -> Operator:
    alpha, beta = attributes.get("alpha", 0.2), attributes.get("beta", 0.5)
    return lambda data: torch.clamp(data * alpha + beta, 0, 1)


def _layer_normalisation(attributes: Attributes) -> Operator:
    axis, epsilon = attributes.get("axis", -1), attributes.get("epsilon", 1e-5)

    def run(
        data: torch.Tensor, scale: torch.Tensor, shift: torch.Tensor | None = None
    ) -> torch.Tensor:
        return functional.layer_norm(
            data, data.shape[axis % data.ndim :], scale, shift, eps=epsilon
        )

    return run


def _leaky_relu(attributes: Attributes) -> Operator:
    slope = attributes.get("alpha", 0.01)
    return lambda data: functional.leaky_relu(data, slope)


def _mean(attributes: Attributes) -> Operator:
    keep = bool(attributes.get("keepdims", 1))
    named = attributes.get("axes")

    def run(data: torch.Tensor, axes: torch.Tensor | None = None) -> torch.Tensor:
        along = named if axes is None else _integers(axes)
        return data.mean(dim=tuple(along or range(data.ndim)), keepdim=keep)

    return run


def _softmax(attributes: Attributes) -> Operator:
    axis = attributes.get("axis", -1)

    def run(data: torch.Tensor) -> torch.Tensor:
        # Up to opset 12 all axes from this one on are one; for the last one there is no difference.
        if axis % data.ndim != data.ndim - 1:
            raise ModelError("the network can't be trained: Softmax over an axis in the middle")
        return torch.softmax(data, dim=-1)

    return run


def _split(attributes: Attributes) -> Operator:
    axis, named = attributes.get("axis", 0), attributes.get("split")

    def run(data: torch.Tensor, sizes: torch.Tensor | None = None) -> tuple[torch.Tensor, ...]:
        parts = named if sizes is None else _integers(sizes)
        if parts is None:
            raise ModelError("the network can't be trained: Split without sizes")
        return tuple(torch.split(data, list(parts), dim=axis))

    return run


def _squeeze(attributes: Attributes) -> Operator:
    named = attributes.get("axes")

    def run(data: torch.Tensor, axes: torch.Tensor | None = None) -> torch.Tensor:
        along = named if axes is None else _integers(axes)
        return data.squeeze() if along is None else data.squeeze(tuple(along))

    return run


def _transpose(attributes: Attributes) -> Operator:
    order = attributes.get("perm")
    if order is None:
        raise ModelError("the network can't be trained: Transpose without an order")
    return lambda data: data.permute(tuple(order))


def _unsqueeze(attributes: Attributes) -> Operator:
    named = attributes.get("axes")

    def run(data: torch.Tensor, axes: torch.Tensor | None = None) -> torch.Tensor:
        along = list(named or ()) if axes is None else _integers(axes)
        rank = data.ndim + len(along)
        for axis in sorted(place % rank for place in along):
            data = data.unsqueeze(axis)
        return data

    return run


_BUILDERS: Mapping[str, Builder] = {
    "AveragePool": _average_pool,
    "BatchNormalization": _batch_normalisation,
    "BatchNormalizationInTraining": _batch_normalisation_in_training,  # see Network
    "Cast": _cast,
    "Clip": _clip_of,
    "Concat": _concat,
    "Conv": _convolution,
    "ConvAdd": _convolution_and_sum,  # see hubocr.training.graph.fusion
    "Gather": _gather,
    "Gelu": _gelu,
    "Gemm": _gemm,
    "HardSigmoid": _hard_sigmoid,
    "LayerNormalization": _layer_normalisation,
    "LeakyRelu": _leaky_relu,
    "MaxPool": _max_pool,
    "ReduceMean": _mean,
    "Softmax": _softmax,
    "Split": _split,
    "Squeeze": _squeeze,
    "Transpose": _transpose,
    "Unsqueeze": _unsqueeze,
}
