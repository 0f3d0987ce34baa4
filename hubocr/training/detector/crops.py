"""Square crops of pages: turned, mirrored and scaled, as DB detectors are trained on.

Scales are relative to the size at which serving gives an image to the network, so that text is as
large in training as it will be later, give or take the range. Rotation and mirroring are those of
Liao et al. (2019), section 4.2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from hubocr.detection.preprocess import detector_input, input_size
from hubocr.evaluation.pages import Page
from hubocr.imaging import BgrImage
from hubocr.settings import OcrOptions
from hubocr.training.data.augmentation import Augmentation
from hubocr.training.detector.targets import Map, Target, draw_targets

_SERVED = OcrOptions().detection
"""The size at which images are served; crops are no larger."""

_NOTHING = (124.0, 116.0, 104.0)
"""What is 0 in the network's input, as the padding of its convolutions is: the edge of an image
looks in a crop as it does in serving."""

_ELSEWHERE = 0.15
"""Share of the crops that are taken anywhere, not where text is known to be."""


_LOOK = Augmentation(share=0.3, light=30, noise=6, blur=0.08)
"""Augmentation measures blur at the height of a line, 48 pixels; crops are ten times as high."""


@dataclass(frozen=True)
class PageAugmentation:
    """How much crops are changed; every amount is the largest.

    Attributes:
        rotation: Degrees, either way.
        scale: Factor of the size, up and down.
        mirror: Share of the crops that are mirrored from left to right.
        look: Brightness, contrast, noise and blur.
    """

    rotation: float = 10.0
    scale: float = 2.0
    mirror: float = 0.5
    look: Augmentation = _LOOK


PRESETS: Mapping[str, PageAugmentation] = {
    "scene": PageAugmentation(),
    "document": PageAugmentation(rotation=4.0, scale=1.5, mirror=0.0),
    "none": PageAugmentation(0.0, 1.0, 0.0, Augmentation(share=0.0)),
}
"""Amounts that suit a kind of image."""


@dataclass(frozen=True, eq=False)
class Crop:
    """A crop and what is to be found in it.

    Attributes:
        tensor: (3, size, size) float32, as serving prepares images.
        target: (3, size, size) float32, see `hubocr.training.detector.targets.draw_targets`.
    """

    tensor: NDArray[np.float32]
    target: Map


def draw_crop(
    page: Page,
    targets: Sequence[Target],
    augmentation: PageAugmentation,
    size: int,
    random: np.random.Generator,
) -> Crop:
    """Return a crop of a page at random.

    Args:
        page: The page.
        targets: Its regions, see `hubocr.training.detector.targets.targets_of`.
        augmentation: How much it is changed.
        size: Height and width of the crop in pixels, a multiple of 32.
        random: What everything is drawn from.
    """
    image = page.image()
    height, width = image.shape[:2]
    corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float64)
    matrix = _matrix(page, image, augmentation, size, random)
    warped = cv2.warpAffine(image, matrix, (size, size), borderValue=_NOTHING)
    crop = np.asarray(warped, np.uint8)
    crop = augmentation.look.apply(crop, random)
    tensor = detector_input(crop, _SERVED)[0]
    return Crop(tensor, draw_targets(targets, corners, matrix, size))


def _matrix(
    page: Page,
    image: BgrImage,
    augmentation: PageAugmentation,
    size: int,
    random: np.random.Generator,
) -> NDArray[np.float64]:
    """Return the affine map from the image to a crop, (2, 3)."""
    height, width = image.shape[:2]
    served = input_size(height, width, _SERVED)[0] / height
    scale = served * augmentation.scale ** random.uniform(-1, 1)
    turn = np.deg2rad(random.uniform(-1, 1) * augmentation.rotation)
    linear = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    if random.random() < augmentation.mirror:
        linear[:, 0] *= -1
    centre = _centre(page, (width, height), size / scale, random)
    return np.column_stack([linear, size / 2 - linear @ centre])


def _centre(
    page: Page, sides: tuple[int, int], window: float, random: np.random.Generator
) -> NDArray[np.float64]:
    """Return what is in the middle of a crop, in pixels of the image.

    Most crops hold a region, at any place of theirs; none looks further beyond the image than it
    has to.
    """
    wanted = [region.points for region in page.regions if not region.ignored]
    if wanted and random.random() >= _ELSEWHERE:
        points = wanted[random.integers(len(wanted))]
        low, high = points.min(axis=0), points.max(axis=0)
        centre = low + random.random(2) * (high - low)
        centre += random.uniform(-0.4, 0.4, 2) * window
    else:
        centre = random.random(2) * sides
    half = np.minimum(window / 2, np.array(sides) / 2)
    return np.asarray(np.clip(centre, half, sides - half), np.float64)
