"""Weights between those that a run started from and those that it learnt.

What a network has learnt and what it has forgotten don't change alike on the straight line between
the two: a part of the way keeps nearly all of both (Wortsman et al., Robust fine-tuning of
zero-shot models, 2022).
"""

from __future__ import annotations

import torch

from hubocr.training.checkpoint import Weights


def interpolated(start: Weights, trained: Weights, share: float) -> Weights:
    """Return weights on the straight line.

    Args:
        start: Tensors by name.
        trained: Tensors by name, the same ones.
        share: 1: the trained ones, which are returned as they are; 0: the start's.
    """
    if share == 1:
        return trained
    return {name: torch.lerp(start[name], weight, share) for name, weight in trained.items()}
