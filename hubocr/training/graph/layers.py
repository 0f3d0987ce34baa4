"""Operators with weights or windows, and activations; see `hubocr.training.graph.operators`."""

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


def _transposed_convolution(attributes: Attributes) -> Operator:
    strides = tuple(attributes.get("strides", (1, 1)))
    dilations = tuple(attributes.get("dilations", (1, 1)))
    more = tuple(attributes.get("output_padding", (0, 0)))
    pads = tuple(attributes.get("pads", (0, 0, 0, 0)))
    groups = attributes.get("group", 1)
    automatic = attributes.get("auto_pad", "NOTSET") != "NOTSET" or "output_shape" in attributes
    if automatic or pads[:2] != pads[2:]:
        raise ModelError("the network can't be trained: ConvTranspose with uneven padding")

    def run(
        data: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None = None
    ) -> torch.Tensor:
        return functional.conv_transpose2d(
            data, weight, bias, strides, pads[:2], more, groups, dilations
        )

    return run


def _resize(attributes: Attributes) -> Operator:
    mode = attributes.get("mode", "nearest")
    place = attributes.get("coordinate_transformation_mode", "half_pixel")
    rounding = attributes.get("nearest_mode", "round_prefer_floor")
    if (mode, place, rounding) == ("nearest", "asymmetric", "floor"):
        options: dict[str, Any] = {"mode": "nearest"}
    elif (mode, place) == ("linear", "half_pixel"):
        options = {"mode": "bilinear", "align_corners": False}
    else:
        raise ModelError(f"the network can't be trained: Resize in the mode {mode}, {place}")

    def run(
        data: torch.Tensor,
        _: torch.Tensor | None = None,
        scales: torch.Tensor | None = None,
        sizes: torch.Tensor | None = None,
    ) -> torch.Tensor:
        if sizes is not None and sizes.numel():
            height, width = (int(size) for size in sizes[2:].tolist())
        elif scales is not None:
            height, width = (
                math.floor(side * scale)
                for side, scale in zip(data.shape[2:], scales[2:].tolist(), strict=True)
            )
        else:
            raise ModelError("the network can't be trained: Resize without a size")
        return functional.interpolate(data, (height, width), **options)

    return run


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


def _softmax(attributes: Attributes) -> Operator:
    axis = attributes.get("axis", -1)

    def run(data: torch.Tensor) -> torch.Tensor:
        # Up to opset 12 all axes from this one on are one; for the last one there is no difference.
        if axis % data.ndim != data.ndim - 1:
            raise ModelError("the network can't be trained: Softmax over an axis in the middle")
        return torch.softmax(data, dim=-1)

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


LAYERS: Mapping[str, Builder] = {
    "AveragePool": _average_pool,
    "BatchNormalization": _batch_normalisation,
    "BatchNormalizationInTraining": _batch_normalisation_in_training,  # see Network
    "Conv": _convolution,
    "ConvAdd": _convolution_and_sum,  # see hubocr.training.graph.fusion
    "ConvTranspose": _transposed_convolution,
    "Gelu": _gelu,
    "Gemm": _gemm,
    "HardSigmoid": _hard_sigmoid,
    "LayerNormalization": _layer_normalisation,
    "LeakyRelu": _leaky_relu,
    "MaxPool": _max_pool,
    "Resize": _resize,
    "Softmax": _softmax,
}
"""What builds the function of a node from its attributes, by the name of the ONNX operator."""
