"""The model folder of a trained recogniser: ONNX file, dictionary and model card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hubocr.recognition.families.ppocr import RESIZE_KEY, STRETCH, WIDENING_KEY
from hubocr.training.card import choice_text, kept_text, weights_text
from hubocr.training.checkpoint import Checkpoint
from hubocr.training.graph import Graph
from hubocr.training.graph.export import CARD_FILE, score_text, write_model
from hubocr.training.recogniser.record import RecogniserRecord
from hubocr.training.recogniser.shape import InputShape

DICTIONARY_FILE = "dictionary.txt"


def publish(graph: Graph, state: Checkpoint, evaluation: Mapping[str, float], folder: Path) -> Path:
    """Write the best weights of a run as a model folder and return the ONNX file."""
    record = RecogniserRecord.from_dict(state.record)
    card = model_card(folder.resolve().name, record, evaluation, state.ranking)
    return export_model(graph, state.best, record.characters, card, folder)


def served_graph(graph: Graph, characters: Sequence[str], shape: InputShape) -> Graph:
    """Return the graph with what serving has to know: input size, characters, resizing."""
    metadata = {
        "character": "\n".join(characters),
        "input_shape": f"3,{shape.height},{'dynamic' if shape.width is None else shape.width}",
    }
    if shape.width is not None:
        metadata[RESIZE_KEY] = STRETCH
    elif shape.widening != 1:
        metadata[WIDENING_KEY] = f"{shape.widening:g}"
    return graph.replaced({}, size=(shape.height, shape.width), metadata=metadata)


def export_model(
    graph: Graph,
    weights: Mapping[str, Any],
    characters: Sequence[str],
    card: str,
    folder: Path,
) -> Path:
    """Write a model folder: the ONNX file, the dictionary and the model card.

    Args:
        graph: The network as `served_graph` made it.
        weights: The trained weights, arrays or tensors by name.
        characters: Character of class 1, 2, and so on.
        card: Text of the model card.
        folder: The folder; made if need be, files of an earlier export are replaced.

    Returns:
        The ONNX file.
    """
    lines = "".join(f"{character}\n" for character in characters)
    return write_model(graph, weights, {DICTIONARY_FILE: lines, CARD_FILE: card}, folder)


def model_card(
    name: str,
    record: RecogniserRecord,
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
    characters = "".join(record.characters)
    width = record.width or "as wide as the line, at least 320"
    resizing = "stretched to that" if record.width else "scaled to the height, padded at the right"
    if record.widening != 1:
        resizing += f", {record.widening:g} times as wide as its aspect ratio says"
    origin = f"fine-tuned with `hubocr train rec` from {Path(record.base or '').name}"
    if record.base is None:
        origin = "a small network trained from nothing with `hubocr train rec --scratch`"
    shown = characters if len(characters) <= 200 else f"{characters[:200]} ..."
    return f"""# {name}

A text line recogniser, {origin}.

## Input

RGB or grey images of one line; {record.height} pixels high and {width} wide, {resizing}. hubocr
does this by itself: the ONNX file says so.

## Characters ({len(record.characters)})

````text
{shown}
````

All of them are in `{DICTIONARY_FILE}` and in the ONNX file's metadata, key `character`.

## Data

{record.table()}{kept_text(record, "line")}
## Training

{record.preset} augmentation, batches of {record.batch_size}, learning rate
{record.learning_rate}, seed {record.seed}, {weights_text(record, evaluation)}

## Scores on the validation images

| line accuracy | character accuracy | normalised edit similarity |
|---|---|---|
| {score_text(evaluation, "line_accuracy")} | {score_text(evaluation, "character_accuracy")} \
| {score_text(evaluation, "edit_similarity")} |

{choice_text(ranking)}
"""
