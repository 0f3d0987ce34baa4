"""The model card of a distilled network."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from hubocr.training.distillation.request import DistillationRequest


def distillation_card(request: DistillationRequest, scores: Mapping[str, float]) -> str:
    """Return the model card as Markdown.

    Args:
        request: The run.
        scores: ``step`` and ``agreement`` with the teacher on lines kept aside.
    """
    teacher, student = Path(request.teacher).name, Path(request.student).name
    kind = "an int8 network that reads like" if request.int8 else "taught by"
    command = "hubocr distil --int8" if request.int8 else "hubocr distil"
    return f"""# {request.out.name}

{student}, {kind} {teacher}; made with
`{command}`. No label of a real image was used.

## Recipe

| | |
|---|---|
| teacher | {teacher} |
| student | {student} |
| lines | synthetic (`hubocr synth`): {_weights(request.synth.style_weights)} |
| unlabelled pictures | {request.crop_share if request.crops else 0:.0%} of the lines |
{_learning(request, int(scores.get("step", 0)))}
| seed | {request.synth.seed} |
| read like the teacher | {scores.get("agreement", 0):.4f} of synthetic lines kept aside |

## Licence

Apache-2.0, as the network it was made from (PP-OCR, PaddlePaddle authors).
"""


def _learning(request: DistillationRequest, steps: int) -> str:
    if not steps:
        return "| steps | none: the ranges of activations were measured, no weight was changed |"
    return f"""| steps | {steps}, {request.batch_size} lines each |
| learning rate | {request.learning_rate} |
| weight of synthetic labels | {request.label_weight} |
| lines without padding | {request.narrow:.0%} of those up to 320 pixels wide |"""


def _weights(weights: Mapping[str, float]) -> str:
    total = sum(weights.values())
    return ", ".join(f"{name} {weight / total:.0%}" for name, weight in weights.items())
