"""Paddle Inference: the reference engine, and the one for GPUs."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from hubocr.conversion.onnx_graph import OnnxDeclaration, read_declaration
from hubocr.engines.base import Dimensions, Tensor
from hubocr.engines.pool import ResourcePool
from hubocr.errors import EngineError, ModelError
from hubocr.models.files import ModelFiles
from hubocr.optional import require
from hubocr.settings import EngineSettings, Precision


class PaddleEngine:
    """Clones of one Paddle predictor: they share weights, and each serves one thread at a time.

    Args:
        model: Files of the model, with a Paddle program.
        settings: Device, threads and oneDNN.
        streams: How many clones there are at most; the threads are divided among them.

    Raises:
        EngineError: Paddle isn't installed, or can't load the model or use the GPU.
    """

    name = "paddle"
    precision: ClassVar[Precision] = "fp32"

    def __init__(self, model: ModelFiles, settings: EngineSettings, streams: int) -> None:
        program, params = model.paddle_program, model.params
        if program is None or params is None:
            raise EngineError(
                f"{model.folder} has no Paddle program; use openvino or onnxruntime for ONNX"
            )
        if settings.precision == "bf16":
            raise EngineError("the paddle engine has no bf16; use openvino")
        if model.output is not None:
            raise EngineError("the paddle engine gives no inner tensor; use openvino")
        inference = require("paddle.inference", "paddle", "the paddle engine")
        if settings.use_gpu:
            _check_cuda()
        if program.suffix == ".pdmodel":
            _check_program(program)
        config = _config(inference, program, params, settings, streams)
        try:
            self._predictor = inference.create_predictor(config)
        except Exception as error:
            raise EngineError(f"paddle can't load {program}: {_summary(error)}") from error
        self._input: str = self._predictor.get_input_names()[0]
        self._output: str = self._predictor.get_output_names()[0]
        # Paddle Inference tells no shapes before a tensor has gone through, and a program carries
        # no metadata; an ONNX file of the same model beside it does.
        declared = OnnxDeclaration()
        if model.onnx is not None:
            with contextlib.suppress(ModelError, OSError):  # the program is there all the same
                declared = read_declaration(model.onnx.read_bytes(), str(model.onnx))
        self.input_dimensions: Dimensions = declared.input
        self.output_dimensions: Dimensions = declared.output
        self.metadata: Mapping[str, str] = declared.metadata
        self._clones = ResourcePool(self._predictor.clone, streams)

    def run(self, tensor: Tensor) -> Tensor:
        """See `hubocr.engines.base.Engine.run`."""
        with self._clones.borrow() as predictor:
            handle = predictor.get_input_handle(self._input)
            try:
                handle.reshape(tensor.shape)
                handle.copy_from_cpu(np.ascontiguousarray(tensor))
                predictor.run()
                output = predictor.get_output_handle(self._output).copy_to_cpu()
            except Exception as error:
                raise EngineError(
                    f"paddle failed on a tensor of shape {tensor.shape}: {_summary(error)}"
                ) from error
            return np.asarray(output, dtype=np.float32)


def _config(
    inference: Any, program: Path, params: Path, settings: EngineSettings, streams: int
) -> Any:
    config = inference.Config(str(program), str(params))
    config.disable_glog_info()
    if program.suffix == ".pdmodel":  # with JSON programs it fails (3.3: "Not find predictor_id")
        config.enable_memory_optim()
    if settings.use_gpu:
        config.enable_use_gpu(settings.gpu_mem, settings.gpu_id)
        return config
    config.disable_gpu()
    config.set_cpu_math_library_num_threads(max(1, settings.threads // streams))
    if settings.enable_mkldnn:
        config.enable_mkldnn()
    else:
        config.disable_mkldnn()
    return config


def _check_program(program: Path) -> None:
    """Refuse a file that is no program: Paddle Inference would end the process."""
    from paddle.base import core

    try:
        core.ProgramDesc(program.read_bytes())
    except Exception as error:
        raise EngineError(f"paddle can't load {program}: {_summary(error)}") from error


def _check_cuda() -> None:
    import paddle

    if not paddle.is_compiled_with_cuda():
        raise EngineError(
            "use_gpu is set but this PaddlePaddle has no CUDA: install paddlepaddle-gpu, or set "
            "use_gpu to false"
        )


def _summary(error: Exception) -> str:
    """Return the line of a Paddle error that says what is wrong, without its C++ stack."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return next((line for line in lines if "Error:" in line), lines[-1] if lines else "no reason")
