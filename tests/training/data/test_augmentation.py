from __future__ import annotations

import numpy as np
import pytest

from hubocr.training.recogniser.presets import PRESETS
from tests.training import draw_text


@pytest.mark.parametrize("name", PRESETS)
def test_images_keep_their_size_and_the_seed_decides(name: str) -> None:
    image = draw_text("1234")
    before = image.copy()
    change = PRESETS[name].augmentation
    made = [change.apply(image, np.random.default_rng(seed)) for seed in range(20)]
    again = [change.apply(image, np.random.default_rng(seed)) for seed in range(20)]
    assert np.array_equal(image, before)
    for left, right in zip(made, again, strict=True):
        assert left.dtype == np.uint8
        assert left.shape == image.shape
        assert np.array_equal(left, right)
    changed = sum(not np.array_equal(image, other) for other in made)
    assert changed == 0 if name == "none" else changed > 10


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 300, 3), (200, 2, 3)])
def test_odd_images_are_no_error(shape: tuple[int, ...]) -> None:
    for name, preset in PRESETS.items():
        for seed in range(10):
            image = np.zeros(shape, np.uint8)
            changed = preset.augmentation.apply(image, np.random.default_rng(seed))
            assert changed.shape == shape, name
