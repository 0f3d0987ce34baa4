"""Loading a model with the engine that the settings ask for."""

from __future__ import annotations

import logging
from typing import Protocol

from hubocr.engines.base import Engine
from hubocr.engines.onnxruntime import OnnxRuntimeEngine
from hubocr.engines.openvino import OpenVinoEngine
from hubocr.engines.paddle import PaddleEngine
from hubocr.errors import EngineError
from hubocr.models.files import ModelFiles
from hubocr.settings import EngineSettings

logger = logging.getLogger(__name__)


class _EngineClass(Protocol):
    def __call__(self, model: ModelFiles, settings: EngineSettings, streams: int) -> Engine: ...


_ENGINES: dict[str, _EngineClass] = {
    "openvino": OpenVinoEngine,
    "onnxruntime": OnnxRuntimeEngine,
    "paddle": PaddleEngine,
}
_CPU_ORDER = ("openvino", "onnxruntime", "paddle")
_GPU_ORDER = ("paddle", "onnxruntime")


def load_engine(model: ModelFiles, settings: EngineSettings, *, streams: int = 1) -> Engine:
    """Load a model.

    Args:
        model: Files of the model.
        settings: The engine, precision, device and threads. With ``auto`` the first engine in
            the order of speed that is installed and accepts the model is taken.
        streams: How many tensors are to be worked on side by side.

    Raises:
        EngineError: The engine that was asked for, or with ``auto`` every engine, refused; the
            message says why.
    """
    if settings.engine != "auto":
        return _ENGINES[settings.engine](model, settings, streams)
    reasons = []
    for name in _GPU_ORDER if settings.use_gpu else _CPU_ORDER:
        try:
            engine = _ENGINES[name](model, settings, streams)
        except EngineError as error:
            logger.info("engine %s refused %s: %s", name, model.folder, error.message)
            reasons.append(f"{name}: {error.message}")
            continue
        logger.info("engine %s runs %s", name, model.folder)
        return engine
    raise EngineError(f"no engine can run {model.folder} ({'; '.join(reasons)})")
