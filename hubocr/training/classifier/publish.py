"""The model folder of a trained direction classifier: ONNX file and model card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from hubocr.training.card import choice_text, kept_text, weights_text
from hubocr.training.checkpoint import Checkpoint
from hubocr.training.classifier.record import ClassifierRecord
from hubocr.training.graph import Graph
from hubocr.training.graph.export import CARD_FILE, score_text, write_model


def publish(graph: Graph, state: Checkpoint, evaluation: Mapping[str, float], folder: Path) -> Path:
    """Write the best weights of a run as a model folder and return the ONNX file."""
    record = ClassifierRecord.from_dict(state.record)
    card = model_card(folder.resolve().name, record, evaluation, state.ranking)
    return write_model(graph, state.best, {CARD_FILE: card}, folder)


def model_card(
    name: str,
    record: ClassifierRecord,
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
    labels = "All images were upright. " if record.upright else ""
    return f"""# {name}

A direction classifier ({", ".join(record.directions)} degrees clockwise), fine-tuned with
`hubocr train cls` from {Path(record.base or "").name}.

## Input

RGB images, {record.height} pixels high and {record.width} wide; hubocr scales them by itself.

## Data

{record.table()}{kept_text(record, "image")}
## Training

{labels}Each image was shown in every direction. {record.preset} augmentation, batches of
{record.batch_size}, learning rate {record.learning_rate}, seed {record.seed},
{weights_text(record, evaluation)}

## Scores on the validation images, each in every direction

| accuracy | turned found | upright turned |
|---|---|---|
| {score_text(evaluation, "accuracy")} | {score_text(evaluation, "turned_found")} \
| {score_text(evaluation, "upright_turned")} |

The last two are what serving does at its threshold. {choice_text(ranking)}
"""
