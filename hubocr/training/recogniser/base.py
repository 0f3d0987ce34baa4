"""The model that training starts from, and the proof that it is the one that is served."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hubocr.conversion.to_onnx import onnx_file
from hubocr.imaging import BgrImage
from hubocr.models import find_model
from hubocr.recognition import load_vocabulary
from hubocr.recognition.families.ppocr import widening_of
from hubocr.training.base import difference_from_engine
from hubocr.training.graph import Graph
from hubocr.training.graph.head import find_head
from hubocr.training.recogniser.shape import HEIGHT, InputShape

_WIDTH = 320


@dataclass(frozen=True, eq=False)
class Base:
    """A released recogniser.

    Attributes:
        graph: Its network.
        characters: Character of its class 1, 2, and so on.
        difference: Largest difference of a probability between the network here and in its engine.
    """

    graph: Graph
    characters: tuple[str, ...]
    difference: float

    @property
    def shape(self) -> InputShape:
        """Size of its input for lines of any length."""
        return InputShape(HEIGHT, None, widening_of(self.graph.metadata))


def load_base(
    model: str, dictionary: str | None, images: Sequence[BgrImage], threads: int, seed: int
) -> Base:
    """Load a recogniser and compare what it gives here with what its engine gives.

    Args:
        model: Registry name or path.
        dictionary: Its dictionary file, where it isn't its own.
        images: Some images to compare on, besides noise.
        threads: Threads of the engine; 0: all.
        seed: For the noise.

    Raises:
        ModelError: It can't be found or trained, or the two differ.
        EngineError: There is no engine for it.
    """
    files = find_model(model)
    graph = Graph.load(onnx_file(files))
    vocabulary = load_vocabulary(
        files, graph.metadata, dict_path=dictionary, class_count=find_head(graph).classes
    )
    noise = np.random.default_rng(seed).uniform(-1, 1, (1, 3, HEIGHT, _WIDTH))
    tensors = [noise.astype(np.float32), InputShape(HEIGHT, _WIDTH).tensor(images, _WIDTH)]
    difference = difference_from_engine(model, files, graph, tensors, threads)
    return Base(graph, vocabulary.characters, difference)
