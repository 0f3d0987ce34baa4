"""Whether a converted model gives what its source gives."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hubocr.conversion.equality import require_equality
from hubocr.engines.base import Dimensions, Tensor
from hubocr.engines.registry import load_engine
from hubocr.errors import ModelError
from hubocr.models.files import ModelFiles
from hubocr.settings import EngineSettings

_WIDTHS = (320, 480)
_HEIGHT = 48
_BATCHES = (1, 2)


def compare_program(model: ModelFiles, program: ModelFiles) -> float:
    """Return the largest difference between what an ONNX file and a Paddle program give for noise.

    Raises:
        ModelError: The difference is above `hubocr.conversion.equality.TOLERANCE`, or the model is
            not one of images.
        EngineError: One of them can't be loaded or run.
    """
    onnx = replace(model, pdmodel=None, pir=None, params=None, xml=None, bin=None)
    expecting = load_engine(onnx, EngineSettings(cpu_threads=1))
    finding = load_engine(program, EngineSettings(engine="paddle", cpu_threads=1))
    tensors = _noise(expecting.input_dimensions)
    what = f"the Paddle program of {model.onnx}, which was not written,"
    return require_equality(expecting.run, finding.run, tensors, what)


def _noise(dimensions: Dimensions) -> list[Tensor]:
    """Return inputs of every kind of size that the model takes."""
    if len(dimensions) != 4:
        raise ModelError(f"not a model of images: its input has the shape {dimensions}")
    batch, channels, height, width = dimensions
    random = np.random.default_rng(0)
    return [
        random.uniform(-1, 1, (count, channels or 3, height or _HEIGHT, size)).astype(np.float32)
        for count in (_BATCHES if batch is None else (batch,))
        for size in (_WIDTHS if width is None else (width,))
    ]
