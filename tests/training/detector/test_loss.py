"""The losses, against values worked out by hand."""

from __future__ import annotations

import math

import pytest

pytestmark = pytest.mark.usefixtures("training")


def test_the_right_map_costs_nothing_and_the_wrong_one_much() -> None:
    import torch

    from hubocr.training.detector.loss import map_loss

    text = torch.zeros(1, 1, 8, 8)
    text[..., 2:4, 2:6] = 1
    target = torch.cat([text, torch.ones_like(text)], dim=1)
    right = (text * 2 - 1) * 20
    assert float(map_loss(right, target)) == pytest.approx(0, abs=1e-4)
    assert float(map_loss(-right, target)) > 10
    # Every pixel at 0.5: log 2 for each of the 8 + 24 pixels, and 1 - 2 * 4 / (32 + 8).
    even = torch.zeros(1, 1, 8, 8)
    assert float(map_loss(even, target)) == pytest.approx(math.log(2) + 0.8, abs=1e-4)


def test_only_the_hardest_others_count() -> None:
    import torch

    from hubocr.training.detector.loss import map_loss

    text = torch.zeros(1, 1, 10, 10)
    text[..., 0, 0] = 1
    target = torch.cat([text, torch.ones_like(text)], dim=1)
    logits = torch.full((1, 1, 10, 10), -20.0)
    logits[..., 0, 0] = 20
    logits[..., 5, :4] = 0  # four wrong ones, and three count for one pixel of text
    dice = 1 - 2 * 1 / (1 + 4 * 0.5 + 1)
    assert float(map_loss(logits, target)) == pytest.approx(3 * math.log(2) / 4 + dice, abs=1e-4)


def test_what_is_masked_has_no_gradient() -> None:
    import torch

    from hubocr.training.detector.loss import map_loss

    target = torch.zeros(1, 2, 6, 6)
    target[:, 0, :3] = 1
    target[:, 1, :, :3] = 1
    logits = torch.randn(1, 1, 6, 6, generator=torch.Generator().manual_seed(0))
    logits.requires_grad_()
    map_loss(logits, target).backward()
    assert logits.grad is not None
    assert logits.grad[..., 3:].abs().max() == 0
    assert logits.grad[..., :3].abs().min() > 0
    assert math.isfinite(float(map_loss(logits.detach(), torch.zeros(1, 2, 6, 6))))


def test_the_base_itself_is_kept_for_nothing() -> None:
    import torch

    from hubocr.training.detector.loss import kept_loss

    base = torch.randn(2, 1, 8, 8, generator=torch.Generator().manual_seed(0)) * 3
    assert float(kept_loss(base, base)) == pytest.approx(0, abs=1e-6)
    near, far = kept_loss(base + 0.1, base), kept_loss(base + 1, base)
    assert 0 < float(near) < float(far)
    nothing = torch.full((1, 1, 8, 8), -20.0)
    assert math.isfinite(float(kept_loss(nothing + 30, nothing)))
