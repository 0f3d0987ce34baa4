"""Whether a converted model gives what its source gives."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hubocr.conversion import equality
from hubocr.engines.base import Dimensions, Tensor
from hubocr.engines.registry import load_engine
from hubocr.errors import ModelError
from hubocr.models.files import ModelFiles
from hubocr.settings import EngineSettings

_WIDTHS = (320, 480)
_LINE_HEIGHT, _PAGE_HEIGHT = 48, 64
_BATCHES = (1, 2)
_OF_MAPS = 10
"""Times the usual tolerance: a map has thousands of probabilities, steep at the edges of text."""


def compare_program(model: ModelFiles, program: ModelFiles) -> float:
    """Return the largest difference between what an ONNX file and a Paddle program give.

    A recogniser is given noise, a detector a line of shapes that look like text to it: noise is
    background to every detector, whatever its weights are.

    Raises:
        ModelError: The difference is above `hubocr.conversion.equality.TOLERANCE`, or ten times
            that for a detector, or the model is not one of images.
        EngineError: One of them can't be loaded or run.
    """
    onnx = replace(model, pdmodel=None, pir=None, params=None, xml=None, bin=None)
    expecting = load_engine(onnx, EngineSettings(cpu_threads=1))
    finding = load_engine(program, EngineSettings(engine="paddle", cpu_threads=1))
    is_detector = len(expecting.output_dimensions) == 4
    tensors = _tensors(expecting.input_dimensions, is_detector)
    tolerance = equality.TOLERANCE * (_OF_MAPS if is_detector else 1)
    what = f"the Paddle program of {model.onnx}, which was not written,"
    return equality.require_equality(expecting.run, finding.run, tensors, what, tolerance)


def _tensors(dimensions: Dimensions, is_detector: bool) -> list[Tensor]:
    """Return inputs of every kind of size that the model takes."""
    if len(dimensions) != 4:
        raise ModelError(f"not a model of images: its input has the shape {dimensions}")
    batch, channels, height, width = dimensions
    random = np.random.default_rng(0)
    fill = _write if is_detector and height is None else _noise
    height = height or (_PAGE_HEIGHT if is_detector else _LINE_HEIGHT)
    return [
        fill((count, channels or 3, height, size), random)
        for count in (_BATCHES if batch is None else (batch,))
        for size in (_WIDTHS if width is None else (width,))
    ]


def _noise(shape: tuple[int, int, int, int], random: np.random.Generator) -> Tensor:
    return random.uniform(-1, 1, shape).astype(np.float32)


def _write(shape: tuple[int, int, int, int], random: np.random.Generator) -> Tensor:
    """Return a light page with a row of dark shapes of 5 x 7 dots, each dot 3 pixels wide."""
    page = np.full(shape, 2, np.float32)
    for left in range(24, shape[3] - 30, 18):
        dots = np.kron(random.random((7, 5)) < 0.5, np.ones((3, 3))).astype(bool)
        page[:, :, 16:37, left : left + 15][:, :, dots] = -2
    return page
