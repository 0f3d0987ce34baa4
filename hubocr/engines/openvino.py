"""OpenVINO: the fastest engine on a CPU, reads ``.pdmodel``, ONNX files and its own format."""

from __future__ import annotations

import copy
import functools
import threading
from collections.abc import Mapping
from typing import Any

import numpy as np

from hubocr.conversion.to_onnx import onnx_file
from hubocr.engines.base import Dimensions, Tensor
from hubocr.engines.pool import ResourcePool
from hubocr.engines.virtual_padding import TRAINED_WIDTH, WIDTH_KEY, pad_virtually
from hubocr.errors import EngineError
from hubocr.models.files import ModelFiles
from hubocr.optional import absent
from hubocr.settings import EngineSettings, Precision

# OpenVINO would choose bf16 by itself where the processor has it, so the precision is always set.
_PRECISION_HINTS: Mapping[Precision, str] = {"fp32": "f32", "bf16": "bf16"}


_CACHED_PRIMITIVES = 600
"""Compiled primitives that a recogniser keeps, about 25 for each width: enough for the widths of
common lines. A width that isn't kept costs 3 ms more."""

_CACHED_PRIMITIVES_OF_PAGES = 100
"""The same for a model whose input is free in both directions, a detector, where a size takes 6 MB:
OpenVINO's default of 5000 grows to gigabytes on pages of all sizes, and a page that isn't as large
as the one before costs but 3 ms more of 56 (640 x 480)."""

_USUAL_PIXELS = 1_500_000
"""Pixels of a tensor up to which the memory of its layers is kept for the next. A detector holds
about 160 bytes a pixel, for as long as nobody asks for it back: 2.6 GB for 4000 x 4000."""

_CORE_LOCK = threading.Lock()


def _core() -> Any:
    """Return the process's OpenVINO core, made by the first caller while others wait."""
    with _CORE_LOCK:
        return _make_core()


@functools.lru_cache(maxsize=1)
def _make_core() -> Any:
    # OpenVINO's import sends an event to its maker, from a thread, where this package is there and
    # the user hasn't opted out; without it OpenVINO takes a stub of its own.
    with absent("openvino_telemetry"):
        import openvino

    # The bindings fill their tables of types at first use, inside a C++ guard and with Python's
    # lock given up now and then: two threads that get there together wait for each other for ever
    # (seen with 2026.4). So use the tables once, before there are other threads.
    for shared in (True, False):
        tensor = openvino.Tensor(np.zeros(1, np.float32), shared_memory=shared)
        np.array(tensor.data, dtype=tensor.get_element_type().to_dtype())
    core = openvino.Core()
    # Weights that stay in their file end the process when somebody shortens it.
    core.set_property({"ENABLE_MMAP": False})
    return core


