"""ONNX Runtime: the portable engine, for ONNX files and converted Paddle models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from hubocr.conversion.onnx_graph import add_output
from hubocr.conversion.to_onnx import onnx_file
from hubocr.engines.base import Dimensions, Tensor
from hubocr.errors import EngineError
from hubocr.models.files import ModelFiles
from hubocr.optional import require
from hubocr.settings import EngineSettings, Precision

_WEIGHTS_FOLDER = "session.model_external_initializers_file_folder_path"


class OnnxRuntimeEngine:
    """An inference session, shared by all threads (sessions are thread-safe).

    Args:
        model: Files of the model; a Paddle program is converted once and cached.
        settings: Device and threads.
        streams: How many tensors are processed concurrently; the threads are divided among them.

    Raises:
        EngineError: ONNX Runtime isn't installed, or can't load the model or use the GPU.
    """

    name = "onnxruntime"
    precision: ClassVar[Precision] = "fp32"

    def __init__(self, model: ModelFiles, settings: EngineSettings, streams: int) -> None:
        onnxruntime = require("onnxruntime", "onnx", "the onnxruntime engine")
        if settings.precision == "bf16":
            raise EngineError("the onnxruntime engine has no bf16; use openvino")
        path = onnx_file(model)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = max(1, settings.threads // streams)
        options.inter_op_num_threads = 1
        # The arena keeps the memory of every shape it has seen; line widths vary endlessly.
        options.enable_cpu_mem_arena = False
        options.log_severity_level = 3
        providers: list[object] = ["CPUExecutionProvider"]
        if settings.use_gpu:
            if "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
                raise EngineError(
                    "use_gpu is set but this onnxruntime has no CUDA: pip install onnxruntime-gpu"
                )
            providers.insert(0, ("CUDAExecutionProvider", {"device_id": settings.gpu_id}))
        try:
            source: str | bytes = str(path)
            if model.output is not None:
                source = add_output(path, model.output)
                # Weights in a file of their own are looked for beside the model's.
                options.add_session_config_entry(_WEIGHTS_FOLDER, str(path.parent))
            self._session = onnxruntime.InferenceSession(source, options, providers=providers)
        except Exception as error:
            raise EngineError(f"onnxruntime can't load {path}: {error}") from error
        self._input = self._session.get_inputs()[0].name
        self.input_dimensions = _dimensions(self._session.get_inputs()[0].shape)
        outputs = {output.name: output for output in self._session.get_outputs()}
        self._output = model.output or next(iter(outputs))
        self.output_dimensions = _dimensions(outputs[self._output].shape)
        meta = self._session.get_modelmeta().custom_metadata_map
        self.metadata: Mapping[str, str] = dict(meta)

    def run(self, tensor: Tensor) -> Tensor:
        """See `hubocr.engines.base.Engine.run`."""
        try:
            (output,) = self._session.run([self._output], {self._input: tensor})
        except Exception as error:
            raise EngineError(
                f"onnxruntime failed on a tensor of shape {tensor.shape}: {error}"
            ) from error
        return np.asarray(output, dtype=np.float32)


def _dimensions(shape: list[int | str | None]) -> Dimensions:
    return tuple(size if isinstance(size, int) and size > 0 else None for size in shape)
