"""What a detector's probability map is held to.

Of the three losses of DB (Liao et al., 2019, section 3.5) the one on the probability map is left:
binary cross entropy over all text pixels and the three times as many hardest others (online hard
example mining). The dice loss, which DB has on its approximate binary map, is on the probability
map itself here. The third, on the threshold map, needs a branch that released weights don't have.
"""

from __future__ import annotations

import torch
from torch.nn import functional

_NEGATIVES = 3
"""Other pixels for each text pixel."""

_FEWEST_NEGATIVES = 0.01
"""Share of all pixels that is looked at where there is no text at all."""

_EPSILON = 1e-6
_LIKELY = 0.1
"""Probability from which a pixel is one of the text that is to be kept."""


def map_loss(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Return the loss of maps against what is labelled.

    Args:
        logits: (N, 1, H, W) float32, before the sigmoid.
        target: (N, 2, H, W) float32, the shrunk regions and the mask.
    """
    text, mask = target[:, :1] * target[:, 1:], target[:, 1:]
    return _balanced_cross_entropy(logits, text, mask) + _dice(logits, text, mask)


def kept_loss(logits: torch.Tensor, base: torch.Tensor) -> torch.Tensor:
    """Return how far maps are from those of the base model, 0 where they are the same.

    It is the Kullback-Leibler divergence of each pixel, summed up and divided by the number of text
    pixels and those around them, so that it weighs as much as `map_loss`.

    Args:
        logits: (N, 1, H, W) float32, before the sigmoid.
        base: The base model's for the same images.
    """
    wanted = torch.sigmoid(base)
    cross = functional.binary_cross_entropy_with_logits(logits, wanted, reduction="sum")
    own = functional.binary_cross_entropy_with_logits(base, wanted, reduction="sum")
    count = (wanted > _LIKELY).sum() * (1 + _NEGATIVES)
    return (cross - own) / count.clamp(min=_FEWEST_NEGATIVES * wanted.numel())


def _balanced_cross_entropy(
    logits: torch.Tensor, text: torch.Tensor, mask: torch.Tensor
) -> torch.Tensor:
    losses = functional.binary_cross_entropy_with_logits(logits, text, reduction="none") * mask
    positives = int(text.sum())
    others = int(mask.sum()) - positives
    negatives = min(others, max(_NEGATIVES * positives, int(_FEWEST_NEGATIVES * mask.numel())))
    hardest = torch.topk((losses * (1 - text)).reshape(-1), max(negatives, 1)).values
    return ((losses * text).sum() + hardest.sum()) / (positives + negatives + _EPSILON)


def _dice(logits: torch.Tensor, text: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    found = torch.sigmoid(logits) * mask
    return 1 - 2 * (found * text).sum() / (found.sum() + text.sum() + _EPSILON)
