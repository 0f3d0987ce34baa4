"""Where a network is trained."""

from __future__ import annotations

import torch

from hubocr.errors import EngineError


def choose_device(name: str) -> str:
    """Return ``cpu`` or ``cuda``; ``auto`` is CUDA where there is a device.

    Raises:
        EngineError: CUDA is wanted and there is no device.
    """
    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if name == "cuda" and not torch.cuda.is_available():
        raise EngineError("`device` is cuda, and this PyTorch finds no CUDA device")
    return name
