"""Learning rates in proportion to what they change."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")


def moved(relative: bool) -> list[Any]:
    """Return how far a step of AdamW moves tensors of different size, by their size."""
    from hubocr.training.groups import parameter_groups

    sizes = (0.02, 0.1, 0.3)
    generator = torch.Generator().manual_seed(0)
    weights = [
        (torch.randn(64, 64, 1, 1, generator=generator) * size).requires_grad_() for size in sizes
    ]
    before = [w.detach().clone() for w in weights]
    groups = parameter_groups(weights, 0.0, relative=relative)
    for group in groups:
        group["lr"] = 1e-3 * group.pop("scale")
    optimiser = torch.optim.AdamW(groups)
    # The scale of a loss, or of a tensor's gradients, doesn't matter to AdamW.
    sum(w.sum() for w in weights).backward()
    optimiser.step()
    changes = [(w.detach() - b).abs().mean() for w, b in zip(weights, before, strict=True)]
    return [float(change / size) for change, size in zip(changes, sizes, strict=True)]


def test_relative_to_their_weights_all_tensors_learn_at_the_same_pace() -> None:
    assert moved(relative=True) == pytest.approx([0.01] * 3, rel=0.1)
    assert moved(relative=False) == pytest.approx([0.05, 0.01, 1 / 300], rel=0.1)


def test_few_large_channels_dont_set_the_pace_of_a_depthwise_convolution() -> None:
    from hubocr.training.groups import parameter_groups

    kernel = torch.full((64, 1, 3, 3), 0.2)
    kernel[:2] = 30.0
    (group,) = parameter_groups([kernel], 0.01, relative=True)
    assert group["scale"] == pytest.approx(2.0)


def test_biases_have_no_weight_decay() -> None:
    from hubocr.training.groups import parameter_groups

    weights = [torch.ones(4, 4), torch.ones(4)]
    for relative in (True, False):
        groups = parameter_groups(weights, 0.01, relative=relative)
        assert [group["weight_decay"] for group in groups] == [0.01, 0.0]
