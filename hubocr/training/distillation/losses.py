"""How far the student is from the teacher, and from the labels."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch.nn import functional

from hubocr.training.distillation.chunks import Chunk

_QUIET = 0.2
"""Weight of a step at which the teacher sees no character; most steps are of this kind."""


@dataclass(frozen=True)
class Losses:
    """Losses of a batch, as tensors of one number.

    Attributes:
        total: What is made smaller.
        divergence: Kullback-Leibler divergence a step.
        agreement: Share of steps with the same most likely class, quiet ones left out.
    """

    total: torch.Tensor
    divergence: torch.Tensor
    agreement: torch.Tensor


def losses(
    student: torch.Tensor, teacher: torch.Tensor, chunk: Chunk, label_weight: float
) -> Losses:
    """Compare the logits of a student and a teacher.

    A line that the teacher reads otherwise than its label says counts less, by the probability
    that the teacher gives to a character of the label; what is missing, the label itself gives.

    Args:
        student: Logits (N, steps, classes), float32.
        teacher: The same; it may have more steps, since the student may see less padding.
        chunk: The lines.
        label_weight: Weight of the labels; 0: the teacher alone counts.
    """
    steps = student.shape[1]
    target = torch.log_softmax(teacher[:, :steps], dim=2)
    logs = torch.log_softmax(student, dim=2)
    divergence = (target.exp() * (target - logs)).sum(dim=2)
    heard = 1 - target[:, :, 0].exp()
    weights = _QUIET + (1 - _QUIET) * heard
    best = target.argmax(dim=2)
    loud = best > 0
    same = (logs.argmax(dim=2) == best) & loud
    agreement = same.sum() / loud.sum().clamp(min=1)
    mean = (divergence * weights).sum() / weights.sum()
    if not label_weight or not bool((chunk.lengths > 0).any()):
        return Losses(mean, mean.detach(), agreement)
    trust = torch.ones(len(chunk.lengths), device=student.device)
    known = chunk.lengths > 0
    lengths = chunk.lengths[known]
    rows = known.to(student.device)
    with torch.no_grad():
        trust[rows] = torch.exp(-_ctc(target[rows], chunk.classes, lengths).clamp(max=20))
    labelled = _ctc(logs[rows], chunk.classes, lengths)
    taught = (divergence * weights * trust[:, None]).sum() / weights.sum()
    total = taught + label_weight * ((1.1 - trust[rows]) * labelled).mean()
    return Losses(total, mean.detach(), agreement)


def _ctc(logs: torch.Tensor, classes: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
    """Return the CTC loss of each line, a character."""
    found = functional.ctc_loss(
        logs.transpose(0, 1),
        classes.to(logs.device),
        torch.full((len(lengths),), logs.shape[1], dtype=torch.int64),
        lengths,
        blank=0,
        reduction="none",
        zero_infinity=True,
    )
    return found / lengths.to(logs.device)
