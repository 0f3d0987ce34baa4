"""The small networks of the engines' tests."""

from tests.engines.conftest import onnx_model, openvino_ir, pdmodel

__all__ = ["onnx_model", "openvino_ir", "pdmodel"]
