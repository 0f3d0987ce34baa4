"""Which weights are learnt with which learning rate.

AdamW moves every weight by about the learning rate, however large it is. In a network exported for
inference, with batch normalisation folded into the convolutions, the typical weight of one kernel
is 0.01 and of another one 1: what hardly moves the second one destroys the first. Relative to the
kernel's own weights (You et al., Large Batch Training of Convolutional Networks, 2017) every layer
learns at the same pace.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

_TYPICAL = 0.1
"""Root mean square of the weights of a kernel that learns with the learning rate itself."""

_LEAST, _MOST = 0.1, 5.0


def parameter_groups(
    weights: Sequence[torch.Tensor], weight_decay: float, *, relative: bool
) -> list[dict[str, Any]]:
    """Return an optimiser's parameter groups, each with the ``scale`` of its learning rate.

    Args:
        weights: What is learnt.
        weight_decay: For matrices and kernels; biases and scales have none.
        relative: Each tensor learns in proportion to the size of its weights.
    """
    if not relative:
        parts = [[w for w in weights if w.ndim > 1], [w for w in weights if w.ndim <= 1]]
        return [
            {"params": part, "weight_decay": decay, "scale": 1.0}
            for part, decay in zip(parts, (weight_decay, 0.0), strict=True)
        ]
    return [
        {
            "params": [w],
            "weight_decay": weight_decay if w.ndim > 1 else 0.0,
            "scale": _scale(w.detach()),
        }
        for w in weights
    ]


def _scale(weight: torch.Tensor) -> float:
    """Return the typical size of weights as a share of `_TYPICAL`; of a bias or a scale at most 1.

    It is the median of the channels' root mean squares: a few channels of depthwise convolutions
    have weights fifty times the others'.
    """
    channels = max(weight.shape)
    is_vector = weight.numel() == channels
    rows = weight.reshape(channels, 1) if is_vector else weight.flatten(1)
    size = float(rows.square().mean(dim=1).sqrt().median()) / _TYPICAL
    return min(max(size, _LEAST), 1.0 if is_vector else _MOST)
