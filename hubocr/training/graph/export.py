"""From trained weights to a model folder that every engine and entry point serves."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from hubocr.training.graph.graph import Array, Graph

MODEL_FILE = "inference.onnx"
CARD_FILE = "README.md"


def write_model(
    graph: Graph, weights: Mapping[str, Any], papers: Mapping[str, str], folder: Path
) -> Path:
    """Write a model folder: the ONNX file and what lies beside it.

    Args:
        graph: The network as it is served.
        weights: The trained weights, arrays or tensors by name.
        papers: Texts by the names of their files, such as the model card.
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
    for name, text in papers.items():
        (folder / name).write_bytes(text.encode())
    graph.replaced(arrays).save(folder / MODEL_FILE)
    return folder / MODEL_FILE


def score_text(evaluation: Mapping[str, float], name: str) -> str:
    """Return a figure of an evaluation as model cards have it."""
    return f"{evaluation[name]:.4f}" if name in evaluation else "not measured"
