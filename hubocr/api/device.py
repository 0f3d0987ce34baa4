"""PaddleX's names of devices and engines."""

from __future__ import annotations

import re

from hubocr.errors import SettingsError

_GPU = re.compile(r"gpu(?::(\d+))?")

ENGINES = {
    "auto": "auto",
    "openvino": "openvino",
    "onnxruntime": "onnxruntime",
    "paddle": "paddle",
    "paddle_static": "paddle",
    "paddle_dynamic": "paddle",
}
"""PaddleX's and our names of engines, and ours."""


def device_params(device: str | None) -> dict[str, object]:
    """Return our parameters for a device as PaddleX names it: ``cpu``, ``gpu`` or ``gpu:0``.

    Raises:
        SettingsError: It is none of these.
    """
    if device is None:
        return {}
    if device == "cpu":
        return {"use_gpu": False}
    named = isinstance(device, str)
    gpu = _GPU.fullmatch(device) if named else None
    if gpu:
        return {"use_gpu": True, "gpu_id": int(gpu[1] or 0)}
    if named and re.fullmatch(r"gpu:\d+(,\d+)+", device):
        raise SettingsError(
            f"device: one pipeline runs on one card, not {device!r}: make a pipeline for each",
            setting="device",
        )
    raise SettingsError(
        f"device must be 'cpu', 'gpu' or 'gpu:0' (the number of the card), not {device!r}",
        setting="device",
    )


def engine_params(engine: str | None) -> dict[str, object]:
    """Return our parameter for an engine by PaddleX's name or ours.

    Raises:
        SettingsError: There is none of that name.
    """
    if engine is None:
        return {}
    if not isinstance(engine, str) or engine not in ENGINES:
        raise SettingsError(
            f"engine must be one of {', '.join(ENGINES)}, not {engine!r}", setting="engine"
        )
    return {"engine": ENGINES[engine]}
