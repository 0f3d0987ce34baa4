"""The detector that training starts from, and the proof that it is the one that is served."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hubocr.conversion.equality import require_equality
from hubocr.conversion.to_onnx import onnx_file
from hubocr.detection.preprocess import detector_input, pad_small
from hubocr.engines import load_engine
from hubocr.errors import ModelError
from hubocr.imaging import BgrImage
from hubocr.models import find_model
from hubocr.settings import EngineSettings, OcrOptions
from hubocr.training.graph import Graph
from hubocr.training.graph.network import Network

_NOISE = (1, 3, 96, 160)
_TOLERANCE = 1e-3
"""Larger than for recognisers: a map has half a million probabilities, and those at the edges of
text are steep. Between the engines there is up to 2e-4."""


@dataclass(frozen=True, eq=False)
class Base:
    """A released detector.

    Attributes:
        graph: Its network.
        logits: Name of the tensor before the sigmoid, (N, 1, H, W).
        difference: Largest difference of a probability between the network here and in its engine.
    """

    graph: Graph
    logits: str
    difference: float


def load_base(model: str, images: Sequence[BgrImage], threads: int, seed: int) -> Base:
    """Load a detector and compare what it gives here with what its engine gives.

    Args:
        model: Registry name or path.
        images: Some images to compare on, besides noise.
        threads: Threads of the engine; 0: all.
        seed: For the noise.

    Raises:
        ModelError: It can't be found or trained, or the two differ.
        EngineError: There is no engine for it.
    """
    files = find_model(model)
    graph = Graph.load(onnx_file(files))
    logits = find_logits(graph)
    engine = load_engine(files, EngineSettings(precision="fp32", cpu_threads=threads), streams=1)
    tensors = [np.random.default_rng(seed).normal(0, 1, _NOISE).astype(np.float32)]
    tensors += [detector_input(pad_small(image), OcrOptions().detection) for image in images]
    network = Network(graph, graph.output)
    what = f"what would be trained of {model}"
    difference = require_equality(engine.run, network.logits, tensors, what, _TOLERANCE)
    return Base(graph, logits, difference)


def find_logits(graph: Graph) -> str:
    """Return the name of the tensor before the sigmoid at the end.

    Raises:
        ModelError: The network ends otherwise, so that it is not a DB detector known here.
    """
    last = graph.producer(graph.output)
    if last is None or last.kind != "Sigmoid":
        raise ModelError("this is not a DB detector: its output is not that of a sigmoid")
    return last.inputs[0]
