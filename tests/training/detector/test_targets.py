"""Shrunk regions: the inverse of what serving does to what it finds."""

from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from hubocr.detection.db import find_polygons
from hubocr.detection.matching import polygon_iou
from hubocr.evaluation.pages import Page, Region
from hubocr.settings import OcrOptions
from hubocr.training.detector.crops import PRESETS, draw_crop
from hubocr.training.detector.targets import draw_targets, shrink, shrink_distance, targets_of

CORNERS = np.array([(0, 0), (320, 0), (320, 320), (0, 320)], np.float64)
AS_IT_IS = np.array([[1, 0, 0], [0, 1, 0]], np.float64)


def turned(width: float, height: float, degrees: float) -> NDArray[np.float64]:
    angle = math.radians(degrees)
    along = np.array([math.cos(angle), math.sin(angle)]) * width / 2
    down = np.array([-math.sin(angle), math.cos(angle)]) * height / 2
    corners = np.array([-along - down, along - down, along + down, down - along])
    return corners + 160


@pytest.mark.parametrize("size", [(40, 20), (100, 20), (1000, 20), (20, 20)])
def test_a_rectangle_is_shrunk_by_what_serving_grows_it(size: tuple[float, float]) -> None:
    width, height = size
    distance = shrink_distance(width * height, 2 * (width + height))
    inner = (width - 2 * distance, height - 2 * distance)
    grown = inner[0] * inner[1] * OcrOptions().detection.unclip_ratio / (2 * sum(inner))
    assert grown == pytest.approx(distance)
    # The distance of the paper, which is larger for long lines.
    paper = width * height * (1 - 0.4**2) / (2 * (width + height))
    assert distance == pytest.approx(paper, rel=0.1 if width < 60 else 0.5)
    (kernel,) = shrink(turned(width, height, 0))
    assert np.abs(kernel.max(axis=0) - kernel.min(axis=0) - inner).max() < 0.1


@given(st.floats(30, 200), st.floats(14, 60), st.floats(-45, 45))
def test_serving_finds_what_was_labelled(width: float, height: float, degrees: float) -> None:
    points = turned(width, height, degrees)
    targets = targets_of([Region(points, "a")])
    kernel, mask, share = draw_targets(targets, CORNERS, AS_IT_IS, 320)
    assert mask.min() == 1
    assert (share > 0)[kernel > 0].all()
    assert share.sum() == pytest.approx(1, abs=0.25)  # outlines are drawn with their edges
    ((found, _),) = find_polygons(kernel, 320, 320, OcrOptions().detection)
    assert polygon_iou(found, points) > 0.65


def test_ignored_and_small_text_and_what_is_outside_are_masked() -> None:
    regions = [
        Region(turned(100, 20, 0), "a"),
        Region(turned(60, 20, 0) + np.array([0, 60]), "###", ignored=True),
        Region(turned(60, 5, 0) - np.array([0, 60]), "small"),
    ]
    kernel, mask, share = draw_targets(targets_of(regions), CORNERS / 1.5, AS_IT_IS, 320)
    assert kernel[160, 160] == 1
    assert mask[160, 160] == 1
    assert mask[220 - 10 : 220, 160].max() == 0
    assert mask[100, 160] == 0
    assert kernel.sum() == kernel[150:170].sum()
    assert mask[:, 230:].max() == 0
    assert share[160, 160] == pytest.approx(1 / 2000)
    assert share.sum() == pytest.approx(share[148:173].sum())  # of the one that is learnt


def test_a_line_has_no_kernel() -> None:
    assert shrink(np.array([(1, 1), (1, 1), (1, 1)], np.float64)) == ()
    assert shrink(np.array([(1, 1), (50, 1), (99, 1)], np.float64)) == ()


@pytest.mark.parametrize("preset", PRESETS)
def test_regions_move_with_their_pixels(preset: str) -> None:
    image = np.full((200, 400, 3), 255, np.uint8)
    points = np.array([(150, 80), (250, 80), (250, 110), (150, 110)], np.float64)
    cv2.fillPoly(image, [points.astype(np.int32)], (0, 0, 0))
    page = Page("a", (Region(points, "a"),), size=(200, 400), pixels=image)
    targets = targets_of(page.regions)
    seen = 0
    for seed in range(20):
        crop = draw_crop(page, targets, PRESETS[preset], 160, np.random.default_rng(seed))
        again = draw_crop(page, targets, PRESETS[preset], 160, np.random.default_rng(seed))
        assert np.array_equal(crop.tensor, again.tensor)
        assert crop.tensor.shape == (3, 160, 160)
        assert crop.tensor.dtype == crop.target.dtype == np.float32
        kernel, mask, _ = crop.target
        inside = crop.tensor.mean(axis=0)[(kernel == 1) & (mask == 1)]
        if len(inside):
            seen += 1
            assert np.quantile(inside, 0.9) < -0.8  # dark: the kernel lies on the box
    assert seen > 10


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (3000, 40)])
def test_odd_images_are_no_error(shape: tuple[int, int]) -> None:
    page = Page("a", (), pixels=np.zeros((*shape, 3), np.uint8))
    for seed in range(5):
        crop = draw_crop(page, (), PRESETS["scene"], 64, np.random.default_rng(seed))
        assert np.isfinite(crop.tensor).all()
