"""Inference engines behind one protocol: OpenVINO, ONNX Runtime, Paddle Inference."""

from hubocr.engines.base import Dimensions, Engine, Tensor, fixed_size
from hubocr.engines.scheduler import Call, Scheduler
from hubocr.engines.select import load_engine

__all__ = [
    "Call",
    "Dimensions",
    "Engine",
    "Scheduler",
    "Tensor",
    "fixed_size",
    "load_engine",
]
