"""From trained weights to a model folder that every engine and door serves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hubocr.recognition.families.ppocr import RESIZE_KEY, STRETCH
from hubocr.training.graph import Array, Graph
from hubocr.training.shape import InputShape

MODEL_FILE = "inference.onnx"
DICTIONARY_FILE = "dictionary.txt"
CARD_FILE = "README.md"


def served_graph(graph: Graph, characters: Sequence[str], shape: InputShape) -> Graph:
    """Return the graph with what serving has to know: input size, characters, resizing."""
    metadata = {
        "character": "\n".join(characters),
        "input_shape": f"3,{shape.height},{'dynamic' if shape.width is None else shape.width}",
    }
    if shape.width is not None:
        metadata[RESIZE_KEY] = STRETCH
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
    folder.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, Array] = {
        name: np.ascontiguousarray(weight, graph.tensors[name].dtype)
        for name, weight in weights.items()
    }
    # The model last: whoever sees it sees the rest as well.
    lines = "".join(f"{character}\n" for character in characters)
    (folder / DICTIONARY_FILE).write_bytes(lines.encode())
    (folder / CARD_FILE).write_bytes(card.encode())
    graph.replaced(arrays).save(folder / MODEL_FILE)
    return folder / MODEL_FILE


def model_card(name: str, card: Mapping[str, Any], evaluation: Mapping[str, float]) -> str:
    """Return the model card as Markdown.

    Args:
        name: Name of the model.
        card: What `hubocr.training.run` noted of the run.
        evaluation: Scores on the validation images.
    """
    characters = "".join(card["characters"])
    width = card["width"] or "as wide as the line, at least 320"
    resizing = "stretched to that" if card["width"] else "scaled to the height, padded at the right"
    rows = "".join(
        f"| {source['use']} | {source['name']} | {source['images']} | {source['skipped']} |\n"
        for source in card["sources"]
    )
    origin = f"fine-tuned with `hubocr train rec` from {card['base']}"
    if card["base"] is None:
        origin = "a small network trained from nothing with `hubocr train rec --scratch`"
    shown = characters if len(characters) <= 200 else f"{characters[:200]} ..."
    return f"""# {name}

A text line recogniser, {origin}.

## Input

RGB or grey images of one line; {card["height"]} pixels high and {width} wide, {resizing}. hubocr
does this by itself: the ONNX file says so.

## Characters ({len(card["characters"])})

````text
{shown}
````

All of them are in `{DICTIONARY_FILE}` and in the ONNX file's metadata, key `character`.

## Data

| use | source | images | skipped |
|---|---|---|---|
{rows}
## Training

{card["augmentation"]} augmentation, batches of {card["batch_size"]}, learning rate
{card["learning_rate"]}, seed {card["seed"]}, {int(evaluation.get("step", 0))} steps to these
weights (an average of the last hundred).

## Scores on the validation images

| line accuracy | character accuracy | normalised edit similarity |
|---|---|---|
| {_score(evaluation, "line_accuracy")} | {_score(evaluation, "character_accuracy")} \
| {_score(evaluation, "edit_similarity")} |

The weights were chosen by these scores, so that images that were never used may score a little
less.
"""


def _score(evaluation: Mapping[str, float], name: str) -> str:
    return f"{evaluation[name]:.4f}" if name in evaluation else "not measured"
