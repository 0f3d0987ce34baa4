"""How far a recogniser has moved from the one that it started from."""

from __future__ import annotations

import torch


def kept_loss(logits: torch.Tensor, base: torch.Tensor) -> torch.Tensor:
    """Return how far probabilities are from those of the base model, 0 where they are the same.

    It is the Kullback-Leibler divergence of each step, summed up and divided by the number of
    characters that the base reads, so that it weighs as much as the CTC loss a character. Of a line
    above 1 it grows with the logarithm alone: on an image that nobody can read a sure guess of the
    base costs 30, and its gradient would be all that a batch teaches.

    Args:
        logits: (N, steps, classes) float32, before the softmax.
        base: The base model's for the same images.
    """
    wanted, found = torch.log_softmax(base, dim=2), torch.log_softmax(logits, dim=2)
    divergence = (wanted.exp() * (wanted - found)).sum(dim=(1, 2))
    characters = (base.argmax(dim=2) > 0).sum(dim=1)
    lines = divergence / characters.clamp(min=1)
    return torch.where(lines > 1, 1 + lines.clamp(min=1).log(), lines).mean()
