"""From an ONNX file to a Paddle program: for Paddle's own tools, and its CUDA build.

X2Paddle writes the network as a Python module, runs it and saves what Paddle traces of it; so it
works in a process and a folder of its own. What comes out is compared with the ONNX file before it
is kept.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from hubocr.conversion.process import run_converter
from hubocr.errors import EngineError, ModelError
from hubocr.models.files import ModelFiles, inspect_model
from hubocr.optional import require_installed

_NAMES = ("inference.onnx", "model.onnx")
"""Names beside whose ONNX file a program is found."""

# Two operators are rewritten first. X2Paddle doesn't know HardSwish, which is x * HardSigmoid(x)
# with 1/6 and 1/2. What it makes of Resize fails in PaddlePaddle 3.3 with oneDNN; a detector's,
# which repeat every pixel, are transposed convolutions with ones. X2Paddle would tell its maker of
# every conversion.
_SCRIPT = """
import sys
import numpy
import onnx
from x2paddle.convert import onnx2paddle
source, target = sys.argv[1:]
model = onnx.shape_inference.infer_shapes(onnx.load(source))
graph, make = model.graph, onnx.helper.make_node
constants = {t.name: onnx.numpy_helper.to_array(t) for t in graph.initializer}
for node in graph.node:
    if node.op_type == "Constant" and node.attribute[0].name == "value":
        constants[node.output[0]] = onnx.numpy_helper.to_array(node.attribute[0].t)
channels = {}
for value in graph.value_info:
    sizes = value.type.tensor_type.shape.dim
    if len(sizes) == 4:
        channels[value.name] = sizes[1].dim_value
nodes = []
for node in graph.node:
    data, result = node.input[0] if node.input else "", node.output[0]
    scales = constants.get(node.input[2]) if node.op_type == "Resize" else None
    if node.op_type == "HardSwish":
        gate = result + ".gate"
        nodes.append(make("HardSigmoid", [data], [gate], alpha=1 / 6, beta=0.5))
        nodes.append(make("Mul", [data, gate], [result]))
    elif scales is not None and len(scales) == 4 and channels.get(data) and (scales % 1 == 0).all():
        size = scales[2:].astype(int).tolist()
        ones = numpy.ones((channels[data], 1, *size), numpy.float32)
        graph.initializer.append(onnx.numpy_helper.from_array(ones, result + ".ones"))
        more = {"group": channels[data], "kernel_shape": size, "strides": size}
        nodes.append(make("ConvTranspose", [data, result + ".ones"], [result], **more))
    else:
        nodes.append(node)
del model.graph.node[:]
model.graph.node.extend(nodes)
onnx.save(model, target + ".onnx")
onnx2paddle(target + ".onnx", target, disable_feedback=True)
"""

Compare = Callable[[ModelFiles, ModelFiles], float]
"""Gives the largest difference between what an ONNX file and a Paddle program give, or raises
`ModelError` where it is too large, such as `hubocr.engines.comparison.compare_program`."""


def write_paddle_program(model: ModelFiles, compare: Compare) -> float:
    """Write a model's ONNX file as a Paddle program beside it, under the same name.

    The files of ``inference.onnx`` are ``inference.json`` (``inference.pdmodel`` where PaddlePaddle
    2 is installed) and ``inference.pdiparams``.

    Args:
        model: The model, with an ONNX file.
        compare: Compares the two before the program is kept.

    Returns:
        What ``compare`` gives.

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
    require_installed(("paddle", "x2paddle"), "export", "a Paddle program")
    try:
        with tempfile.TemporaryDirectory(prefix=".paddle-", dir=model.folder) as scratch:
            staged = _converted(model.onnx, Path(scratch))
            difference = compare(model, staged)
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
