"""What training starts from, and the proof that it is the model that is served."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from hubocr.conversion.equality import Tensor, require_equality
from hubocr.engines import load_engine
from hubocr.models.files import ModelFiles
from hubocr.settings import EngineSettings
from hubocr.training.graph import Graph
from hubocr.training.graph.network import Network


@dataclass(frozen=True, eq=False)
class Base:
    """A released model.

    Attributes:
        graph: Its network.
        logits: Name of the tensor that the loss is worked out on.
        difference: Largest difference of a probability between the network here and in its engine.
    """

    graph: Graph
    logits: str
    difference: float


def difference_from_engine(
    model: str,
    files: ModelFiles,
    graph: Graph,
    tensors: Sequence[Tensor],
    threads: int,
    tolerance: float | None = None,
) -> float:
    """Return the largest difference between what a network gives here and in its engine.

    Args:
        model: Registry name or path, for messages.
        files: Its files.
        graph: Its network.
        tensors: What both are given.
        threads: Threads of the engine; 0: all.
        tolerance: See `hubocr.conversion.equality.require_equality`.

    Raises:
        ModelError: The difference is too large, or the network can't be trained.
        EngineError: There is no engine for it.
    """
    engine = load_engine(files, EngineSettings(precision="fp32", cpu_threads=threads), streams=1)
    network = Network(graph, graph.output)
    what = f"what would be trained of {model}"
    return require_equality(engine.run, network.logits, tensors, what, tolerance)


class Before:
    """The network before the first step, loaded when it is first asked.

    Args:
        load: Loads it.
    """

    def __init__(self, load: Callable[[], Network]) -> None:
        self._load = load
        self._network: Network | None = None

    def logits(self, images: NDArray[np.float32]) -> torch.Tensor:
        """Return its output for images (N, 3, height, width) float32, on the CPU."""
        if self._network is None:
            self._network = self._load()
        return torch.from_numpy(self._network.logits(images))
