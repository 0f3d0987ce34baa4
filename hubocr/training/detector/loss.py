"""What a detector's probability map is held to.

Of the three losses of DB (Liao et al., 2019, section 3.5) the one on the probability map is left, a
binary cross entropy with online hard example mining. Those on the threshold map and the approximate
binary map need a branch that released weights don't have. What that branch teaches is where the
border of a region runs; here all pixels of a region teach it, shrunk part and rim alike, and every
region is worth as much as any other (instance-balanced, as in Deng et al., PixelLink: Detecting
Scene Text via Instance Segmentation, 2018). Of the background the hardest pixels count, three for
each pixel of text.

DB's binarisation, 1 / (1 + exp(-50 (P - T))), makes released networks answer with logits of -60 to
60 that change by 25 from one pixel to the next. Taken as they are, what such a network has
wrong costs a hundred times what is undecided, and training does little else than make all
logits smaller. So they are divided by a temperature (as in Guo et al., On Calibration of Modern
Neural Networks, 2017, section 4.2) that is measured once, before the first step.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from hubocr.settings import OcrOptions

_NEGATIVES = 3
"""Other pixels for each text pixel."""

_FEWEST_NEGATIVES = 0.01
"""Share of all pixels that is looked at where there is no text at all."""

_EPSILON = 1e-9

_THRESHOLD = OcrOptions().detection.thresh
_BORDER = math.log(_THRESHOLD / (1 - _THRESHOLD))
"""The logit at which serving's threshold lies; the loss has its even odds there."""

_BACKGROUND = 3.0
"""Logit of background at the temperature, a probability of 0.05: a clear answer that still has a
gradient."""


def map_loss(logits: torch.Tensor, target: torch.Tensor, temperature: float = 1.0) -> torch.Tensor:
    """Return the loss of maps against what is labelled.

    Args:
        logits: (N, 1, H, W) float32, before the sigmoid.
        target: (N, 3, H, W) float32, see `hubocr.training.detector.targets.draw_targets`.
        temperature: What logits are divided by.
    """
    text, mask = target[:, :1] * target[:, 1:2], target[:, 1:2]
    share = target[:, 2:] * mask
    odds = (logits - _BORDER) / temperature
    losses = functional.binary_cross_entropy_with_logits(odds, text, reduction="none") * mask
    regions = (losses * share).sum() / (share.sum() + _EPSILON)
    others = (share == 0) & (mask > 0)
    return regions + _hardest(losses, others, text)


def kept_loss(logits: torch.Tensor, base: torch.Tensor, temperature: float = 1.0) -> torch.Tensor:
    """Return how far maps are from those of the base model, 0 where they are the same.

    It is the Kullback-Leibler divergence of each pixel, over the text that the base finds and the
    hardest other pixels, times the temperature: its gradient falls with the temperature's square,
    that of a cross entropy with the temperature, and so the two stay as they are to each other.

    Args:
        logits: (N, 1, H, W) float32, before the sigmoid.
        base: The base model's for the same images.
        temperature: What both are divided by.
    """
    odds, wanted = logits / temperature, torch.sigmoid(base / temperature)
    cross = functional.binary_cross_entropy_with_logits(odds, wanted, reduction="none")
    own = functional.binary_cross_entropy_with_logits(base / temperature, wanted, reduction="none")
    divergence, text = cross - own, base > _BORDER
    found = (divergence * text).sum() / text.sum().clamp(min=1)
    return (found + _hardest(divergence, ~text, text)) * temperature


def measure_temperature(logits: NDArray[np.float32]) -> float:
    """Return what to divide a network's logits by, so that its background has the odds it should.

    It is a power of the square root of two, which does not depend on how many threads there were.

    Args:
        logits: Of some images, any shape; most of their pixels are background.
    """
    excess = float(np.median(np.abs(logits))) / _BACKGROUND
    return float(2 ** (max(0, round(2 * math.log2(max(excess, 1)))) / 2))


def _hardest(losses: torch.Tensor, others: torch.Tensor, text: torch.Tensor) -> torch.Tensor:
    """Return the mean of the largest losses outside of text; all are (N, 1, H, W)."""
    wanted = max(_NEGATIVES * int(text.sum()), int(_FEWEST_NEGATIVES * losses.numel()))
    count = max(min(int(others.sum()), wanted), 1)
    return torch.topk((losses * others).reshape(-1), count).values.mean()
