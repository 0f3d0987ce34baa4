"""The engines there are, and loading a model with the one that the settings ask for."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hubocr.engines.base import Engine
from hubocr.engines.onnxruntime import OnnxRuntimeEngine
from hubocr.engines.openvino import OpenVinoEngine
from hubocr.engines.paddle import PaddleEngine
from hubocr.errors import EngineError
from hubocr.models.files import ModelFiles
from hubocr.settings import EngineSettings

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Backend:
    """One engine.

    Attributes:
        load: Loads a model for a number of streams.
        regroups: Whether what it loads is a `hubocr.engines.base.Regrouping`.
    """

    load: Callable[[ModelFiles, EngineSettings, int], Engine]
    regroups: bool = False


_BACKENDS: Mapping[str, _Backend] = {
    "openvino": _Backend(OpenVinoEngine, regroups=True),
    "onnxruntime": _Backend(OnnxRuntimeEngine),
    "paddle": _Backend(PaddleEngine),
}
_CPU_ORDER = ("openvino", "onnxruntime", "paddle")
_GPU_ORDER = ("paddle", "onnxruntime")


def load_engine(
    model: ModelFiles,
    settings: EngineSettings,
    *,
    streams: int = 1,
    first: int | None = None,
) -> Engine:
    """Load a model.

    Args:
        model: Files of the model.
        settings: The engine, precision, device and threads. With ``auto`` the first engine in
            the order of speed that is installed and accepts the model is taken.
        streams: How many tensors are to be processed concurrently; the threads are divided among
            them.
        first: The number of streams that an engine which can be regrouped is made ready for now;
            None: ``streams``.

    Raises:
        EngineError: The engine that was asked for, or with ``auto`` every engine, refused; the
            message says why.
    """
    first = streams if first is None else first
    if settings.engine != "auto":
        return _load_with(settings.engine, model, settings, streams, first)
    reasons = []
    for name in _GPU_ORDER if settings.use_gpu else _CPU_ORDER:
        try:
            engine = _load_with(name, model, settings, streams, first)
        except EngineError as error:
            logger.info("engine %s refused %s: %s", name, model.folder, error.message)
            reasons.append(f"{name}: {error.message}")
            continue
        logger.info("engine %s runs %s", name, model.folder)
        return engine
    raise EngineError(f"no engine can run {model.folder} ({'; '.join(reasons)})")


def _load_with(
    name: str, model: ModelFiles, settings: EngineSettings, streams: int, first: int
) -> Engine:
    is_own_format = model.openvino_network and not (model.onnx or model.paddle_program)
    if is_own_format and name != "openvino":
        raise EngineError(
            f"{model.openvino_network} is in OpenVINO's own format, which the {name} engine "
            "doesn't read; use openvino"
        )
    backend = _BACKENDS[name]
    return backend.load(model, settings, first if backend.regroups else streams)
