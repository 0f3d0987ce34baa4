"""Inference engines behind one protocol: OpenVINO, ONNX Runtime, Paddle Inference."""

from hubocr.engines.base import Dimensions, Engine, Tensor
from hubocr.engines.select import load_engine

__all__ = ["Dimensions", "Engine", "Tensor", "load_engine"]