class OpenVinoEngine:
    """A model compiled for the CPU, shared by all threads.

    Args:
        model: Files of the model.
        settings: Precision and threads.
        streams: How many tensors are processed concurrently; the threads are divided among them.

    Raises:
        EngineError: OpenVINO can't read or compile the model.
    """

    name = "openvino"

    def __init__(self, model: ModelFiles, settings: EngineSettings, streams: int) -> None:
        if settings.use_gpu:
            raise EngineError("the openvino engine has no CUDA; use paddle or onnxruntime")
        self._network = read_network(model)
        self._folder = model.folder
        try:
            self._output = 0 if model.output is None else _add_output(self._network, model.output)
            self.input_dimensions = _dimensions(self._network.input(0).get_partial_shape())
            output = self._network.output(self._output)
            self.output_dimensions = _dimensions(output.get_partial_shape())
        except RuntimeError as error:
            raise self._refusal(error) from error
        self.precision = _precision(settings.precision)
        self._config: Mapping[str, Any] = {
            "INFERENCE_PRECISION_HINT": _PRECISION_HINTS[self.precision],
            "INFERENCE_NUM_THREADS": settings.threads,
            # Pinned threads of several models or processes would crowd onto the same cores.
            "ENABLE_CPU_PINNING": False,
            "CPU_RUNTIME_CACHE_CAPACITY": _kept_primitives(self.input_dimensions),
        }
        self.metadata: Mapping[str, str] = _metadata(self._network)
        if settings.virtual_padding and pad_virtually(self._network, TRAINED_WIDTH):
            self.metadata = {**self.metadata, WIDTH_KEY: str(TRAINED_WIDTH)}
        self.streams = streams
        self._compile(streams)

    def for_streams(self, streams: int) -> OpenVinoEngine:
        """See `hubocr.engines.base.Regrouping.for_streams`.

        For two numbers of streams a recogniser of 10 MB takes 40 MB more than for one, and the
        second compilation 0.1 s.
        """
        other = copy.copy(self)
        other.streams = streams
        other._compile(streams)
        return other

    def release_memory(self) -> None:
        """See `hubocr.engines.base.Releasing.release_memory`."""
        with self._requests.emptied():
            self._compiled.release_memory()

    def _compile(self, streams: int) -> None:
        """Compile the network for a number of streams."""
        config = {**self._config, "NUM_STREAMS": streams}
        try:
            # The weights that two compilations share are those of the network.
            self._compiled = _core().compile_model(self._network, "CPU", config)
        except (RuntimeError, UnicodeDecodeError) as error:
            raise self._refusal(error) from error
        self._requests: ResourcePool[Any] = ResourcePool(
            self._compiled.create_infer_request, streams
        )

    def _refusal(self, error: Exception) -> EngineError:
        return EngineError(f"openvino can't load {self._folder}: {_first_line(error)}")

    def run(self, tensor: Tensor) -> Tensor:
        """See `hubocr.engines.base.Engine.run`."""
        try:
            return self._infer(tensor)
        finally:
            if tensor.size > 3 * _USUAL_PIXELS:
                self.release_memory()

    def _infer(self, tensor: Tensor) -> Tensor:
        with self._requests.borrow() as request:
            try:
                request.infer({0: np.ascontiguousarray(tensor)}, share_inputs=True)
            except RuntimeError as error:
                raise EngineError(
                    f"openvino failed on a tensor of shape {tensor.shape}: {_first_line(error)}"
                ) from error
            # The output memory belongs to the request and is overwritten by its next call.
            return np.array(request.get_output_tensor(self._output).data, dtype=np.float32)


def _add_output(network: Any, tensor: str) -> int:
    """Return the place of a tensor among the outputs; it is added to them if need be."""
    for place, output in enumerate(network.outputs):
        if tensor in output.get_names():
            return place
    network.add_outputs(tensor)
    return len(network.outputs) - 1


def _precision(precision: Precision) -> Precision:
    """Return what a precision is on this processor, fp32 or bf16.

    Asked for bf16 where there is AVX-512 without its bf16 instructions, OpenVINO simulates them,
    which took four times as long as f32 (2026.4, oneDNN limited to AVX512_CORE). By its
    documentation the capabilities name bf16 only where the processor has it.
    """
    if precision == "prefer_bf16":
        capabilities = _core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        return "bf16" if "BF16" in capabilities else "fp32"
    return precision


def read_network(model: ModelFiles) -> Any:
    """Return a model as OpenVINO reads it, an ``openvino.Model``.

    Raises:
        EngineError: OpenVINO can't read it.
    """
    program = model.openvino_network or model.onnx or model.pdmodel or onnx_file(model)
    try:
        network = _core().read_model(program)
    except (RuntimeError, UnicodeDecodeError) as error:
        raise EngineError(f"openvino can't load {program}: {_first_line(error)}") from error
    if not network.inputs or not network.outputs:
        raise EngineError(f"openvino can't load {program}: it holds no network")
    return network


def _kept_primitives(dimensions: Dimensions) -> int:
    is_for_pages = dimensions[2:] == (None, None)
    return _CACHED_PRIMITIVES_OF_PAGES if is_for_pages else _CACHED_PRIMITIVES


def _dimensions(shape: Any) -> Dimensions:
    return tuple(d.get_length() if d.is_static else None for d in shape)


def _metadata(network: Any) -> dict[str, str]:
    if not network.has_rt_info("framework"):
        return {}
    entries = network.get_rt_info("framework").value
    # Some releases of OpenVINO wrap the values once more.
    return {key: str(getattr(value, "value", value)) for key, value in entries.items()}


def _first_line(error: Exception) -> str:
    return next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)
