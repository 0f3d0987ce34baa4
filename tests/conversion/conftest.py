"""The small networks of the engines' tests."""

from tests.engines.conftest import onnx_model, pdmodel

__all__ = ["onnx_model", "pdmodel"]
