"""Converting a Paddle program to ONNX once, cached under the hash of its source.

paddle2onnx is a C++ library that ends the process on some faults, so it runs in a process of its
own. Its 1.x releases read ``.pdmodel`` programs and its 2.x releases JSON programs: the version
that is installed decides what can be converted.
"""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

from hubocr.conversion.process import run_converter
from hubocr.errors import EngineError, MissingPackageError
from hubocr.models.files import ModelFiles
from hubocr.optional import installed_version
from hubocr.paths import cache_folder

_OPSET = 14
_SCRIPT = """
import sys
import paddle2onnx
program, params, target, opset = sys.argv[1:]
paddle2onnx.export(program, params, target, opset_version=int(opset))
"""


def onnx_file(model: ModelFiles) -> Path:
    """Return the model's ONNX file: its own, or the cached conversion of its Paddle program.

    Raises:
        EngineError: paddle2onnx is missing, doesn't suit the program or fails on it.
    """
    if model.onnx is not None:
        return model.onnx
    program = model.paddle_program
    if program is None or model.params is None:
        raise EngineError(f"{model.folder} has neither an ONNX file nor a Paddle program")
    digest = hashlib.sha256(program.read_bytes() + model.params.read_bytes()).hexdigest()
    cached = cache_folder() / "onnx" / f"{digest}.onnx"
    if not cached.is_file():
        _convert(program, model.params, cached)
    return cached


def _convert(program: Path, params: Path, target: Path) -> None:
    needed = "paddle2onnx 2 and paddlepaddle" if program.suffix == ".json" else "paddle2onnx 1"
    version = installed_version("paddle2onnx")
    if version is None:
        raise MissingPackageError(
            f"{program} must be converted to ONNX for this engine, and paddle2onnx is not "
            f"installed: pip install 'hubocr[onnx]' (this program needs {needed})"
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="convert-", dir=target.parent) as scratch:
        converted = Path(scratch) / "model.onnx"
        _, reason = run_converter(_SCRIPT, program, str(params), str(converted), str(_OPSET))
        if not converted.is_file() or converted.stat().st_size == 0:
            raise EngineError(
                f"paddle2onnx {version} can't convert {program} (which needs {needed}): {reason}"
            )
        converted.replace(target)
