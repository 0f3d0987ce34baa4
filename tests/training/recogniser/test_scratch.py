"""The small network: trained from nothing, and served as it was trained."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hubocr.cli import main
from hubocr.evaluation.lines import load_source
from hubocr.recognition import TextRecognizer, decode_greedy
from hubocr.settings import EngineName, EngineSettings
from hubocr.training.recogniser.shape import InputShape

pytestmark = pytest.mark.usefixtures("training")


def train(digits: Path, out: Path, *more: object) -> list[str]:
    labels = str(digits / "train.tsv")
    fixed = ["train", "rec", "--data", labels, "--val", labels, "--out", out, "--quiet"]
    rest = ["--threads", 1, "--time-limit", 0, "--device", "cpu", "--preset", "none"]
    return [str(word) for word in (*fixed, *rest, *more)]


@pytest.fixture(scope="module")
def trained(training: None, digits: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("scratch") / "small"
    size = ["--width", 96, "--batch-size", 10, "--epochs", 100]
    assert main(train(digits, out, "--scratch", *size)) == 0
    return out


def statistics(model: Path) -> list[np.ndarray]:
    from hubocr.training.graph import Graph

    graph = Graph.load(model)
    nodes = [node for node in graph.nodes if node.kind == "BatchNormalization"]
    return [graph.tensors[name] for node in nodes for name in node.inputs[3:]]


@pytest.mark.parametrize("engine", ["openvino", "onnxruntime"])
def test_engines_read_what_training_read(trained: Path, digits: Path, engine: EngineName) -> None:
    from hubocr.training.graph import Graph
    from hubocr.training.graph.network import Network

    recognizer = TextRecognizer.load(trained, EngineSettings(engine=engine, cpu_threads=1))
    assert recognizer.network.name == engine
    graph = Graph.load(trained / "inference.onnx")
    network = Network(graph, graph.output)
    texts = []
    for name in ("train.tsv", "val.tsv"):
        samples = load_source(digits / name).samples
        images = [sample.image() for sample in samples]
        lines = network.logits(InputShape(48, 96).tensor(images, 96))
        expected = [decode_greedy(line, recognizer.vocabulary) for line in lines]
        found = recognizer.recognize(images)
        assert [text.text for text in found] == [text.text for text in expected]
        assert np.allclose([t.score for t in found], [t.score for t in expected], atol=1e-4)
        texts += [(text.text, sample.text) for text, sample in zip(found, samples, strict=True)]
    assert sum(found == expected for found, expected in texts[:20]) >= 19


def test_the_card_says_where_it_comes_from(trained: Path) -> None:
    assert "trained from nothing" in (trained / "README.md").read_text(encoding="utf-8")


def test_there_is_nothing_to_mix_its_weights_with(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checkpoint = str(trained / "training" / "checkpoint.pt")
    command = ["export", checkpoint, "--out", str(tmp_path / "m"), "--interpolation"]
    assert main([*command, "0.5"]) == 1
    assert "wants a run that had a `base`" in capsys.readouterr().err
    assert not (tmp_path / "m").exists()
    assert main([*command, "1"]) == 0


def test_the_statistics_were_measured(trained: Path) -> None:
    before = statistics(trained / "training" / "start.onnx")
    after = statistics(trained / "inference.onnx")
    assert len(before) == len(after) == 16
    assert not any(np.allclose(left, right) for left, right in zip(before, after, strict=True))


def test_batches_are_normalised_as_by_pytorch() -> None:
    import torch
    from onnx import TensorProto, helper, numpy_helper

    from hubocr.training.graph import Graph
    from hubocr.training.graph.network import Network

    values = {"scale": (1.5, 0.5), "shift": (0.1, -0.2), "mean": (0.3, 0.4), "variance": (2.0, 3.0)}
    tensors = [numpy_helper.from_array(np.array(v, np.float32), k) for k, v in values.items()]
    sizes = ["n", 2, "h", "w"]
    graph = helper.make_graph(
        [helper.make_node("BatchNormalization", ["x", *values], ["y"])],
        "normalisation",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, sizes)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, sizes)],
        tensors,
    )
    network = Network(Graph(helper.make_model(graph)), "y", measure=True)
    layer = torch.nn.BatchNorm2d(2)
    for name, tensor in zip(
        values, (layer.weight, layer.bias, layer.running_mean, layer.running_var), strict=True
    ):
        tensor.data = torch.tensor(values[name])
    images = torch.from_numpy(np.random.default_rng(0).normal(1, 2, (4, 2, 5, 7))).float()
    assert torch.allclose(network(images), layer(images), atol=1e-6)
    assert torch.allclose(network.weights["mean"], layer.running_mean)
    assert torch.allclose(network.weights["variance"], layer.running_var)
    assert {name for name, w in network.weights.items() if w.requires_grad} == {"scale", "shift"}
    layer.eval()
    assert np.allclose(network.logits(images.numpy()), layer(images).detach(), atol=1e-6)
    assert torch.allclose(network.weights["mean"], layer.running_mean)


def test_a_dictionary_of_a_base_goes_with_a_base(
    digits: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(train(digits, tmp_path / "m", "--scratch", "--base-dict", "x.txt")) == 1
    assert "--base-dict goes with --base" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(train(digits, tmp_path / "m", "--scratch", "--base", "PP-OCRv6_small_rec"))
    assert "not allowed with" in capsys.readouterr().err
