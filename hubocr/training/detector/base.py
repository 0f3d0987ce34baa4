"""The detector that training starts from, and the proof that it is the one that is served."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hubocr.conversion.to_onnx import onnx_file
from hubocr.detection.preprocess import detector_input, pad_small
from hubocr.errors import ModelError
from hubocr.imaging import BgrImage
from hubocr.models import find_model
from hubocr.settings import OcrOptions
from hubocr.training.base import Base, difference_from_engine
from hubocr.training.graph import Graph

_NOISE = (1, 3, 96, 160)
_TOLERANCE = 1e-3
"""Larger than for recognisers: a map has half a million probabilities, and those at the edges of
text are steep. Between the engines there is up to 2e-4."""


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
    tensors = [np.random.default_rng(seed).normal(0, 1, _NOISE).astype(np.float32)]
    tensors += [detector_input(pad_small(image), OcrOptions().detection) for image in images]
    difference = difference_from_engine(model, files, graph, tensors, threads, _TOLERANCE)
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
