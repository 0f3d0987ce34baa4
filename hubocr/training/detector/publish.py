"""The model folder of a trained detector: ONNX file and model card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from hubocr.training.card import choice_text, kept_text, weights_text
from hubocr.training.checkpoint import Checkpoint
from hubocr.training.detector.record import DetectorRecord
from hubocr.training.graph import Graph
from hubocr.training.graph.export import CARD_FILE, score_text, write_model


def publish(graph: Graph, state: Checkpoint, evaluation: Mapping[str, float], folder: Path) -> Path:
    """Write the best weights of a run as a model folder and return the ONNX file."""
    record = DetectorRecord.from_dict(state.record)
    card = model_card(folder.resolve().name, record, evaluation, state.ranking)
    return write_model(graph, state.best, {CARD_FILE: card}, folder)


def model_card(
    name: str,
    record: DetectorRecord,
    evaluation: Mapping[str, float],
    ranking: Sequence[str],
) -> str:
    """Return the model card as Markdown.

    Args:
        name: Name of the model.
        record: The record of the run.
        evaluation: Step of the weights, and their scores on the validation images.
        ranking: Scores by which the weights were chosen.
    """
    origin = Path(record.base or "").name
    return f"""# {name}

A text detector (DB), fine-tuned with `hubocr train det` from {origin}.

## Data

{record.table()}{kept_text(record, "crop")}
## Training

Crops of {record.crop} pixels, {record.preset} augmentation, batches of {record.batch_size},
learning rate {record.learning_rate}, seed {record.seed}, {weights_text(record, evaluation)}

Only the probability map was trained: released weights have no branch for the threshold map.

## Scores on the validation images

At an IoU of 0.5, as ICDAR 2015 counts:

| hmean | precision | recall |
|---|---|---|
| {score_text(evaluation, "hmean")} | {score_text(evaluation, "precision")} \
| {score_text(evaluation, "recall")} |

{choice_text(ranking)}
"""
