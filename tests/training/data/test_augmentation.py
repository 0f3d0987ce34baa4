from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hubocr.imaging import BgrImage
from hubocr.training.data.augmentation import Augmentation
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
        assert left.shape[0] == image.shape[0]
        assert change.whole or left.shape == image.shape
        assert np.array_equal(left, right)
    changed = sum(not np.array_equal(image, other) for other in made)
    assert changed == 0 if name == "none" else changed > 10


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 300, 3), (200, 2, 3)])
def test_odd_images_are_no_error(shape: tuple[int, ...]) -> None:
    for name, preset in PRESETS.items():
        for seed in range(10):
            image = np.zeros(shape, np.uint8)
            changed = preset.augmentation.apply(image, np.random.default_rng(seed))
            assert changed.shape[0] == shape[0] and changed.shape[1] >= 1, name
            assert preset.augmentation.whole or changed.shape == shape, name


def long_line() -> BgrImage:
    """A line 40 times as wide as high, with a mark half its height from either end."""
    line = np.full((40, 1600, 3), 255, np.uint8)
    line[10:30, 20:24] = line[10:30, -24:-20] = 0
    return line


def test_the_ends_of_a_long_line_stay_where_nothing_may_be_cut_off() -> None:
    kept = Augmentation(share=1, rotation=1, shear=0.3, scale=0.2, shift=0.06, whole=True)
    cut = replace(kept, whole=False)
    marks = []
    for change in (kept, cut):
        images = [change.apply(long_line(), np.random.default_rng(seed)) for seed in range(30)]
        dark = [(image.min(axis=(0, 2)) < 128).nonzero()[0] for image in images]
        marks.append(
            [
                columns.size > 0 and columns.min() < 200 and columns.max() > image.shape[1] - 200
                for image, columns in zip(images, dark, strict=True)
            ]
        )
    assert all(marks[0])
    assert not all(marks[1])


def test_strokes_get_thicker_and_thinner() -> None:
    line = np.full((48, 300, 3), 255, np.uint8)
    line[:, 100:106] = line[20:28, 150:250] = 0
    change = Augmentation(share=1, stroke=3)
    ink = [
        float((255 - change.apply(line, np.random.default_rng(seed))).mean()) for seed in range(30)
    ]
    assert min(ink) < float((255 - line).mean()) < max(ink)


def test_a_bend_moves_by_a_small_share_of_the_height() -> None:
    # A ramp tells how far each pixel came from.
    line = np.repeat(np.arange(250, dtype=np.uint8)[None, :, None], 100, axis=0).repeat(3, axis=2)
    change = Augmentation(share=1, warp=0.04)
    moved = [
        change.apply(line, np.random.default_rng(seed)).astype(float) - line for seed in range(20)
    ]
    inner = np.array(moved)[:, :, 20:-20, 0]
    assert 1 < inner.std() < 5  # 0.04 of 100 pixels at the points, less between them
    assert abs(inner.mean()) < 0.5


def test_noise_is_the_same_in_all_channels_and_of_each_seed_its_own() -> None:
    grey = np.full((200, 300, 3), 128, np.uint8)
    change = Augmentation(share=1.0, noise=8)
    made = [change.apply(grey, np.random.default_rng(seed)).astype(float) for seed in range(4)]
    for image in made:
        deviations = image.std(axis=(0, 1))
        assert deviations.max() < 8.3
        assert deviations == pytest.approx(deviations.mean(), rel=0.05)
        assert image.mean(axis=(0, 1)) == pytest.approx(128, abs=0.3)
    first, second = made[0] - 128, made[1] - 128
    assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 0.02


def test_light_without_noise_is_the_formula() -> None:
    ramp = np.tile(np.arange(256, dtype=np.uint8)[None, :, None], (4, 1, 3))
    changed = Augmentation(share=1.0, light=30).apply(ramp, np.random.default_rng(3))
    inner = (changed > 0) & (changed < 255)
    slope, level = np.polyfit(ramp[inner].astype(float), changed[inner].astype(float), 1)
    assert 0.7 <= slope <= 1.3
    assert abs(level + 128 * slope - 128) <= 30
    assert np.abs(changed[inner] - (slope * ramp[inner] + level)).max() <= 0.51
