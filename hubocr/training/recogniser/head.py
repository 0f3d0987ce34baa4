"""The classifier at the end of a CTC network, and cutting it to the characters that are wanted.

The last layer has a column of weights for every character. The wanted characters keep the columns
that they have, so that the network reads them as well as before, and can't take them for any of
the thousands of others. Characters that the network never knew get fresh columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hubocr.errors import ModelError
from hubocr.training.graph import Array, Graph

_FRESH_SHARE = 0.1
"""Spread of fresh columns as a share of that of the old ones: small, so that the scores of a
character that was never seen start near the average and the gradients tell the columns apart."""


@dataclass(frozen=True)
class Head:
    """Where the classifier of a network is.

    Attributes:
        logits: Name of the tensor before the softmax, (N, steps, classes).
        weight: Name of the matrix.
        bias: Name of the bias; None where there is none.
        axis: The axis of the matrix that is the classes.
        classes: Number of classes, with the blank.
    """

    logits: str
    weight: str
    bias: str | None
    axis: int
    classes: int


def find_head(graph: Graph) -> Head:
    """Find the matrix product before the last softmax.

    Raises:
        ModelError: The network ends otherwise, so that it is not a CTC recogniser known here.
    """
    softmax = graph.producer(graph.output)
    if softmax is None or softmax.kind != "Softmax":
        raise ModelError("this is not a CTC recogniser: its output is not that of a softmax")
    logits = softmax.inputs[0]
    node, bias = graph.producer(logits), None
    if node is not None and node.kind == "Add":
        bias = next((name for name in node.inputs if name in graph.tensors), None)
        node = next((graph.producer(name) for name in node.inputs if name != bias), None)
    if node is None or node.kind not in ("MatMul", "Gemm"):
        raise ModelError("this is not a CTC recogniser: there is no linear layer at its end")
    axis = 0 if node.kind == "Gemm" and node.attributes.get("transB", 0) else 1
    weight = node.inputs[1]
    if node.kind == "Gemm" and len(node.inputs) > 2:
        bias = node.inputs[2]
    if weight not in graph.tensors or graph.tensors[weight].ndim != 2:
        raise ModelError("this is not a CTC recogniser: its last layer has no fixed weights")
    classes = graph.tensors[weight].shape[axis]
    if bias is not None and (bias not in graph.tensors or graph.tensors[bias].shape != (classes,)):
        raise ModelError("this is not a CTC recogniser: its last bias isn't one a class")
    return Head(logits, weight, bias, axis, classes)


def cut_head(graph: Graph, known: Sequence[str], wanted: Sequence[str], seed: int = 0) -> Graph:
    """Return the graph with one class for the blank and one for each wanted character.

    Args:
        graph: The network.
        known: Character of its class 1, 2, and so on; where one is there twice, the first counts.
        wanted: Characters, each once.
        seed: For the columns of characters that it doesn't know.

    Raises:
        ModelError: The network is no CTC recogniser, or its characters are others.
    """
    head = find_head(graph)
    if head.classes != len(known) + 1:
        raise ModelError(f"the network has {head.classes} classes, its characters {len(known) + 1}")
    classes = {character: place for place, character in reversed([*enumerate(known, start=1)])}
    places = [0, *(classes.get(character, -1) for character in wanted)]
    random = np.random.default_rng(seed)
    matrix = graph.tensors[head.weight]
    tensors = {head.weight: _taken(matrix, places, head.axis, random)}
    if head.bias is not None:
        tensors[head.bias] = _taken(graph.tensors[head.bias], places, 0, random)
    return graph.replaced(tensors, classes=len(places))


def _taken(array: Array, places: Sequence[int], axis: int, random: np.random.Generator) -> Array:
    """Return the places of an axis; fresh numbers around the mean of the old ones for -1."""
    rows = np.moveaxis(array, axis, 0)
    # The blank is another kind of class: its bias is far above the others.
    mean, spread = rows[1:].mean(axis=0), float(rows[1:].std())
    taken = rows[np.maximum(places, 0)].copy()
    for row, place in enumerate(places):
        if place < 0:
            taken[row] = mean + random.normal(0, _FRESH_SHARE * spread, mean.shape)
    return np.ascontiguousarray(np.moveaxis(taken, 0, axis)).astype(array.dtype)
