"""Which tensors an ONNX file computes, read without the onnx library.

Only what choosing another output takes: the operators and the names of their tensors. The numbers
of the fields are those of onnx.proto3 (ModelProto, GraphProto, NodeProto, ValueInfoProto), the
format that of Protocol Buffers' wire encoding.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hubocr.errors import ModelError

_MODEL_GRAPH = 7
_GRAPH_NODE, _GRAPH_OUTPUT = 1, 12
_NODE_INPUT, _NODE_OUTPUT, _NODE_KIND = 1, 2, 4
_VALUE_NAME = 1

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5

_REARRANGING = {"Cast", "Flatten", "Identity", "Reshape", "Squeeze", "Transpose", "Unsqueeze"}
"""Operators that hand numbers on as they are."""


@dataclass(frozen=True)
class OnnxNode:
    """One operation.

    Attributes:
        kind: Name of the operator.
        inputs: Names of its input tensors.
        outputs: Names of its output tensors.
    """

    kind: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True)
class OnnxGraph:
    """The operations of an ONNX file.

    Attributes:
        nodes: In the order of the file.
        outputs: Names of the graph's outputs.
    """

    nodes: tuple[OnnxNode, ...]
    outputs: tuple[str, ...]


def read_graph(content: bytes, name: str) -> OnnxGraph:
    """Return the operations of an ONNX file.

    Args:
        content: The file.
        name: What the file is called in an error.

    Raises:
        ModelError: It is not an ONNX file.
    """
    nodes, outputs = [], []
    try:
        for number, graph in _fields(memoryview(content)):
            if number != _MODEL_GRAPH:
                continue
            for part, value in _fields(graph):
                if part == _GRAPH_NODE:
                    nodes.append(_node(value))
                elif part == _GRAPH_OUTPUT:
                    outputs.extend(_texts(value, _VALUE_NAME))
    except (ValueError, IndexError) as error:
        raise ModelError(f"{name} is not a valid ONNX file") from error
    return OnnxGraph(tuple(nodes), tuple(outputs))


def find_argmax_input(graph: OnnxGraph) -> str | None:
    """Return the name of the class scores where the graph gives but the best class of each place.

    That is the input of the ArgMax that an output comes from, unchanged but for its shape and type;
    None where there is none.
    """
    makers = {tensor: node for node in graph.nodes for tensor in node.outputs}
    for output in graph.outputs:
        node = makers.get(output)
        # A file may be wrong and lead round in a circle.
        for _ in graph.nodes:
            if node is None or node.kind not in _REARRANGING or not node.inputs:
                break
            node = makers.get(node.inputs[0])
        if node is not None and node.kind == "ArgMax" and node.inputs:
            return node.inputs[0]
    return None


def add_output(path: Path, tensor: str) -> bytes:
    """Return an ONNX file with a tensor of its graph as its last output.

    Where messages of Protocol Buffers are joined, their repeated fields are; so a graph of nothing
    but an output behind the file adds that output.
    """
    content = path.read_bytes()
    if tensor in read_graph(content, str(path)).outputs:
        return content
    value = _field(_VALUE_NAME, tensor.encode())
    return content + _field(_MODEL_GRAPH, _field(_GRAPH_OUTPUT, value))


def _node(content: memoryview) -> OnnxNode:
    parts: dict[int, list[str]] = {_NODE_INPUT: [], _NODE_OUTPUT: [], _NODE_KIND: []}
    for number, value in _fields(content):
        if number in parts:
            parts[number].append(str(value, "utf-8"))
    return OnnxNode(
        "".join(parts[_NODE_KIND]), tuple(parts[_NODE_INPUT]), tuple(parts[_NODE_OUTPUT])
    )


def _texts(content: memoryview, wanted: int) -> list[str]:
    return [str(value, "utf-8") for number, value in _fields(content) if number == wanted]


def _fields(content: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Yield the number and content of the fields that are texts, bytes or messages."""
    place = 0
    while place < len(content):
        key, place = _read_varint(content, place)
        kind = key & 7
        if kind == _VARINT:
            _, place = _read_varint(content, place)
        elif kind == _BYTES:
            size, place = _read_varint(content, place)
            yield key >> 3, content[place : place + size]
            place += size
        elif kind in (_FIXED64, _FIXED32):
            place += 8 if kind == _FIXED64 else 4
        else:
            raise ValueError(f"wire type {kind}")
    if place > len(content):
        raise ValueError("cut off")


def _read_varint(content: memoryview, place: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 64, 7):
        byte = content[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
    raise ValueError("a number of more than 64 bits")


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | _BYTES) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*encoded, value])
