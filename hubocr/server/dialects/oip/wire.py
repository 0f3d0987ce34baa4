"""Tensors as they travel: in the JSON of a body, or as bytes behind it."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from hubocr.errors import RequestError
from hubocr.server.bodies import parse_json
from hubocr.server.errors import LimitError

HEADER_LENGTH = "inference-header-content-length"
"""Header with the number of bytes of the JSON; tensors follow it."""

DataType = Literal["BYTES", "FP32", "INT32"]

_LENGTH = struct.Struct("<I")
_FORMATS: Mapping[str, str] = {"FP32": "f", "INT32": "i"}
_MAX_AXES = 8
_MAX_ELEMENTS = 10_000
"""Elements of a packed tensor: the highest limit on images."""


@dataclass(frozen=True)
class Tensor:
    """A tensor of an answer.

    Attributes:
        name: Its name.
        datatype: ``BYTES``, ``FP32`` or ``INT32``.
        shape: Its shape.
        data: Its elements, flat, in row-major order; of ``BYTES`` texts.
    """

    name: str
    datatype: DataType
    shape: tuple[int, ...]
    data: Sequence[Any]

    def packed(self) -> bytes:
        """Return the elements as bytes: little endian; of ``BYTES`` each after its length."""
        if self.datatype == "BYTES":
            encoded = [text.encode() for text in self.data]
            return b"".join(part for one in encoded for part in (_LENGTH.pack(len(one)), one))
        return struct.pack(f"<{len(self.data)}{_FORMATS[self.datatype]}", *self.data)


@dataclass(frozen=True)
class InferRequest:
    """The body of a request.

    Attributes:
        id: The client's id of the request, where it sent one.
        parameters: Its parameters.
        shape: Shape of the one input.
        elements: Its elements: bytes where they came as bytes, texts where they came in JSON.
        outputs: Names of the outputs that are wanted, and whether each goes as bytes; None: all.
        is_binary: Whether outputs of which nothing is said go as bytes.
    """

    id: str | None
    parameters: Mapping[str, Any]
    shape: tuple[int, ...]
    elements: Sequence[bytes | str]
    outputs: Mapping[str, bool] | None = None
    is_binary: bool = False


def read_request(body: bytes, header_length: str | None, input_name: str) -> InferRequest:
    """Return the body of a request with one input of ``BYTES``.

    Args:
        body: The body.
        header_length: The header `HEADER_LENGTH`, where there is one.
        input_name: The name of the model's input.

    Raises:
        RequestError: It is something else; the message names the field.
    """
    text, rest = _split(body, header_length)
    content = parse_json(text)
    if not isinstance(content, dict):
        raise RequestError("the body must be a JSON object with inputs")
    parameters = _object(content, "parameters", "")
    is_binary = _flag(parameters, "binary_data_output", "parameters", False)
    identity = content.get("id")
    if identity is not None and not isinstance(identity, str):
        raise RequestError("id must be a string")
    inputs = _list(content, "inputs")
    if inputs is None or len(inputs) != 1 or inputs[0].get("name") != input_name:
        raise RequestError(f"inputs must hold one tensor, {input_name}")
    shape, elements = _read_input(inputs[0], rest)
    return InferRequest(
        identity, parameters, shape, elements, _read_outputs(content, is_binary), is_binary
    )


def _split(body: bytes, header_length: str | None) -> tuple[bytes, bytes]:
    if header_length is None:
        return body, b""
    if not header_length.isascii() or not header_length.isdigit() or len(header_length) > 12:
        raise RequestError(f"the header {HEADER_LENGTH} must be a number of bytes")
    length = int(header_length)
    if length > len(body):
        raise RequestError(f"the header {HEADER_LENGTH} is larger than the body")
    return body[:length], body[length:]


def _read_input(
    entry: Mapping[str, Any], rest: bytes
) -> tuple[tuple[int, ...], Sequence[bytes | str]]:
    if entry.get("datatype") != "BYTES":
        raise RequestError(f"inputs[0].datatype must be BYTES, not {entry.get('datatype')!r}")
    shape = _read_shape(entry.get("shape"))
    size = _object(entry, "parameters", "inputs[0].").get("binary_data_size")
    elements: Sequence[bytes | str]
    if size is None:
        if rest:
            raise RequestError("bytes follow the JSON, and inputs[0] has no binary_data_size")
        elements = _texts(entry.get("data"))
    else:
        if size != len(rest) or isinstance(size, bool):
            raise RequestError(
                f"inputs[0].parameters.binary_data_size is {size!r}, {len(rest)} bytes follow"
            )
        elements = unpack_bytes(rest)
    if math.prod(shape) != len(elements):
        raise RequestError(
            f"inputs[0].shape is {list(shape)}, and there are {len(elements)} elements"
        )
    return shape, elements


def _read_shape(value: object) -> tuple[int, ...]:
    if (
        not isinstance(value, list)
        or not 0 < len(value) <= _MAX_AXES
        or not all(type(length) is int and 0 <= length <= 1 << 32 for length in value)
    ):
        raise RequestError("inputs[0].shape must be a list of whole numbers")
    return tuple(value)


def unpack_bytes(data: bytes) -> list[bytes]:
    """Return the elements of a packed tensor of ``BYTES``.

    Raises:
        RequestError: A length leads beyond the end.
        LimitError: There are more elements than any limit on images allows.
    """
    elements: list[bytes] = []
    place = 0
    while place < len(data):
        start = place + _LENGTH.size
        if start > len(data):
            raise RequestError(f"inputs[0]: element {len(elements)} has no length")
        (length,) = _LENGTH.unpack_from(data, place)
        place = start + length
        if place > len(data):
            raise RequestError(f"inputs[0]: element {len(elements)} ends beyond the body")
        if len(elements) == _MAX_ELEMENTS:
            raise LimitError(f"inputs[0] has more than {_MAX_ELEMENTS} elements")
        elements.append(data[start:place])
    return elements


def _texts(data: object) -> list[str]:
    """Return the elements of ``data``, which may be nested as the shape is."""
    if not isinstance(data, list):
        raise RequestError("inputs[0].data must be a list of strings")
    flat: list[str] = []
    waiting = list(reversed(data))
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting.extend(reversed(value))
        elif isinstance(value, str):
            flat.append(value)
        else:
            raise RequestError(f"inputs[0].data: element {len(flat)} must be a string")
    return flat


def _read_outputs(content: Mapping[str, Any], is_binary: bool) -> dict[str, bool] | None:
    outputs = _list(content, "outputs")
    if not outputs:
        return None
    wanted = {}
    for index, entry in enumerate(outputs):
        where, name = f"outputs[{index}]", entry.get("name")
        if not isinstance(name, str):
            raise RequestError(f"{where}.name must be a string")
        parameters = _object(entry, "parameters", f"{where}.")
        wanted[name] = _flag(parameters, "binary_data", f"{where}.parameters", is_binary)
    return wanted


def _list(content: Mapping[str, Any], name: str) -> list[dict[str, Any]] | None:
    value = content.get(name)
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
        raise RequestError(f"{name} must be a list of objects")
    return value


def _object(content: Mapping[str, Any], name: str, where: str) -> dict[str, Any]:
    value = content.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise RequestError(f"{where}{name} must be an object")
    return value


def _flag(parameters: Mapping[str, Any], name: str, where: str, default: bool) -> bool:
    value = parameters.get(name, default)
    if not isinstance(value, bool):
        raise RequestError(f"{where}.{name} must be true or false")
    return value


@dataclass(frozen=True)
class WrittenReply:
    """A reply as it is sent.

    Attributes:
        body: Its body.
        headers: Its headers: the content type, and the length of the JSON where bytes follow it.
    """

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def write_reply(
    model: str, version: str, request: InferRequest, tensors: Iterable[Tensor]
) -> WrittenReply:
    """Return the reply with the tensors that were asked for.

    Raises:
        RequestError: The request names an output that there is not.
    """
    named = {tensor.name: tensor for tensor in tensors}
    wanted = request.outputs
    if wanted is None:
        wanted = dict.fromkeys(named, request.is_binary)
    outputs, parts = [], []
    for name, binary in wanted.items():
        if name not in named:
            raise RequestError(f"outputs: {model} has {', '.join(named)}, not {name}")
        tensor = named[name]
        entry: dict[str, Any] = {
            "name": name,
            "datatype": tensor.datatype,
            "shape": list(tensor.shape),
        }
        if binary:
            parts.append(tensor.packed())
            entry["parameters"] = {"binary_data_size": len(parts[-1])}
        else:
            entry["data"] = list(tensor.data)
        outputs.append(entry)
    content: dict[str, Any] = {"model_name": model, "model_version": version, "outputs": outputs}
    if request.id is not None:
        content["id"] = request.id
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    if not parts:
        return WrittenReply(text, {"Content-Type": "application/json"})
    headers = {"Content-Type": "application/octet-stream", HEADER_LENGTH: str(len(text))}
    return WrittenReply(b"".join([text, *parts]), headers)
