"""Proof that the network to be trained is the one that is served."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hubocr.engines import Engine
from hubocr.errors import ModelError
from hubocr.training.graph import Graph
from hubocr.training.network import Network

TOLERANCE = 1e-4
"""Largest difference of a probability; rounding makes 1e-5 of difference between engines."""


def largest_difference(
    graph: Graph, engine: Engine, tensors: Sequence[NDArray[np.float32]]
) -> float:
    """Return the largest difference between the outputs of a network here and in an engine.

    Args:
        graph: The network.
        engine: An engine with the same model, of full precision.
        tensors: Inputs (N, 3, height, width) float32.
    """
    network = Network(graph, graph.output)
    largest = 0.0
    for tensor in tensors:
        expected, found = engine.run(tensor), network.logits(tensor)
        if expected.shape != found.shape:
            raise ModelError(
                f"the network gives {found.shape} numbers, the {engine.name} engine "
                f"{expected.shape}"
            )
        largest = max(largest, float(np.abs(expected - found).max()))
    return largest


def require_equality(graph: Graph, engine: Engine, tensors: Sequence[NDArray[np.float32]]) -> float:
    """Return `largest_difference`.

    Raises:
        ModelError: It is above `TOLERANCE`, so that training would start from something else than
            the released model.
    """
    difference = largest_difference(graph, engine, tensors)
    if not difference <= TOLERANCE:
        raise ModelError(
            f"the trainable network differs from the model in the {engine.name} engine by "
            f"{difference:.1e} (at most {TOLERANCE:.0e} is allowed); nothing was trained"
        )
    return difference
