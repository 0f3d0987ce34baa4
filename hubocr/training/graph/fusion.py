"""Patterns of nodes that PyTorch has one operator for.

What is computed stays the same, up to rounding. The patterns are those of exported PP-OCR models:
a convolution's bias as a sum after it, and the Gaussian error unit as x / sqrt(2) -> erf -> + 1 ->
* x -> * 0.5.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace

from hubocr.training.graph.graph import Graph, Node


def fuse(graph: Graph, nodes: list[Node]) -> list[Node]:
    """Return nodes that compute the same with fewer steps.

    Args:
        graph: The graph, for its constants.
        nodes: Nodes of it in order.
    """
    return _join_biases(graph, _join_error_units(graph, nodes))


def _join_biases(graph: Graph, nodes: list[Node]) -> list[Node]:
    readers = Counter(name for node in nodes for name in node.inputs)
    fixed = {"", *graph.tensors}
    makers: dict[str, int] = {}
    joined: list[Node | None] = []
    for node in nodes:
        if all(name in fixed for name in node.inputs):
            fixed.update(node.outputs)
        place, addend = _bare_convolution(node, fixed, joined, makers, readers)
        if place is not None:
            convolution = joined[place]
            joined[place] = None
            if convolution is not None:
                node = replace(
                    convolution,
                    kind="ConvAdd",
                    inputs=(*convolution.inputs[:2], addend),
                    outputs=node.outputs,
                )
        makers.update(dict.fromkeys(node.outputs, len(joined)))
        joined.append(node)
    return [node for node in joined if node is not None]


def _bare_convolution(
    node: Node,
    fixed: set[str],
    before: list[Node | None],
    makers: dict[str, int],
    readers: Counter[str],
) -> tuple[int | None, str]:
    """Return the place of the convolution without a bias that a sum completes, and the bias."""
    if node.kind == "Add":
        for data, addend in (node.inputs, node.inputs[::-1]):
            place = makers.get(data)
            maker = before[place] if place is not None else None
            if (
                maker is not None
                and maker.kind == "Conv"
                and len(maker.inputs) == 2
                and readers[data] == 1
                and addend in fixed
            ):
                return place, addend
    return None, ""


def _join_error_units(graph: Graph, nodes: list[Node]) -> list[Node]:
    makers = {name: node for node in nodes for name in node.outputs}
    readers = Counter(name for node in nodes for name in node.inputs)
    dropped: set[str] = set()
    units: dict[str, Node] = {}

    def number(name: str) -> float | None:
        array = graph.tensors.get(name)
        return float(array.reshape(-1)[0]) if array is not None and array.size == 1 else None

    def split(node: Node | None, kind: str, value: float) -> str | None:
        """Return the other input of a node of a kind of which one input is a number."""
        if node is not None and node.kind == kind:
            for name, constant in (node.inputs, node.inputs[::-1]):
                found = number(constant)
                if found is not None and math.isclose(found, value, rel_tol=1e-6):
                    return name
        return None

    for half in nodes:
        product = makers.get(split(half, "Mul", 0.5) or "")
        if product is None or product.kind != "Mul":
            continue
        for data, rest in (product.inputs, product.inputs[::-1]):
            total = makers.get(rest)
            error = makers.get(split(total, "Add", 1.0) or "")
            if total is None or error is None or error.kind != "Erf":
                continue
            scaled = makers.get(error.inputs[0])
            inner = (scaled, error, total, product)
            if scaled is None or split(scaled, "Div", math.sqrt(2)) != data:
                continue
            if all(readers[node.outputs[0]] == 1 for node in inner if node is not None):
                dropped.update(node.outputs[0] for node in inner if node is not None)
                units[half.outputs[0]] = replace(half, kind="Gelu", inputs=(data,), attributes={})
    return [units.get(node.outputs[0], node) for node in nodes if node.outputs[0] not in dropped]
