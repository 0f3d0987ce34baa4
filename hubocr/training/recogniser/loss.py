"""How far a recogniser has moved from the one that it started from."""

from __future__ import annotations

import torch


def kept_loss(logits: torch.Tensor, base: torch.Tensor) -> torch.Tensor:
    """Return how far probabilities are from those of the base model, 0 where they are the same.

    It is the Kullback-Leibler divergence of each step, summed up and divided by the number of
    characters that the base reads, so that it weighs as much as the CTC loss a character.

    Args:
        logits: (N, steps, classes) float32, before the softmax.
        base: The base model's for the same images.
    """
    wanted, found = torch.log_softmax(base, dim=2), torch.log_softmax(logits, dim=2)
    divergence = (wanted.exp() * (wanted - found)).sum()
    characters = (base.argmax(dim=2) > 0).sum()
    return divergence / characters.clamp(min=len(base))
