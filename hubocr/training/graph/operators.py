"""The operators of an inference graph, each as a function of PyTorch tensors.

Only what the PP-OCR families use is here and in `hubocr.training.graph.layers`; semantics are those
of the ONNX operator specification for opsets 9 to 18. An operator that isn't here is an error that
names it.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch.nn import functional

from hubocr.errors import ModelError
from hubocr.training.graph.layers import LAYERS, Attributes, Builder, Operator
from hubocr.training.int8.rounding import ACTIVATION, WEIGHT, round_activation, round_weight


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
            "those of PP-OCR from v3 on are"
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


def _gather(attributes: Attributes) -> Operator:
    axis = attributes.get("axis", 0)

    def run(data: torch.Tensor, index: torch.Tensor) -> torch.Tensor:
        places = torch.where(index < 0, index + data.shape[axis], index).to(data.device)
        shape = data.shape[:axis] + index.shape + data.shape[axis % data.ndim + 1 :]
        return data.index_select(axis, places.reshape(-1)).reshape(shape)

    return run


def _mean(attributes: Attributes) -> Operator:
    keep = bool(attributes.get("keepdims", 1))
    named = attributes.get("axes")

    def run(data: torch.Tensor, axes: torch.Tensor | None = None) -> torch.Tensor:
        along = named if axes is None else _integers(axes)
        return data.mean(dim=tuple(along or range(data.ndim)), keepdim=keep)

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
    **LAYERS,
    ACTIVATION: round_activation,
    WEIGHT: round_weight,
    "Cast": _cast,
    "Clip": _clip_of,
    "Concat": _concat,
    "Gather": _gather,
    "ReduceMean": _mean,
    "Split": _split,
    "Squeeze": _squeeze,
    "Transpose": _transpose,
    "Unsqueeze": _unsqueeze,
}
