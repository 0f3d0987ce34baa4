"""The steps to an int8 network, each against ONNX Runtime or a formula."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

if TYPE_CHECKING:
    from hubocr.training.graph import Graph
    from hubocr.training.int8.plan import Layer

pytestmark = pytest.mark.usefixtures("training")


@pytest.fixture
def model(training: None) -> Any:
    from tests.training.int8.networks import small_model

    return small_model()


def test_folding_changes_nothing_but_the_number_of_nodes(model: Any) -> None:
    from hubocr.training.int8.fold import fold_affine
    from tests.training.int8.networks import run, small_input

    folded = fold_affine(model)
    kinds = Counter(node.op_type for node in folded.graph.node)
    # Left are the product with the gate, which is no constant, and no sum at all.
    assert kinds["BatchNormalization"] == kinds["Add"] == kinds["Identity"] == 0
    assert kinds["Mul"] == 1
    assert np.abs(run(folded, small_input()) - run(model, small_input())).max() < 1e-5


def test_a_tensor_that_two_nodes_read_is_not_folded(model: Any) -> None:
    from onnx import TensorProto, helper

    from hubocr.training.int8.fold import fold_affine
    from tests.training.int8.networks import run, small_input

    model.graph.output.append(
        helper.make_tensor_value_info("c2", TensorProto.FLOAT, ["n", 96, 8, "w"])
    )
    folded = fold_affine(model)
    assert "m2" in {name for node in folded.graph.node for name in node.output}
    assert np.abs(run(folded, small_input()) - run(model, small_input())).max() < 1e-5


def chosen_layers(graph: Graph) -> list[Layer]:
    """The layers of a network that become int8, by its own shapes."""
    import torch

    from hubocr.training.graph.network import Network
    from hubocr.training.int8.calibrate import output_shapes
    from hubocr.training.int8.plan import choose_layers, linear_outputs
    from tests.training.int8.networks import small_input

    image = torch.from_numpy(small_input())[:1]
    network = Network(graph, "logits")
    return choose_layers(graph, output_shapes(network, linear_outputs(graph), image))


def test_layers_with_the_arithmetic_are_chosen(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from hubocr.training.graph import Graph
    from hubocr.training.int8 import plan
    from hubocr.training.int8.fold import fold_affine

    graph = Graph(fold_affine(model))
    # 128 places: the first layer 27 products a channel, the depthwise 9, the pointwise 96. The
    # matrix products run along 16 steps; the last one, which decides characters, stays as it is.
    assert {layer.output: layer.axis for layer in chosen_layers(graph)} == {
        "c1": 0, "c2": 0, "c3": 0, "inner": 1,
    }  # fmt: skip
    monkeypatch.setattr(plan, "_SMALLEST_SHARE", 0.1)
    assert [layer.output for layer in chosen_layers(graph)] == ["c1", "c3"]


def test_equalising_keeps_the_function_and_lessens_the_rounding(model: Any) -> None:
    import torch

    from hubocr.training.graph import Graph
    from hubocr.training.graph.network import Network
    from hubocr.training.int8.calibrate import activation_ranges, channel_sizes
    from hubocr.training.int8.equalize import equalize
    from hubocr.training.int8.fold import fold_affine
    from hubocr.training.int8.plan import RANGE
    from hubocr.training.int8.qdq import int8_model
    from tests.training.int8.networks import run, small_input

    images = [torch.from_numpy(small_input(seed)) for seed in range(2, 6)]
    folded = Graph(fold_affine(model))
    layers = chosen_layers(folded)
    names = {layer.data for layer in layers}
    even = equalize(folded, layers, channel_sizes(Network(folded, "logits"), names, images))
    expected = run(model, small_input())
    assert np.abs(run(even.model, small_input()) - expected).max() < 1e-5
    errors = []
    for graph in (folded, even):
        layers = chosen_layers(graph)
        names = {layer.data for layer in layers}
        ranges = activation_ranges(Network(graph, "logits"), names, images)
        arrays = {name + RANGE: np.array(bounds, np.float32) for name, bounds in ranges.items()}
        arrays |= {layer.weight: graph.tensors[layer.weight] for layer in layers}
        found = run(int8_model(graph, layers, arrays), small_input(), plainly=True)
        errors.append(float(np.abs(found - expected).mean()))
    assert errors[1] < errors[0] / 2


def test_what_is_exported_calculates_as_what_was_trained(model: Any) -> None:
    from hubocr.training.graph import Graph
    from hubocr.training.graph.network import Network
    from hubocr.training.int8.fold import fold_affine
    from hubocr.training.int8.plan import RANGE, rounding_graph
    from hubocr.training.int8.qdq import int8_model
    from tests.training.int8.networks import run, small_input

    graph = Graph(fold_affine(model))
    layers = chosen_layers(graph)
    network = Network(rounding_graph(graph, layers), graph.output)
    for name, weight in network.weights.items():
        if name.endswith(RANGE):
            weight.data[:] = weight.data * 3.3
    exported = int8_model(graph, layers, network.arrays())
    stored = {tensor.name: tensor.data_type for tensor in exported.graph.initializer}
    assert stored["depth/folded/weight.int8"] == 3  # TensorProto.INT8
    assert "depth/folded/weight" not in stored
    found = run(exported, small_input(), plainly=True)
    rounding = np.abs(found - run(model, small_input())).mean()
    assert rounding > 1e-4
    # A number that lies between two steps may go either way.
    assert np.abs(found - network.logits(small_input())).mean() < rounding / 20


def test_an_old_opset_is_raised(training: None) -> None:
    from hubocr.training.int8.qdq import OPSET, at_opset
    from tests.training.int8.networks import run, small_input, small_model

    old = small_model(opset=11)
    raised = at_opset(old)
    assert raised.opset_import[0].version == OPSET
    assert np.abs(run(raised, small_input()) - run(old, small_input())).max() < 1e-6


def test_rounding_follows_the_formula_and_lets_gradients_through(training: None) -> None:
    import torch

    from hubocr.training.int8.rounding import activation_scale, round_activation, round_weight

    data = torch.linspace(-3, 5, 101, requires_grad=True)
    bounds = torch.tensor([-1.0, 3.0], requires_grad=True)
    rounded = round_activation({})(data, bounds)
    scale, zero = activation_scale(-1.0, 3.0)
    steps = np.clip(np.rint(data.detach().numpy() / scale) + zero, 0, 255)
    assert np.abs(rounded.detach().numpy() - (steps - zero) * scale).max() < 1e-5
    rounded.sum().backward()
    inside = (data > -0.99) & (data < 2.99)
    assert bool((data.grad[inside] == 1).all())
    assert bool((data.grad[data > 3.01] == 0).all())
    assert float(bounds.grad.abs().max()) > 0

    weight = torch.tensor([[1.0, -0.5, 0.004], [100.0, 1.0, 0.3]], requires_grad=True)
    found = round_weight({"axis": 0})(weight)
    steps = np.array([[1.0], [100.0]]) / 127
    expected = np.rint(weight.detach().numpy() / steps) * steps
    assert np.abs(found.detach().numpy() - expected).max() < 1e-6
    found.sum().backward()
    assert bool((weight.grad == 1).all())


def test_a_range_is_the_one_that_rounds_best(training: None) -> None:
    import torch

    from hubocr.training.int8.calibrate import best_range

    generator = torch.Generator().manual_seed(0)
    # Heavy tails: the highest of these numbers are a hundred times the usual ones.
    values = torch.randn(50_000, generator=generator) ** 5

    def error(low: float, high: float) -> float:
        step = (high - low) / 255
        zero = round(-low / step)
        rounded = ((values / step + zero).round().clamp(0, 255) - zero) * step
        return float(((rounded - values) ** 2).mean())

    low, high = best_range([values[:20_000], values[20_000:]])
    assert low < 0 < high
    assert error(low, high) <= error(float(values.min()), float(values.max()))
    assert error(low, high) < error(float(values.min()) / 20, float(values.max()) / 20)


def test_a_range_always_holds_zero(training: None) -> None:
    import torch

    from hubocr.training.int8.calibrate import best_range

    low, high = best_range([torch.linspace(3, 5, 1000)])
    assert low == 0
    assert high == pytest.approx(5, abs=0.1)
