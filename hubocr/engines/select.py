"""Loading a model with the engine that the settings ask for."""

from __future__ import annotations

import logging
import threading
from pathlib import Path
from typing import Protocol
from weakref import WeakKeyDictionary, WeakValueDictionary

from hubocr.engines.base import Engine
from hubocr.engines.onnxruntime import OnnxRuntimeEngine
from hubocr.engines.openvino import OpenVinoEngine
from hubocr.engines.paddle import PaddleEngine
from hubocr.engines.scheduler import Scheduler
from hubocr.errors import EngineError
from hubocr.models.files import ModelFiles
from hubocr.settings import EngineSettings

logger = logging.getLogger(__name__)


class _EngineClass(Protocol):
    def __call__(
        self, model: ModelFiles, settings: EngineSettings, streams: int, *, alone_first: bool
    ) -> Engine: ...


_ENGINES: dict[str, _EngineClass] = {
    "openvino": OpenVinoEngine,
    "onnxruntime": OnnxRuntimeEngine,
    "paddle": PaddleEngine,
}
_CPU_ORDER = ("openvino", "onnxruntime", "paddle")
_GPU_ORDER = ("paddle", "onnxruntime")


_Stamp = tuple[tuple[Path, int, int], ...]
_Key = tuple[ModelFiles, _Stamp, EngineSettings, int]
_SHARED: WeakKeyDictionary[Scheduler, WeakValueDictionary[_Key, Engine]] = WeakKeyDictionary()
_SHARED_LOCK = threading.Lock()


def load_engine(
    model: ModelFiles,
    settings: EngineSettings,
    *,
    streams: int = 1,
    alone_first: bool = False,
    scheduler: Scheduler | None = None,
) -> Engine:
    """Load a model.

    Args:
        model: Files of the model.
        settings: The engine, precision, device and threads. With ``auto`` the first engine in
            the order of speed that is installed and accepts the model is taken.
        streams: How many tensors are to be worked on side by side.
        alone_first: Whether most will come alone; see `Engine.run`. It decides for which of the
            two the model is made ready now, and for which when it is needed first.
        scheduler: The threads that call the engine. What is loaded for the same threads from the
            same files with the same settings is loaded once, as long as any of it is in use:
            more copies would take memory and gain nothing.

    Raises:
        EngineError: The engine that was asked for, or with ``auto`` every engine, refused; the
            message says why.
    """
    if scheduler is None:
        return _load(model, settings, streams, alone_first)
    key = (model, _stamp(model), settings, streams)
    with _SHARED_LOCK:
        shared = _SHARED.setdefault(scheduler, WeakValueDictionary())
        engine = shared.get(key)
        if engine is None:
            engine = shared[key] = _load(model, settings, streams, alone_first)
    return engine


def _stamp(model: ModelFiles) -> _Stamp:
    """Return what tells a file from its successor under the same name."""
    files = (model.pdmodel, model.pir, model.params, model.onnx, model.xml, model.bin)
    states = ((path, path.stat()) for path in files if path is not None)
    return tuple((path, state.st_mtime_ns, state.st_size) for path, state in states)


def _load(model: ModelFiles, settings: EngineSettings, streams: int, alone_first: bool) -> Engine:
    if settings.engine != "auto":
        return _load_with(settings.engine, model, settings, streams, alone_first)
    reasons = []
    for name in _GPU_ORDER if settings.use_gpu else _CPU_ORDER:
        try:
            engine = _load_with(name, model, settings, streams, alone_first)
        except EngineError as error:
            logger.info("engine %s refused %s: %s", name, model.folder, error.message)
            reasons.append(f"{name}: {error.message}")
            continue
        logger.info("engine %s runs %s", name, model.folder)
        return engine
    raise EngineError(f"no engine can run {model.folder} ({'; '.join(reasons)})")


def _load_with(
    name: str, model: ModelFiles, settings: EngineSettings, streams: int, alone_first: bool
) -> Engine:
    is_own_format = model.openvino_network and not (model.onnx or model.paddle_program)
    if is_own_format and name != "openvino":
        raise EngineError(
            f"{model.openvino_network} is in OpenVINO's own format, which the {name} engine "
            "doesn't read; use openvino"
        )
    return _ENGINES[name](model, settings, streams, alone_first=alone_first)
