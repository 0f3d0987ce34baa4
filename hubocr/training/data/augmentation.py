"""Changes to training images that leave the text as it is.

They are few and fast: a batch takes milliseconds. Everything is drawn from the generator that the
caller gives, so that the same seed makes the same images.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from hubocr.imaging import BgrImage


@dataclass(frozen=True)
class Augmentation:
    """How much images are changed; every amount is the largest.

    Attributes:
        share: Share of the images that each change is made to.
        rotation: Degrees, either way.
        shear: Horizontal shift of the top against the bottom, as a share of the height.
        scale: Change of size, as a share, for each direction on its own.
        shift: Shift as a share of the height.
        perspective: Shift of each corner as a share of the height.
        light: Change of brightness in levels of 255, and of contrast in hundredths.
        noise: Standard deviation of pixel noise in levels of 255.
        blur: Standard deviation of the blur in pixels at a height of 48.
        lines: Thin lines across the image.
        invert: Share of the images that are turned into their negative.
    """

    share: float = 0.5
    rotation: float = 0.0
    shear: float = 0.0
    scale: float = 0.0
    shift: float = 0.0
    perspective: float = 0.0
    light: float = 0.0
    noise: float = 0.0
    blur: float = 0.0
    lines: int = 0
    invert: float = 0.0

    def apply(self, image: BgrImage, random: np.random.Generator) -> BgrImage:
        """Return a changed copy of an image, (H, W, 3) uint8, of the same size."""
        if random.random() < self.share:
            image = self._move(image, random)
        if self.lines and random.random() < self.share:
            image = _draw_lines(image, int(random.integers(1, self.lines + 1)), random)
        if self.blur and random.random() < self.share:
            sigma = random.uniform(0.2, 1) * self.blur * image.shape[0] / 48
            image = np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.uint8)
        if (self.light or self.noise) and random.random() < self.share:
            image = self._light(image, random)
        if random.random() < self.invert:
            image = 255 - image
        return image

    def _move(self, image: BgrImage, random: np.random.Generator) -> BgrImage:
        height, width = image.shape[:2]
        centre = np.array([width / 2, height / 2])
        corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)
        angle = np.deg2rad(random.uniform(-1, 1) * self.rotation)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        shear = np.array([[1, random.uniform(-1, 1) * self.shear], [0, 1]])
        scale = np.diag(1 + random.uniform(-1, 1, 2) * self.scale)
        moved = (corners - centre) @ (turn @ shear @ scale).T + centre
        moved += random.uniform(-1, 1, 2) * self.shift * height
        moved += random.uniform(-1, 1, (4, 2)) * self.perspective * height
        matrix = cv2.getPerspectiveTransform(corners.astype(np.float32), moved.astype(np.float32))
        return np.asarray(
            cv2.warpPerspective(
                image,
                matrix,
                (width, height),
                flags=cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_REPLICATE,
            ),
            np.uint8,
        )

    def _light(self, image: BgrImage, random: np.random.Generator) -> BgrImage:
        contrast = 1 + random.uniform(-1, 1) * self.light / 100
        changed: NDArray[np.float32] = image.astype(np.float32)
        changed = (changed - 128) * contrast + 128 + random.uniform(-1, 1) * self.light
        if self.noise:
            deviation = random.uniform(0, self.noise)
            changed = changed + random.normal(0, deviation, image.shape).astype(np.float32)
        return np.asarray(np.clip(np.rint(changed), 0, 255), np.uint8)


def _draw_lines(image: BgrImage, count: int, random: np.random.Generator) -> BgrImage:
    height, width = image.shape[:2]
    image = np.ascontiguousarray(image).copy()
    for _ in range(count):
        # A colour of the image itself, as a line that is meant to disturb would have.
        colour = image[random.integers(height), random.integers(width)].tolist()
        start = (int(random.integers(-width // 4, width // 2)), int(random.integers(height)))
        end = (int(random.integers(width // 2, width * 5 // 4)), int(random.integers(height)))
        cv2.line(image, start, end, colour, 1, cv2.LINE_AA)
    return image
