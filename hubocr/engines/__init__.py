"""Inference engines behind one protocol: OpenVINO, ONNX Runtime, Paddle Inference."""

from hubocr.engines.base import Dimensions, Engine, Regrouping, Releasing, Tensor, fixed_size
from hubocr.engines.registry import load_engine

__all__ = [
    "Dimensions",
    "Engine",
    "Regrouping",
    "Releasing",
    "Tensor",
    "fixed_size",
    "load_engine",
]
