"""An inference graph as data: its nodes, its weights, and its file.

The graph is an ONNX file. Training changes nothing but numbers in it, so what is exported is the
very network that was trained.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from hubocr.errors import ModelError

Array = NDArray[Any]

_CONSTANT_VALUES = ("value", "value_float", "value_floats", "value_int", "value_ints")


@dataclass(frozen=True)
class Node:
    """One operation.

    Attributes:
        kind: Name of the operator.
        name: Its name, for messages.
        inputs: Names of its input tensors, "" for one that is left out.
        outputs: Names of its output tensors.
        attributes: Its attributes; strings are decoded.
    """

    kind: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]


class Graph:
    """An ONNX graph with one input of images and one output.

    Attributes:
        input: Name of the input.
        output: Name of the output.
        tensors: Weights and constants by name.
        nodes: The operations in order, without constants; those that do nothing are left out, and
            the names of their outputs stand for their inputs.

    Args:
        model: The ONNX model; it is not changed.

    Raises:
        ModelError: It has several inputs, or none.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        graph = model.graph
        tensors = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
        for node in graph.node:
            if node.op_type == "Constant":
                tensors[node.output[0]] = _constant(node)
        self.tensors: dict[str, Array] = tensors
        self.nodes, aliases = _nodes(graph.node)
        # Old files list the weights among the inputs as well.
        inputs = [value.name for value in graph.input if value.name not in tensors]
        if len(inputs) != 1 or not graph.output:
            raise ModelError("the network can't be trained: it needs one input and an output")
        self.input = inputs[0]
        output = str(graph.output[0].name)
        self.output = aliases.get(output, output)

    @classmethod
    def load(cls, path: Path) -> Graph:
        """Read an ONNX file.

        Raises:
            ModelError: It can't be read, or is not what can be trained.
        """
        try:
            return cls(onnx.load(str(path)))
        except OSError as error:
            raise ModelError(f"can't read {path}: {error.strerror or error}") from error
        except ModelError:
            raise
        except Exception as error:
            raise ModelError(f"{path} is not an ONNX file: {error}") from error

    @property
    def model(self) -> Any:
        """The ONNX model; it is not to be changed."""
        return self._model

    @property
    def metadata(self) -> dict[str, str]:
        """Text that the file carries."""
        return {entry.key: entry.value for entry in self._model.metadata_props}

    def producer(self, name: str) -> Node | None:
        """Return the node that makes a tensor; None for the input and for weights."""
        return next((node for node in self.nodes if name in node.outputs), None)

    def replaced(
        self,
        tensors: Mapping[str, Array],
        *,
        classes: int | None = None,
        size: tuple[int, int | None] | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> Graph:
        """Return a graph with other weights.

        Args:
            tensors: The ones that differ, by name; shapes may differ as well.
            classes: The last dimension of the output, where it differs.
            size: Height and width of the input in pixels; None leaves the width free.
            metadata: Text to carry, in place of what is there.

        Raises:
            ModelError: A name is unknown.
        """
        unknown = tensors.keys() - self.tensors.keys()
        if unknown:
            raise ModelError(f"the network has no weights {', '.join(sorted(unknown))}")
        model = copy.deepcopy(self._model)
        graph = model.graph
        for tensor in graph.initializer:
            if tensor.name in tensors:
                tensor.CopyFrom(_tensor(tensors[tensor.name], tensor.name))
        for node in graph.node:
            if node.op_type == "Constant" and node.output[0] in tensors:
                value = _tensor(tensors[node.output[0]], node.output[0])
                del node.attribute[:]
                node.attribute.append(onnx.helper.make_attribute("value", value))
        # Old files list the weights among the inputs; inferred shapes are optional. Both would
        # have to be kept in step.
        inputs = [value for value in graph.input if value.name == self.input]
        del graph.input[:]
        graph.input.extend(inputs)
        del graph.value_info[:]
        if classes is not None:
            _set_dimension(graph.output[0], -1, classes)
        if size is not None:
            _set_dimension(graph.input[0], 2, size[0])
            if size[1] is not None:
                _set_dimension(graph.input[0], 3, size[1])
        if metadata is not None:
            del model.metadata_props[:]
            onnx.helper.set_model_props(model, dict(metadata))
        return Graph(model)

    def save(self, path: Path) -> None:
        """Write the file, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch = path.with_name(f".{path.name}.part")
        onnx.save(self._model, str(scratch))
        scratch.replace(path)


def _nodes(nodes: Any) -> tuple[list[Node], dict[str, str]]:
    found: list[Node] = []
    aliases: dict[str, str] = {}
    for node in nodes:
        inputs = tuple(aliases.get(name, name) for name in node.input)
        if node.op_type == "Identity":
            aliases[node.output[0]] = inputs[0]
        elif node.op_type != "Constant":
            name = node.name or node.output[0]
            found.append(Node(node.op_type, name, inputs, tuple(node.output), _attributes(node)))
    return found, aliases


def _attributes(node: Any) -> dict[str, Any]:
    values = {item.name: onnx.helper.get_attribute_value(item) for item in node.attribute}
    return {
        name: value.decode("utf-8", "replace") if isinstance(value, bytes) else value
        for name, value in values.items()
    }


def _constant(node: Any) -> Array:
    for item in node.attribute:
        if item.name in _CONSTANT_VALUES:
            value = onnx.helper.get_attribute_value(item)
            if item.name == "value":
                return np.asarray(numpy_helper.to_array(value))
            return np.asarray(value, np.float32 if "float" in item.name else np.int64)
    raise ModelError(f"the network can't be trained: the constant {node.output[0]} has no numbers")


def _tensor(array: Array, name: str) -> Any:
    return numpy_helper.from_array(np.ascontiguousarray(array), name)


def _set_dimension(value: Any, axis: int, size: int) -> None:
    dimensions = value.type.tensor_type.shape.dim
    dimensions[axis].Clear()
    dimensions[axis].dim_value = size
