"""The classifier that training starts from: how many directions, and how large an input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hubocr.classification import LINE_DIRECTIONS, PAGE_DIRECTIONS, PAGE_SIZE, page_tensor
from hubocr.conversion.to_onnx import onnx_file
from hubocr.errors import ModelError
from hubocr.imaging import BgrImage
from hubocr.imaging.lines import line_tensor
from hubocr.models import find_model
from hubocr.models.files import ModelFiles
from hubocr.settings import ClassificationSettings
from hubocr.training.graph import Graph
from hubocr.training.graph.head import find_head


@dataclass(frozen=True)
class Input:
    """What a classifier is shown.

    Attributes:
        directions: The directions that it tells apart, in the order of its classes.
        height: In pixels.
        width: In pixels.
    """

    directions: tuple[str, ...]
    height: int
    width: int

    def tensor(self, images: Sequence[BgrImage]) -> NDArray[np.float32]:
        """Return images as (N, 3, height, width) float32, in the very way of serving."""
        if self.directions == PAGE_DIRECTIONS:
            return np.concatenate([page_tensor(image) for image in images])
        return line_tensor(images, self.height, self.width)


_INPUTS: Mapping[int, Input] = {
    2: Input(LINE_DIRECTIONS, *ClassificationSettings().image_shape[1:]),
    4: Input(PAGE_DIRECTIONS, PAGE_SIZE, PAGE_SIZE),
}
"""By the number of classes."""


@dataclass(frozen=True, eq=False)
class Classifier:
    """A released classifier.

    Attributes:
        files: Its files.
        graph: Its network, with the input's size.
        logits: Name of the tensor before the softmax, (N, classes).
        input: What it is shown.
    """

    files: ModelFiles
    graph: Graph
    logits: str
    input: Input


def load_classifier(model: str) -> Classifier:
    """Load a classifier by registry name or path.

    Raises:
        ModelError: It can't be found or trained, or is no direction classifier.
    """
    files = find_model(model)
    graph = Graph.load(onnx_file(files))
    head = find_head(graph)
    if head.classes not in _INPUTS:
        counts = " or ".join(map(str, _INPUTS))
        raise ModelError(
            f"{model} is not a direction classifier: it has {head.classes} classes, not {counts}"
        )
    seen = _INPUTS[head.classes]
    return Classifier(files, graph.replaced({}, size=(seen.height, seen.width)), head.logits, seen)
