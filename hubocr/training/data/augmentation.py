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
        warp: Standard deviation of the shifts of a grid's points as a share of the height, between
            which the image is bent. Wigington et al., Data Augmentation for Recognition of
            Handwritten Words and Lines using a CNN-LSTM Network, 2017, have points every 26 pixels
            and shifts of 1.7.
        stroke: How much thicker dark strokes become in pixels at a height of 48; half as much
            thinner.
        whole: Whether nothing is cut off at the sides: an image gets as wide as it has to. A
            tenth of the width of a long line is several characters, whose labels would stay.
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
    warp: float = 0.0
    stroke: float = 0.0
    whole: bool = False

    def apply(self, image: BgrImage, random: np.random.Generator) -> BgrImage:
        """Return a changed copy of an image, (H, W, 3) uint8.

        It has the same size, or with ``whole`` the same height.
        """
        if self.warp and random.random() < self.share:
            image = _warp(image, self.warp * image.shape[0], random)
        if random.random() < self.share:
            image = self._move(image, random)
        if self.stroke and random.random() < self.share:
            image = _thicken(image, random.uniform(-0.5, 1) * self.stroke * image.shape[0] / 48)
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
        if self.whole:
            left, right = moved[:, 0].min(), moved[:, 0].max()
            margins = random.uniform(-1, 1, 2) * self.shift * height
            moved[:, 0] += margins[0] - left
            width = max(1, round(right - left + margins.sum()))
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
        level = 128 - 128 * contrast + random.uniform(-1, 1) * self.light
        if not self.noise:
            changed: NDArray[np.float32] = np.full(image.shape, level, np.float32)
        else:
            # OpenCV draws them three times as fast, which is half of all that is done here.
            changed = np.empty(image.shape, np.float32)
            cv2.setRNGSeed(int(random.integers(2**31)))  # of this thread
            deviation = random.uniform(0, self.noise)
            cv2.randn(changed.reshape(len(image), -1), np.float64(level), np.float64(deviation))
        changed += image * np.float32(contrast)
        np.rint(changed, out=changed)
        return np.asarray(np.clip(changed, 0, 255, out=changed), np.uint8)


LINE = Augmentation(
    share=0.4, rotation=1, shear=0.1, scale=0.03, shift=0.03, perspective=0.03, light=30, noise=8,
    blur=1.0, invert=0.03, whole=True,
)  # fmt: skip
"""What suits lines of print."""

NONE = Augmentation(share=0.0)
"""No change at all."""


def _warp(image: BgrImage, deviation: float, random: np.random.Generator) -> BgrImage:
    """Return an image bent between the shifted points of a grid, two of them on its height."""
    height, width = image.shape[:2]
    size = (3, max(2, round(2 * width / height) + 1), 2)
    shifts = random.normal(0, deviation, size).astype(np.float32)
    field = cv2.resize(shifts, (width, height), interpolation=cv2.INTER_CUBIC)
    across = np.arange(width, dtype=np.float32)[None, :] + field[..., 0]
    down = np.arange(height, dtype=np.float32)[:, None] + field[..., 1]
    bent = cv2.remap(image, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(bent, np.uint8)


def _thicken(image: BgrImage, pixels: float) -> BgrImage:
    """Return an image whose dark strokes are thicker by some pixels, or thinner.

    Parts of pixels are mixed from the two nearest thicknesses.
    """
    change = cv2.erode if pixels > 0 else cv2.dilate
    whole, part = divmod(abs(pixels), 1)
    low, high = (
        change(image, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (n + 1, n + 1)))
        for n in (int(whole), int(whole) + 1)
    )
    return np.asarray(cv2.addWeighted(low, 1 - part, high, part, 0), np.uint8)


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
