"""The trainable network gives what the engines give."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from hubocr.conversion.equality import largest_difference, require_equality
from hubocr.conversion.to_onnx import onnx_file
from hubocr.detection.preprocess import detector_input
from hubocr.engines import load_engine
from hubocr.errors import EngineError, HubocrError, ModelError, ModelNotFoundError
from hubocr.models import find_model
from hubocr.models.files import ModelFiles
from hubocr.settings import DetectionSettings, EngineName, EngineSettings
from tests.training import draw_text

pytestmark = pytest.mark.usefixtures("training")

RELEASED = ("PP-OCRv6_small_rec", "PP-OCRv4_mobile_rec")
DETECTORS = ("PP-OCRv4_mobile_det", "PP-OCRv6_small_det")


def released(name: str) -> ModelFiles:
    try:
        files = find_model(name)
        onnx_file(files)
    except (ModelNotFoundError, EngineError) as error:
        pytest.skip(error.message)
    return files


def inputs() -> list[NDArray[np.float32]]:
    from hubocr.imaging.lines import line_tensor

    noise = np.random.default_rng(0).uniform(-1, 1, (2, 3, 48, 192)).astype(np.float32)
    return [
        noise,
        line_tensor([draw_text("2718")], 48, 96),
        line_tensor([draw_text("31")], 48, 168),
    ]


@pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
@pytest.mark.parametrize("name", RELEASED)
def test_released_models_are_equal_to_their_engines(name: str, engine: EngineName) -> None:
    from hubocr.training.graph import Graph
    from hubocr.training.graph.network import Network

    files = released(name)
    settings = EngineSettings(engine=engine, precision="fp32", cpu_threads=1)
    loaded = load_engine(files, settings, streams=1)
    graph = Graph.load(onnx_file(files))
    network = Network(graph, graph.output)
    difference = largest_difference(loaded.run, network.logits, inputs())
    assert 0 < difference < 5e-5


@pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
@pytest.mark.parametrize("name", DETECTORS)
def test_released_detectors_are_equal_to_their_engines(name: str, engine: EngineName) -> None:
    from hubocr.training.graph import Graph
    from hubocr.training.graph.network import Network

    files = released(name)
    settings = EngineSettings(engine=engine, precision="fp32", cpu_threads=1)
    loaded = load_engine(files, settings, streams=1)
    graph = Graph.load(onnx_file(files))
    page = np.full((160, 256, 3), 250, np.uint8)
    page[40:72, 30:110] = draw_text("314")
    tensors = [detector_input(page, DetectionSettings())]
    tensors.append(np.random.default_rng(0).normal(0, 1, (2, 3, 64, 96)).astype(np.float32))
    network = Network(graph, graph.output)
    assert loaded.run(tensors[0]).max() > 0.5
    assert 0 < largest_difference(loaded.run, network.logits, tensors) < 5e-5


def test_all_weights_get_gradients() -> None:
    import torch

    from hubocr.training.graph import Graph
    from hubocr.training.graph.head import find_head
    from hubocr.training.graph.network import Network

    for name in RELEASED:
        graph = Graph.load(onnx_file(released(name)))
        network = Network(graph, find_head(graph).logits)
        network(torch.from_numpy(inputs()[1])).square().sum().backward()
        count = sum(weight.numel() for weight in network.weights.values())
        assert count > 2.5e6
        without = [k for k, w in network.weights.items() if w.grad is None]
        assert without == []


def test_a_network_that_differs_is_refused(tiny_base: Path) -> None:
    from hubocr.training.graph import Graph
    from hubocr.training.graph.network import Network

    graph = Graph.load(tiny_base / "inference.onnx")
    engine = load_engine(find_model(tiny_base), EngineSettings(precision="fp32"), streams=1)
    network = Network(graph, graph.output)
    assert require_equality(engine.run, network.logits, inputs(), "it") < 1e-5
    graph = graph.replaced({"head_bias": graph.tensors["head_bias"] + np.eye(13)[3] * 0.01})
    other = Network(graph, graph.output)
    with pytest.raises(ModelError, match=r"^it differs by .*at most 1e-04"):
        require_equality(engine.run, other.logits, inputs(), "it")
    with pytest.raises(ModelError, match="shape mismatch"):
        require_equality(engine.run, lambda tensor: network.logits(tensor)[:, 1:], inputs(), "it")
    with pytest.raises(ModelError, match="differs by nan"):
        require_equality(engine.run, lambda tensor: engine.run(tensor) * np.nan, inputs(), "it")


def single(kind: str, constants: list[Any], opset: int, **attributes: Any) -> Any:
    """A model of one node whose further inputs are constants."""
    from onnx import TensorProto, helper, numpy_helper

    names = [f"i{place}" if value is not None else "" for place, value in enumerate(constants)]
    tensors = [
        numpy_helper.from_array(np.asarray(value), name)
        for value, name in zip(constants, names, strict=True)
        if value is not None
    ]
    node = helper.make_node(kind, ["x", *names], ["y"], **attributes)
    graph = helper.make_graph(
        [node],
        "single",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None] * 4)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        tensors,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


TRANSPOSED = np.random.default_rng(2).normal(0, 1, (3, 4, 2, 3)).astype(np.float32)
SCALES = np.array([1, 1, 2, 3], np.float32)
NEAREST = {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
KERNEL = np.random.default_rng(1).normal(0, 1, (4, 3, 3, 2)).astype(np.float32)
ONES = np.arange(1, 4, dtype=np.float32)


@pytest.mark.parametrize(
    ("kind", "constants", "opset", "attributes"),
    [
        ("Conv", [KERNEL, np.ones(4, np.float32)], 11, {"auto_pad": "SAME_UPPER"}),
        ("Conv", [KERNEL], 11, {"auto_pad": "SAME_LOWER", "strides": [2, 2]}),
        ("Conv", [KERNEL], 11, {"pads": [1, 0, 2, 1], "dilations": [2, 1]}),
        ("Conv", [KERNEL], 11, {"auto_pad": "VALID"}),
        ("ConvTranspose", [TRANSPOSED], 11, {"strides": [2, 3]}),
        ("ConvTranspose", [TRANSPOSED, KERNEL[:, 0, 0, 0]], 11, {"pads": [1, 0, 1, 0]}),
        ("Resize", [SCALES[:0], SCALES], 11, {"mode": "nearest", **NEAREST}),
        ("Resize", [None, None, np.array([2, 3, 9, 5])], 13, {"mode": "nearest", **NEAREST}),
        ("Resize", [None, SCALES], 13, {"mode": "linear"}),
        ("MaxPool", [], 11, {"auto_pad": "SAME_UPPER", "kernel_shape": [2, 2]}),
        ("MaxPool", [], 11, {"kernel_shape": [3, 2], "strides": [2, 1], "pads": [1, 0, 0, 1]}),
        ("AveragePool", [], 11, {"kernel_shape": [3, 2], "strides": [2, 2]}),
        ("AveragePool", [], 11, {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}),
        ("GlobalAveragePool", [], 11, {}),
        ("BatchNormalization", [ONES, ONES, ONES, ONES], 14, {"epsilon": 1e-3}),
        ("ReduceMean", [], 11, {"axes": [2, 3], "keepdims": 0}),
        ("ReduceMean", [np.array([-1])], 18, {"keepdims": 1}),
        ("Slice", [np.array([1, -3]), np.array([3, 1000]), np.array([1, 3])], 11, {}),
        ("Slice", [np.array([0]), np.array([99]), np.array([-1]), np.array([2])], 11, {}),
        ("Reshape", [np.array([0, -1, 2])], 14, {}),
        ("Transpose", [], 11, {"perm": [0, 2, 3, 1]}),
        ("Unsqueeze", [np.array([0, -1])], 13, {}),
        ("Unsqueeze", [], 11, {"axes": [2]}),
        ("Gather", [np.array([-1, 0])], 13, {"axis": 3}),
        ("Clip", [np.float32(-0.5), np.float32(0.25)], 13, {}),
        ("Clip", [None, np.float32(0.25)], 13, {}),
        ("Clip", [], 9, {"min": -0.1, "max": 0.1}),
        ("HardSigmoid", [], 11, {"alpha": 0.16666670143604279}),
        ("HardSwish", [], 14, {}),
        ("LeakyRelu", [], 11, {"alpha": 0.2}),
        ("PRelu", [np.full((3, 1, 1), 0.3, np.float32)], 11, {}),
        ("LayerNormalization", [np.ones(6, np.float32), np.ones(6, np.float32)], 17, {}),
        ("Softmax", [], 13, {"axis": -1}),
        ("Pow", [np.float32(2)], 13, {}),
        ("Tanh", [], 13, {}),
        ("Neg", [], 13, {}),
        ("Exp", [], 13, {}),
    ],
)
def test_operators_are_those_of_the_specification(
    kind: str, constants: list[Any], opset: int, attributes: dict[str, Any]
) -> None:
    from hubocr.training.graph import Graph
    from hubocr.training.graph.network import Network

    runtime = pytest.importorskip("onnxruntime")
    model = single(kind, constants, opset, **attributes)
    session = runtime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    images = np.random.default_rng(0).normal(0, 1, (2, 3, 7, 6)).astype(np.float32)
    (expected,) = session.run(None, {"x": images})
    found = Network(Graph(model), "y").logits(images)
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() < 1e-5


@pytest.mark.parametrize(
    ("kind", "attributes", "message"),
    [
        ("InstanceNormalization", {}, r"operator InstanceNormalization \(node y\)"),
        ("AveragePool", {"kernel_shape": [2, 2], "pads": [0, 0, 1, 1]}, "uneven padding"),
        ("Softmax", {"axis": 1}, "axis in the middle"),
        ("Resize", {"mode": "cubic"}, "Resize in the mode cubic"),
        ("ConvTranspose", {"auto_pad": "SAME_UPPER"}, "ConvTranspose with uneven padding"),
    ],
)
def test_what_is_not_known_is_named(kind: str, attributes: dict[str, Any], message: str) -> None:
    from hubocr.training.graph import Graph
    from hubocr.training.graph.network import Network

    with pytest.raises(HubocrError, match=message):
        Network(Graph(single(kind, [], 13, **attributes)), "y").logits(
            np.zeros((1, 3, 4, 4), np.float32)
        )


def test_what_is_no_network_is_refused(tmp_path: Path) -> None:
    from hubocr.training.graph import Graph
    from hubocr.training.graph.head import find_head

    (tmp_path / "text.onnx").write_text("not a network", encoding="utf-8")
    for name in ("text.onnx", "none.onnx"):
        with pytest.raises(ModelError, match=name):
            Graph.load(tmp_path / name)
    with pytest.raises(ModelError, match="softmax"):
        find_head(Graph(single("Tanh", [], 13)))
    with pytest.raises(ModelError, match="linear layer"):
        find_head(Graph(single("Softmax", [], 13)))
