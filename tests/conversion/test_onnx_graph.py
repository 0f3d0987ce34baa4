"""The reader of ONNX files against the onnx library, and on files that are none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubocr.conversion.onnx_graph import (
    OnnxGraph,
    OnnxNode,
    add_output,
    find_argmax_input,
    read_declaration,
    read_graph,
)
from hubocr.errors import ModelError
from hubocr.models import find_model


def recogniser() -> Path:
    path = find_model("PP-OCRv6_small_rec").onnx
    assert path is not None
    return path


def test_a_graph_as_the_onnx_library_reads_it() -> None:
    onnx = pytest.importorskip("onnx", reason="onnx is not installed")
    path = recogniser()
    graph = onnx.load(path).graph
    expected = OnnxGraph(
        tuple(OnnxNode(n.op_type, tuple(n.input), tuple(n.output)) for n in graph.node),
        tuple(output.name for output in graph.output),
    )
    assert len(expected.nodes) > 100
    assert read_graph(path.read_bytes(), "model.onnx") == expected


def test_a_declaration_as_the_onnx_library_reads_it() -> None:
    onnx = pytest.importorskip("onnx", reason="onnx is not installed")
    path = recogniser()
    model = onnx.load(path)
    found = read_declaration(path.read_bytes(), "model.onnx")

    def shape(tensor: Any) -> tuple[int | None, ...]:
        return tuple(d.dim_value or None for d in tensor.type.tensor_type.shape.dim)

    assert found.input == shape(model.graph.input[0])
    assert found.output == shape(model.graph.output[0])
    assert 3 in found.input
    assert found.metadata == {entry.key: entry.value for entry in model.metadata_props}
    assert len(found.metadata["character"].splitlines()) > 10_000


def test_sizes_that_are_free() -> None:
    onnx = pytest.importorskip("onnx", reason="onnx is not installed")
    make, kind = onnx.helper.make_tensor_value_info, onnx.TensorProto.FLOAT
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node("Relu", ["x"], ["y"])],
        "network",
        [make("x", kind, [-1, 3, "h", 0])],
        [make("y", kind, None)],
    )
    found = read_declaration(onnx.helper.make_model(graph).SerializeToString(), "model.onnx")
    assert found.input == (None, 3, None, None)
    assert found.output == ()


def test_an_added_output_is_the_last_one() -> None:
    onnx = pytest.importorskip("onnx", reason="onnx is not installed")
    path = recogniser()
    before = onnx.load(path)
    inner = before.graph.node[3].output[0]
    after = onnx.load_from_string(add_output(path, inner))
    assert [o.name for o in after.graph.output] == [before.graph.output[0].name, inner]
    del after.graph.output[-1]
    assert after == before
    assert add_output(path, before.graph.output[0].name) == path.read_bytes()


def nodes(*operations: tuple[str, str, str]) -> tuple[OnnxNode, ...]:
    return tuple(OnnxNode(kind, (given,), (made,)) for kind, given, made in operations)


@pytest.mark.parametrize(
    ("operations", "outputs", "expected"),
    [
        ([("Add", "x", "s"), ("ArgMax", "s", "y")], "y", "s"),
        ([("ArgMax", "s", "i"), ("Transpose", "i", "t"), ("Cast", "t", "y")], "y", "s"),
        ([("ReduceMax", "s", "y"), ("ArgMax", "s", "i")], "yi", "s"),
        ([("Softmax", "s", "y")], "y", None),
        ([("ArgMax", "s", "i"), ("Mul", "i", "y")], "y", None),
        ([("ArgMax", "s", "i"), ("Add", "s", "y")], "y", None),
        ([("Cast", "y", "y")], "y", None),
        ([], "y", None),
    ],
)
def test_the_scores_before_an_index(
    operations: list[tuple[str, str, str]], outputs: str, expected: str | None
) -> None:
    assert find_argmax_input(OnnxGraph(nodes(*operations), tuple(outputs))) == expected


@given(st.binary(max_size=60))
def test_bytes_are_read_or_refused(content: bytes) -> None:
    try:
        graph = read_graph(content, "model.onnx")
        read_declaration(content, "model.onnx")
    except ModelError as error:
        assert error.message == "model.onnx is not a valid ONNX file"
    else:
        assert isinstance(find_argmax_input(graph), str | None)


@pytest.mark.parametrize(
    "content", [b"\xff" * 1000, b"\x3a\x05\x0a", b"\x3a", b"\x3b", b"\x09\x00"]
)
def test_files_that_are_cut_off_or_none(content: bytes) -> None:
    with pytest.raises(ModelError, match="not a valid ONNX file"):
        read_graph(content, "model.onnx")
