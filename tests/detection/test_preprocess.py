"""Sizes and numbers of the detector's input, against the rule written out in plain arithmetic."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hubocr.detection.preprocess import (
    checked_input_size,
    detector_input,
    input_size,
    pad_small,
)
from hubocr.errors import ImageTooLargeError
from hubocr.settings import DetectionSettings, LimitType

SIDES = st.integers(1, 6000)
RULES = st.sampled_from(["max", "min", "resize_long"])


def to_stride(side: int) -> int:
    """The nearest multiple of 32, halves to the even multiple, at least 32."""
    count, rest = divmod(side, 32)
    if rest > 16 or (rest == 16 and count % 2 == 1):
        count += 1
    return 32 * max(count, 1)


def expected_size(
    height: int, width: int, limit: int, rule: LimitType, largest: int
) -> tuple[int, int]:
    scale = 1.0
    if rule == "resize_long" or (rule == "max" and max(height, width) > limit):
        scale = limit / max(height, width)
    if rule == "min" and min(height, width) < limit:
        scale = limit / min(height, width)
    if max(int(height * scale), int(width * scale)) > largest:
        scale = largest / max(height, width)
    return to_stride(int(height * scale)), to_stride(int(width * scale))


@given(height=SIDES, width=SIDES, limit=st.integers(32, 5000), rule=RULES)
def test_sizes_follow_the_rule(height: int, width: int, limit: int, rule: LimitType) -> None:
    settings = DetectionSettings(limit_side_len=limit, limit_type=rule)
    expected = expected_size(height, width, limit, rule, largest=4000)
    assert input_size(height, width, settings) == expected


@pytest.mark.parametrize(
    ("rule", "limit", "size", "expected"),
    [
        ("max", 960, (720, 1280), (544, 960)),
        ("max", 960, (960, 1280), (704, 960)),  # 720 / 32 = 22.5: to the even multiple
        ("max", 960, (752, 500), (768, 512)),  # 23.5: to the even multiple, upwards here
        ("max", 960, (100, 100), (96, 96)),  # never enlarged
        ("max", 960, (1, 4000), (32, 960)),
        ("min", 736, (368, 736), (736, 1472)),
        ("min", 736, (1000, 900), (992, 896)),  # never shrunk
        ("min", 736, (1, 5000), (32, 4000)),  # without a bound it would be 3.7 million wide
        ("resize_long", 960, (120, 480), (256, 960)),  # 240 / 32 = 7.5
        ("resize_long", 960, (960, 1920), (480, 960)),
    ],
)
def test_sizes_of_known_cases(
    rule: LimitType, limit: int, size: tuple[int, int], expected: tuple[int, int]
) -> None:
    settings = DetectionSettings(limit_side_len=limit, limit_type=rule)
    assert input_size(*size, settings) == expected


@given(
    height=SIDES,
    width=SIDES,
    limit=st.integers(32, 10_000),
    largest=st.integers(32, 10_000),
    rule=RULES,
)
def test_sizes_are_bounded_multiples_of_the_stride(
    height: int, width: int, limit: int, largest: int, rule: LimitType
) -> None:
    settings = DetectionSettings(limit_side_len=limit, limit_type=rule, max_side_limit=largest)
    size = input_size(height, width, settings)
    assert all(side % 32 == 0 and 32 <= side <= largest + 16 for side in size)


def test_sizes_that_the_model_declares_win() -> None:
    settings = DetectionSettings()
    assert input_size(1000, 2000, settings, (640, 736)) == (640, 736)
    assert input_size(1000, 2000, settings, (None, 736)) == (480, 736)


@given(height=st.integers(1, 70), width=st.integers(1, 70))
def test_small_images_are_padded_at_the_right_and_bottom(height: int, width: int) -> None:
    image = np.full((height, width, 3), 200, np.uint8)
    padded = pad_small(image)
    if height + width >= 64:
        assert padded is image
        return
    assert padded.shape == (max(32, height), max(32, width), 3)
    assert np.array_equal(padded[:height, :width], image)
    assert not padded[height:].any()
    assert not padded[:, width:].any()


@given(seed=st.integers(0, 2**32 - 1), height=st.integers(20, 200), width=st.integers(44, 200))
def test_numbers_of_the_tensor(seed: int, height: int, width: int) -> None:
    image = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    tensor = detector_input(image, DetectionSettings())
    size = expected_size(height, width, 960, "max", 4000)
    assert tensor.shape == (1, 3, *size)
    assert tensor.dtype == np.float32
    resized = cv2.resize(image, size[::-1], interpolation=cv2.INTER_LINEAR).astype(np.float64)
    # The statistics meet the channels blue, green, red in this order: the models want it so.
    for channel, (mean, std) in enumerate([(0.485, 0.229), (0.456, 0.224), (0.406, 0.225)]):
        expected = (resized[:, :, channel] / 255 - mean) / std
        assert np.abs(tensor[0, channel] - expected).max() < 1e-5


@pytest.mark.parametrize(
    ("size", "limit", "rule"),
    [((1, 1), 4000, "resize_long"), ((200, 200), 4000, "min"), ((3000, 3000), 64, "min")],
)
def test_options_that_make_too_much_of_an_image_are_named(
    size: tuple[int, int], limit: int, rule: LimitType
) -> None:
    settings = DetectionSettings(limit_side_len=limit, limit_type=rule, max_pixels=4_000_000)
    with pytest.raises(ImageTooLargeError, match=f"det_limit_side_len {limit} .* 4000000"):
        detector_input(np.zeros((*size, 3), np.uint8), settings)
    # By itself the library takes what det_max_side_limit allows.
    roomy = DetectionSettings(limit_side_len=limit, limit_type=rule)
    assert checked_input_size(*size, roomy) == input_size(*size, roomy)
