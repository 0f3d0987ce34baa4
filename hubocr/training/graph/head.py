"""The classifier at the end of a network: a linear layer and a softmax."""

from __future__ import annotations

from dataclasses import dataclass

from hubocr.errors import ModelError
from hubocr.training.graph.graph import Graph


@dataclass(frozen=True)
class Head:
    """Where the classifier of a network is.

    Attributes:
        logits: Name of the tensor before the softmax, (N, classes), of a recogniser
            (N, steps, classes).
        weight: Name of the matrix.
        bias: Name of the bias; None where there is none.
        axis: The axis of the matrix that is the classes.
        classes: Number of classes, a recogniser's with the blank.
    """

    logits: str
    weight: str
    bias: str | None
    axis: int
    classes: int


def find_head(graph: Graph) -> Head:
    """Find the matrix product before the last softmax.

    Raises:
        ModelError: The network ends otherwise, so that it is no recogniser or classifier known
            here.
    """
    what = "this is neither a CTC recogniser nor a classifier"
    softmax = graph.producer(graph.output)
    if softmax is None or softmax.kind != "Softmax":
        raise ModelError(f"{what}: its output is not that of a softmax")
    logits = softmax.inputs[0]
    node, bias = graph.producer(logits), None
    if node is not None and node.kind == "Add":
        bias = next((name for name in node.inputs if name in graph.tensors), None)
        node = next((graph.producer(name) for name in node.inputs if name != bias), None)
    if node is None or node.kind not in ("MatMul", "Gemm"):
        raise ModelError(f"{what}: there is no linear layer at its end")
    axis = 0 if node.kind == "Gemm" and node.attributes.get("transB", 0) else 1
    weight = node.inputs[1]
    if node.kind == "Gemm" and len(node.inputs) > 2:
        bias = node.inputs[2]
    if weight not in graph.tensors or graph.tensors[weight].ndim != 2:
        raise ModelError(f"{what}: its last layer has no fixed weights")
    classes = graph.tensors[weight].shape[axis]
    if bias is not None and (bias not in graph.tensors or graph.tensors[bias].shape != (classes,)):
        raise ModelError(f"{what}: its last bias isn't one a class")
    return Head(logits, weight, bias, axis, classes)
