"""The model folder of a trained detector: ONNX file and model card."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from hubocr.training.checkpoint import Checkpoint
from hubocr.training.detector.record import DetectorRecord
from hubocr.training.graph import Graph
from hubocr.training.graph.export import CARD_FILE, score_text, write_model


def publish(graph: Graph, state: Checkpoint, folder: Path) -> Path:
    """Write the best weights of a run as a model folder and return the ONNX file."""
    record = DetectorRecord.from_dict(state.record)
    card = model_card(folder.resolve().name, record, state.best_evaluation)
    return write_model(graph, state.best, {CARD_FILE: card}, folder)


def model_card(name: str, record: DetectorRecord, evaluation: Mapping[str, float]) -> str:
    """Return the model card as Markdown.

    Args:
        name: Name of the model.
        record: The record of the run.
        evaluation: Scores on the validation images.
    """
    kept = (
        f"\nBeside each crop with labels there were {record.keep_ratio:g} of {record.kept} other "
        "images, on which the\nanswers of the base were kept.\n"
        if record.kept
        else ""
    )
    origin = Path(record.base or "").name
    return f"""# {name}

A text detector (DB), fine-tuned with `hubocr train det` from {origin}.

## Data

{record.table()}{kept}
## Training

Crops of {record.crop} pixels, {record.preset} augmentation, batches of {record.batch_size},
learning rate {record.learning_rate}, seed {record.seed}, {int(evaluation.get("step", 0))} steps to
these weights (an average of the last hundred). Only the probability map was trained: released
weights have no branch for the threshold map.

## Scores on the validation images

At an IoU of 0.5, as ICDAR 2015 counts:

| hmean | precision | recall |
|---|---|---|
| {score_text(evaluation, "hmean")} | {score_text(evaluation, "precision")} \
| {score_text(evaluation, "recall")} |

Where there were at least a hundred boxes the weights were chosen by these scores, so that images
that were never used may score a little less.
"""
