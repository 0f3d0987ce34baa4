"""A small network whose answer NumPy can give, saved in each format by Paddle itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from hubocr.engines.base import Tensor
from hubocr.models import inspect_model
from hubocr.models.files import ModelFiles

_SAVE = """
import sys
import numpy
import paddle

class Network(paddle.nn.Layer):
    def __init__(self):
        super().__init__()
        self.layer = paddle.nn.Conv2D(3, 2, 1)
        self.layer.weight.set_value(numpy.arange(6, dtype="float32").reshape(2, 3, 1, 1) / 6 - 0.4)
        self.layer.bias.set_value(numpy.array([0.5, -0.25], dtype="float32"))

    def forward(self, image):
        return paddle.nn.functional.relu(self.layer(image))

network = Network()
network.eval()
spec = paddle.static.InputSpec([None, 3, None, None], "float32", "x")
paddle.jit.save(network, sys.argv[1] + "/inference", input_spec=[spec])
"""


def expected(tensor: Tensor) -> Tensor:
    """What the network answers, in float64."""
    weight = np.arange(6).reshape(2, 3) / 6 - 0.4
    mixed = np.einsum("oc,nchw->nohw", weight, tensor.astype(np.float64))
    biased = mixed + np.array([0.5, -0.25]).reshape(1, 2, 1, 1)
    return np.asarray(np.maximum(biased, 0), np.float32)


def random_tensor(seed: int, height: int = 8, width: int = 16) -> Tensor:
    shape = (1 + seed % 3, 3, height, width)
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def _save(folder: Path, pir: bool) -> ModelFiles:
    if find_spec("paddle") is None:
        pytest.skip("PaddlePaddle is not installed")
    script = folder.with_suffix(".py")  # Paddle reads the source of what it saves
    script.write_text(_SAVE)
    subprocess.run(
        [sys.executable, str(script), str(folder)],
        env={**os.environ, "FLAGS_enable_pir_api": str(int(pir))},
        check=True,
        capture_output=True,
        timeout=120,
    )
    return inspect_model(folder)


@pytest.fixture(scope="session")
def pdmodel(tmp_path_factory: pytest.TempPathFactory) -> ModelFiles:
    """The network as Paddle 2 saves it."""
    files = _save(tmp_path_factory.mktemp("pdmodel"), pir=False)
    assert files.pdmodel is not None
    return files


@pytest.fixture(scope="session")
def pir(tmp_path_factory: pytest.TempPathFactory) -> ModelFiles:
    """The network as Paddle 3 saves it, in JSON."""
    files = _save(tmp_path_factory.mktemp("pir"), pir=True)
    assert files.pir is not None
    json.loads(files.pir.read_text())
    return files


@pytest.fixture(scope="session")
def onnx_model(tmp_path_factory: pytest.TempPathFactory) -> ModelFiles:
    """The network as ONNX with a fixed height of 8, and a dictionary in its metadata."""
    onnx = pytest.importorskip("onnx", reason="onnx is not installed")
    make, number = onnx.helper.make_node, onnx.numpy_helper.from_array
    weight = (np.arange(6).reshape(2, 3, 1, 1) / 6 - 0.4).astype(np.float32)
    graph = onnx.helper.make_graph(
        [make("Conv", ["x", "w", "b"], ["c"], kernel_shape=[1, 1]), make("Relu", ["c"], ["y"])],
        "network",
        [onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, ["n", 3, 8, "w"])],
        [onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, ["n", 2, 8, "w"])],
        [number(weight, "w"), number(np.array([0.5, -0.25], np.float32), "b")],
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 13)])
    model.ir_version = 8
    onnx.helper.set_model_props(model, {"character": "a\nb"})
    folder = tmp_path_factory.mktemp("onnx")
    onnx.save(model, folder / "inference.onnx")
    return inspect_model(folder)


@pytest.fixture(scope="session")
def openvino_ir(tmp_path_factory: pytest.TempPathFactory) -> ModelFiles:
    """The network in OpenVINO's own format."""
    import openvino
    from openvino import opset13 as ops

    weight = (np.arange(6).reshape(2, 3, 1, 1) / 6 - 0.4).astype(np.float32)
    bias = np.array([0.5, -0.25], np.float32).reshape(1, 2, 1, 1)
    image = ops.parameter([-1, 3, -1, -1], np.float32, "x")
    mixed = ops.convolution(image, ops.constant(weight), [1, 1], [0, 0], [0, 0], [1, 1])
    network = openvino.Model([ops.relu(ops.add(mixed, ops.constant(bias)))], [image], "network")
    folder = tmp_path_factory.mktemp("ir")
    openvino.save_model(network, folder / "inference.xml", compress_to_fp16=False)
    return inspect_model(folder)
