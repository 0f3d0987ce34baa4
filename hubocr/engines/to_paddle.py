"""From an ONNX file to a Paddle program: for Paddle's own tools, and its CUDA build.

X2Paddle writes the network as a Python module, runs it and saves what Paddle traces of it; so it
works in a process and a folder of its own. What comes out is compared with the ONNX file before it
is kept.
"""

from __future__ import annotations

import importlib.util
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from hubocr.engines.base import Dimensions, Tensor
from hubocr.engines.equality import require_equality
from hubocr.engines.registry import load_engine
from hubocr.engines.script import run_converter
from hubocr.errors import EngineError, ModelError
from hubocr.models.files import ModelFiles, inspect_model
from hubocr.settings import EngineSettings

_NAMES = ("inference.onnx", "model.onnx")
"""Names beside whose ONNX file a program is found."""

# It would tell its maker of every conversion.
_SCRIPT = """
import sys
from x2paddle.convert import onnx2paddle
onnx2paddle(sys.argv[1], sys.argv[2], disable_feedback=True)
"""
_WIDTHS = (320, 480)
_HEIGHT = 48
_BATCHES = (1, 2)


def write_paddle_program(model: ModelFiles) -> float:
    """Write a model's ONNX file as a Paddle program beside it, under the same name.

    The files of ``inference.onnx`` are ``inference.json`` (``inference.pdmodel`` where PaddlePaddle
    2 is installed) and ``inference.pdiparams``.

    Returns:
        The largest difference of a number between what Paddle Inference and ONNX's engine give for
        noise.

    Raises:
        ModelError: There is no ONNX file, or one of another name than ``inference.onnx`` or
            ``model.onnx``; there is a Paddle program already; what comes out of the new one differs
            from what the ONNX file gives; or the folder can't be written. Nothing is written then.
        EngineError: X2Paddle or PaddlePaddle isn't installed or fails.
    """
    if model.onnx is None:
        raise ModelError(f"{model.folder} has no ONNX file")
    if model.onnx.name not in _NAMES:
        raise ModelError(f"{model.onnx} must be called {' or '.join(_NAMES)} for that")
    require_no_program(model.onnx)
    for package in ("paddle", "x2paddle"):
        if importlib.util.find_spec(package) is None:
            raise EngineError(
                f"a Paddle program needs {package}, which is not installed: "
                "pip install 'hubocr[export]'"
            )
    try:
        with tempfile.TemporaryDirectory(prefix=".paddle-", dir=model.folder) as scratch:
            staged = _converted(model.onnx, Path(scratch))
            difference = _compared(model, staged)
            for path in (staged.params, staged.paddle_program):
                if path is not None:  # the program last: whoever sees it sees its parameters
                    path.replace(model.onnx.with_suffix(path.suffix))
    except OSError as error:
        raise ModelError(f"can't write {model.folder}: {error.strerror or error}") from error
    return difference


def require_no_program(onnx: Path) -> None:
    """Raise `ModelError` where a Paddle program lies beside an ONNX file under its name."""
    for suffix in (".json", ".pdmodel", ".pdiparams"):
        present = onnx.with_suffix(suffix)
        if present.exists():
            raise ModelError(f"{present}, of a Paddle program, is there already; remove it first")


def _converted(source: Path, folder: Path) -> ModelFiles:
    status, reason = run_converter(_SCRIPT, source, str(folder / "raw"))
    found = folder / "raw" / "inference_model"
    if status or not (found / "model.pdiparams").is_file():
        raise EngineError(f"x2paddle can't convert {source}: {reason}")
    staged = folder / "staged"
    staged.mkdir()
    for path in found.iterdir():
        path.replace(staged / f"inference{path.suffix}")
    return inspect_model(staged)


def _compared(model: ModelFiles, program: ModelFiles) -> float:
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
