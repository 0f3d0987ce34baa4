"""The losses, against values worked out by hand."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from hubocr.settings import OcrOptions

if TYPE_CHECKING:
    import torch

pytestmark = pytest.mark.usefixtures("training")

THRESHOLD = OcrOptions().detection.thresh
BORDER = math.log(THRESHOLD / (1 - THRESHOLD))


def region(size: int, outline: tuple[slice, slice], kernel: tuple[slice, slice]) -> torch.Tensor:
    """Return the target, (1, 3, size, size), of one region; nothing is masked."""
    import torch

    target = torch.zeros(1, 3, size, size)
    target[:, 1] = 1
    target[0, 2][outline] = 1
    target[0, 2] /= target[0, 2].sum()
    target[0, 0][kernel] = 1
    return target


def words() -> torch.Tensor:
    return region(8, (slice(1, 5), slice(1, 7)), (slice(2, 4), slice(2, 6)))


def test_the_right_map_costs_nothing_and_the_wrong_one_much() -> None:
    import torch

    from hubocr.training.detector.loss import map_loss

    target = words()
    right = (target[:, :1] * 2 - 1) * 20
    assert float(map_loss(right, target)) == pytest.approx(0, abs=1e-4)
    assert float(map_loss(-right, target)) > 10
    # Every pixel at serving's threshold: log 2 each, in the region and outside.
    even = torch.full((1, 1, 8, 8), BORDER)
    assert float(map_loss(even, target)) == pytest.approx(2 * math.log(2), abs=1e-4)
    assert float(map_loss(even, target, 16.0)) == pytest.approx(2 * math.log(2), abs=1e-4)


def test_the_rim_of_a_region_counts_whatever_else_is_wrong() -> None:
    """A map that is a pixel too wide, in an image with much that looks like text."""
    from hubocr.training.detector.loss import map_loss

    target = words()
    right = (target[:, :1] * 2 - 1) * 20 + BORDER
    right[..., 6:, :] = BORDER  # undecided background
    wide = right.clone()
    wide[..., 1, 2:6] = BORDER  # four of the region's 24 pixels
    gain = float(map_loss(wide, target)) - float(map_loss(right, target))
    assert gain == pytest.approx(4 * math.log(2) / 24, abs=1e-4)


def test_regions_count_alike_whatever_their_size() -> None:
    from hubocr.training.detector.loss import map_loss

    target = region(32, (slice(2, 6), slice(2, 6)), (slice(3, 5), slice(3, 5)))
    large = region(32, (slice(8, 28), slice(8, 28)), (slice(13, 23), slice(13, 23)))
    target[:, 0] += large[:, 0]
    target[:, 2] += large[:, 2]
    right = (target[:, :1] * 2 - 1) * 20
    for one in (slice(2, 6), slice(8, 28)):
        missed = right.clone()
        missed[..., one, one] = 2 * BORDER - 20
        a_quarter_of_one_region = (20 - BORDER) / 4 / 2
        assert float(map_loss(missed, target)) == pytest.approx(a_quarter_of_one_region, rel=1e-3)


def test_only_the_hardest_others_count() -> None:
    import torch

    from hubocr.training.detector.loss import map_loss

    target = region(10, (slice(0, 1), slice(0, 1)), (slice(0, 1), slice(0, 1)))
    logits = torch.full((1, 1, 10, 10), -20.0)
    logits[..., 0, 0] = 20
    logits[..., 5, :2] = BORDER  # two wrong ones, and three count for one pixel of text
    assert float(map_loss(logits, target)) == pytest.approx(2 * math.log(2) / 3, abs=1e-4)


def test_what_is_masked_has_no_gradient() -> None:
    import torch

    from hubocr.training.detector.loss import map_loss

    target = torch.zeros(1, 3, 6, 6)
    target[:, (0, 2), :3] = 1
    target[:, 1, :, :3] = 1
    logits = torch.randn(1, 1, 6, 6, generator=torch.Generator().manual_seed(0))
    logits.requires_grad_()
    map_loss(logits, target).backward()
    assert logits.grad is not None
    assert logits.grad[..., 3:].abs().max() == 0
    assert logits.grad[..., :3].abs().min() > 0
    assert math.isfinite(float(map_loss(logits.detach(), torch.zeros(1, 3, 6, 6))))


def test_the_base_itself_is_kept_for_nothing() -> None:
    import torch

    from hubocr.training.detector.loss import kept_loss

    base = torch.randn(2, 1, 8, 8, generator=torch.Generator().manual_seed(0)) * 3
    assert float(kept_loss(base, base)) == pytest.approx(0, abs=1e-6)
    near, far = kept_loss(base + 0.1, base), kept_loss(base + 1, base)
    assert 0 < float(near) < float(far)
    nothing = torch.full((1, 1, 8, 8), -20.0)
    assert math.isfinite(float(kept_loss(nothing + 30, nothing)))


@pytest.mark.parametrize(("background", "temperature"), [(0.1, 1), (3, 1), (12, 4), (31, 2**3.5)])
def test_the_temperature_gives_the_background_clear_odds(
    background: float, temperature: float
) -> None:
    from hubocr.training.detector.loss import measure_temperature

    logits = np.full((2, 1, 32, 32), -background, np.float32)
    logits[:, :, :8] = 2 * background  # text
    assert measure_temperature(logits) == pytest.approx(temperature)
    assert measure_temperature(logits * 1.001) == measure_temperature(logits)
