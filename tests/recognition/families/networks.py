"""Small networks whose answer is known by construction: the red of a step says its class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from hubocr.imaging import BgrImage

SHARPNESS = 10.0

Node = tuple[str, str, str, Mapping[str, Any]]
"""Operator, inputs and outputs with spaces between them, attributes."""


def level_logits(value: float, levels: Sequence[float]) -> NDArray[np.float64]:
    """The logits of a step: largest for the class whose level is nearest to the value."""
    nearest = np.asarray(levels, np.float64)
    logits: NDArray[np.float64] = SHARPNESS * (2 * value * nearest - nearest**2)
    return logits


def shares(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    powers = np.exp(logits - logits.max())
    result: NDArray[np.float64] = powers / powers.sum()
    return result


def draw_blocks(
    reds: Sequence[int], size: tuple[int, int], background: int, width: int = 16, gap: int = 16
) -> BgrImage:
    """Return an image (height, width) of bars of a given red, with a gap before each."""
    image = np.full((*size, 3), background, np.uint8)
    for place, red in enumerate(reds):
        start = gap + place * (width + gap)
        image[:, start : start + width] = (255 - red, 128, red)
    return image


def as_grey(image: BgrImage) -> BgrImage:
    """Return an image whose channels are all its red."""
    return np.repeat(image[:, :, 2:], 3, axis=2)


def write_network(
    path: Path,
    shape: Sequence[int | str],
    levels: Sequence[float],
    before: Sequence[Node],
    constants: Mapping[str, NDArray[Any]],
    after: Sequence[Node],
    outputs: Sequence[tuple[str, str]],
) -> Path:
    """Write an ONNX file.

    Args:
        path: The file.
        shape: Of the input ``input1``.
        levels: Level of each class, in the units of the input.
        before: Operations that make ``values``, of shape (..., 1).
        constants: Their weights.
        after: What follows ``logits``, of shape (..., classes).
        outputs: Name and type of each output.
    """
    onnx = pytest.importorskip("onnx", reason="onnx is not installed")
    level = np.asarray(levels, np.float64)
    arrays = {
        "weight": (2 * SHARPNESS * level)[None].astype(np.float32),
        "bias": (-SHARPNESS * level**2).astype(np.float32),
        **constants,
    }
    classes: Sequence[Node] = (
        ("MatMul", "values weight", "products", {}),
        ("Add", "products bias", "logits", {}),
    )
    value_info, kinds = onnx.helper.make_tensor_value_info, onnx.TensorProto
    graph = onnx.helper.make_graph(
        [
            onnx.helper.make_node(kind, inputs.split(), made.split(), **attributes)
            for kind, inputs, made, attributes in (*before, *classes, *after)
        ],
        "levels",
        [value_info("input1", kinds.FLOAT, list(shape))],
        [value_info(name, getattr(kinds, kind), None) for name, kind in outputs],
        [onnx.numpy_helper.from_array(array, name) for name, array in arrays.items()],
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 12)])
    model.ir_version = 8
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, path)
    return path
