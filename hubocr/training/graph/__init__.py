"""Inference graphs as networks that PyTorch trains: reading, running, rewriting, writing.

`Graph` is the ONNX file as data, `hubocr.training.graph.network.Network` runs one with gradients.
"""

from hubocr.training.graph.graph import Array, Graph, Node

__all__ = ["Array", "Graph", "Node"]
