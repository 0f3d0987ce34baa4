"""Cutting the classifier at the end of a CTC network to the characters that are wanted.

The last layer has a column of weights for every character. The wanted characters keep the columns
that they have, so that the network reads them as well as before, and can't take them for any of
the thousands of others. Characters that the network never knew get fresh columns.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hubocr.errors import ModelError
from hubocr.training.graph import Array, Graph
from hubocr.training.graph.head import find_head

_FRESH_SHARE = 0.1
"""Spread of fresh columns as a share of that of the old ones: small, so that the scores of a
character that was never seen start near the average and the gradients tell the columns apart."""


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
