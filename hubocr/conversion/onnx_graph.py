"""What an ONNX file declares and which tensors it computes, read without the onnx library.

The numbers of the fields are those of onnx.proto3 (ModelProto, GraphProto, NodeProto,
ValueInfoProto, TypeProto, TensorShapeProto, StringStringEntryProto), the format that of Protocol
Buffers' wire encoding.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hubocr.errors import ModelError

_MODEL_GRAPH, _MODEL_METADATA = 7, 14
_GRAPH_NODE, _GRAPH_INPUT, _GRAPH_OUTPUT = 1, 11, 12
_NODE_INPUT, _NODE_OUTPUT, _NODE_KIND = 1, 2, 4
_VALUE_NAME, _VALUE_TYPE = 1, 2
_TYPE_TENSOR, _TENSOR_SHAPE, _SHAPE_DIMENSION, _DIMENSION_SIZE = 1, 2, 1, 1
_ENTRY_KEY, _ENTRY_VALUE = 1, 2

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5

_REARRANGING = {"Cast", "Flatten", "Identity", "Reshape", "Squeeze", "Transpose", "Unsqueeze"}
"""Operators that pass values through unchanged."""


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


@dataclass(frozen=True)
class OnnxDeclaration:
    """What an ONNX file says of itself.

    Attributes:
        input: Shape of its first input; None where a size is free.
        output: Shape of its first output.
        metadata: Its metadata.
    """

    input: tuple[int | None, ...] = ()
    output: tuple[int | None, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)


def read_declaration(content: bytes, name: str) -> OnnxDeclaration:
    """Return what an ONNX file says of itself.

    Args:
        content: The file.
        name: What the file is called in an error.

    Raises:
        ModelError: It is not an ONNX file.
    """
    shapes: dict[int, tuple[int | None, ...]] = {}
    metadata = {}
    try:
        for number, value in _fields(memoryview(content)):
            if number == _MODEL_METADATA:
                key, text = (_texts(value, part) for part in (_ENTRY_KEY, _ENTRY_VALUE))
                metadata["".join(key)] = "".join(text)
            elif number == _MODEL_GRAPH:
                for part, tensor in _fields(value):
                    if part in (_GRAPH_INPUT, _GRAPH_OUTPUT):
                        shapes.setdefault(part, _shape(tensor))
    except (ValueError, IndexError) as error:
        raise ModelError(f"{name} is not a valid ONNX file") from error
    return OnnxDeclaration(shapes.get(_GRAPH_INPUT, ()), shapes.get(_GRAPH_OUTPUT, ()), metadata)


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


def _shape(value: memoryview) -> tuple[int | None, ...]:
    parts = [value]
    for step in (_VALUE_TYPE, _TYPE_TENSOR, _TENSOR_SHAPE, _SHAPE_DIMENSION):
        parts = [inner for part in parts for inner in _parts(part, step)]
    sizes = [
        [size for number, size in _numbers(dimension) if number == _DIMENSION_SIZE]
        for dimension in parts
    ]
    # Negative numbers, which stand for free sizes as 0 does, are written as if they were large.
    return tuple(found[-1] if found and 0 < found[-1] < 1 << 63 else None for found in sizes)


def _texts(content: memoryview, wanted: int) -> list[str]:
    return [str(value, "utf-8") for value in _parts(content, wanted)]


def _parts(content: memoryview, wanted: int) -> list[memoryview]:
    return [value for number, value in _fields(content) if number == wanted]


def _fields(content: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Yield the number and content of the fields that are texts, bytes or messages."""
    for number, value in _all_fields(content):
        if not isinstance(value, int):
            yield number, value


def _numbers(content: memoryview) -> Iterator[tuple[int, int]]:
    """Yield the number and value of the fields that are integers."""
    for number, value in _all_fields(content):
        if isinstance(value, int):
            yield number, value


def _all_fields(content: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    place = 0
    while place < len(content):
        key, place = _read_varint(content, place)
        kind = key & 7
        if kind == _VARINT:
            value, place = _read_varint(content, place)
            yield key >> 3, value
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
