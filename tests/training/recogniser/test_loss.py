"""What a recogniser pays for answering otherwise than its base."""

from __future__ import annotations

import math
from typing import Any

import pytest

torch = pytest.importorskip("torch")


def line(*classes: int, certainty: float = 8.0) -> Any:
    """Return logits (1, steps, 5) of a network that is sure of a class at each step."""
    return certainty * torch.nn.functional.one_hot(torch.tensor([classes]), 5).float()


def test_it_is_the_divergence_a_character() -> None:
    from hubocr.training.recogniser.loss import kept_loss

    base, other = line(0, 1, 0, 2), line(0, 1, 0, 2, certainty=6.0)
    p, q = (torch.softmax(x, dim=2) for x in (base, other))
    expected = float((p * (p / q).log()).sum()) / 2
    assert 0 < expected < 1
    assert float(kept_loss(other, base)) == pytest.approx(expected, rel=1e-4)
    assert float(kept_loss(base, base)) == pytest.approx(0, abs=1e-6)


def test_the_further_the_more() -> None:
    from hubocr.training.recogniser.loss import kept_loss

    base = line(0, 1, 0, 2)
    ways = [kept_loss(line(0, 1, 0, 2, certainty=c), base) for c in (7.0, 4.0, 1.0)]
    ways.append(kept_loss(line(0, 3, 0, 2), base))
    ways.append(kept_loss(line(1, 3, 3, 3), base))
    assert ways == sorted(ways)


def test_a_line_that_is_lost_doesnt_drown_the_others() -> None:
    from hubocr.training.recogniser.loss import kept_loss

    base = torch.cat([line(0, 1, 0, 2), line(0, 0, 4, 0, certainty=40.0)])
    logits = torch.cat([line(0, 1, 0, 2, certainty=4.0), line(0, 0, 0, 0, certainty=40.0)])
    logits.requires_grad_()
    loss = kept_loss(logits, base)
    loss.backward()
    slopes = logits.grad.abs().sum(dim=(1, 2))
    assert math.isfinite(float(loss.detach()))
    assert 0 < float(slopes[1]) < float(slopes[0])
