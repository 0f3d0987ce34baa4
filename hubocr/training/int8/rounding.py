"""Rounding to 8 bits with gradients, as the integers of the exported network will round."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

ACTIVATION, WEIGHT = "FakeQuantizeActivation", "FakeQuantizeWeight"
"""Kinds of the nodes that round; they stand in no ONNX file."""

LEVELS = 255
"""Of activations, 0 to 255: what lies below 0 takes a share of them."""

WEIGHT_LEVELS = 127
"""Of weights, -127 to 127."""

_SMALLEST = 1e-6


def activation_scale(low: float, high: float) -> tuple[float, int]:
    """Return the step and the zero point of a range, which always holds 0."""
    low, high = min(low, 0.0), max(high, 0.0)
    scale = max((high - low) / LEVELS, _SMALLEST)
    return scale, int(np.clip(round(-low / scale), 0, LEVELS))


def round_activation(_: Mapping[str, Any]) -> Callable[..., torch.Tensor]:
    """Return the operator that rounds a tensor within a range (2,), which is learnt."""

    def run(data: torch.Tensor, bounds: torch.Tensor) -> torch.Tensor:
        low, high = bounds[:1].clamp(max=0.0), bounds[1:].clamp(min=0.0)
        scale = ((high - low) / LEVELS).clamp(min=_SMALLEST)
        zero = -low / scale
        # The gradient of a step is a sum over all numbers that it rounds: scaled as LSQ says.
        factor = 1.0 / (data.numel() * LEVELS) ** 0.5
        return torch._fake_quantize_learnable_per_tensor_affine(
            data.float(), scale, zero, 0, LEVELS, factor
        )

    return run


def round_weight(attributes: Mapping[str, Any]) -> Callable[[torch.Tensor], torch.Tensor]:
    """Return the operator that rounds weights, each output channel within its own range."""
    axis = int(attributes["axis"])

    def run(weight: torch.Tensor) -> torch.Tensor:
        others = [place for place in range(weight.ndim) if place != axis]
        scale = (weight.detach().abs().amax(dim=others) / WEIGHT_LEVELS).clamp(min=_SMALLEST)
        zeros = torch.zeros(len(scale), dtype=torch.int32, device=weight.device)
        return torch.fake_quantize_per_channel_affine(
            weight, scale, zeros, axis, -WEIGHT_LEVELS, WEIGHT_LEVELS
        )

    return run


def integer_weight(weight: NDArray[np.float32], axis: int) -> tuple[NDArray[np.int8], Any]:
    """Return weights as int8, and the step of each output channel, float32."""
    others = tuple(place for place in range(weight.ndim) if place != axis)
    scale = np.maximum(np.abs(weight).max(axis=others) / WEIGHT_LEVELS, _SMALLEST)
    scale = scale.astype(np.float32)
    shape = [-1 if place == axis else 1 for place in range(weight.ndim)]
    rounded = np.rint(weight / scale.reshape(shape)).clip(-WEIGHT_LEVELS, WEIGHT_LEVELS)
    return rounded.astype(np.int8), scale
