"""What happens to an image on its way: light, blur, scaling, noise, JPEG."""

from __future__ import annotations

import math

import cv2
import numpy as np

from hubocr.imaging import BgrImage
from hubocr.synth.styles import Style

_NOMINAL = 48


def damage(image: BgrImage, style: Style, random: np.random.Generator) -> BgrImage:
    """Return an image as a camera, a scanner or a messenger would leave it.

    Args:
        image: (H, W, 3) uint8 BGR; it isn't changed.
        style: Amounts.
        random: For what is done and how much.
    """
    height, width = image.shape[:2]
    scale = height / _NOMINAL
    if style.motion and random.random() < 0.15:
        image = _moved(image, random.uniform(1, style.motion) * scale, random)
    if style.blur and random.random() < 0.5:
        sigma = random.uniform(0.3, style.blur) * scale
        if sigma > 0.2:
            image = np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.uint8)
    if random.random() < 0.4:
        # Not below 10 pixels, where nobody reads anything.
        factor = max(random.uniform(style.downscale, 1.0), 10 / height)
        if factor < 0.97:
            size = (max(2, round(width * factor)), max(2, round(height * factor)))
            image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    if (style.light or style.noise) and random.random() < 0.7:
        image = _lit(image, style, random)
    if style.bilevel and random.random() < style.bilevel:
        image = _bilevel(image)
    if random.random() < style.invert:
        image = 255 - image
    if random.random() < style.jpeg:
        quality = int(random.uniform(*style.quality))
        _, coded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
        image = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)
    return image


def _moved(image: BgrImage, length: float, random: np.random.Generator) -> BgrImage:
    size = max(3, math.ceil(length) | 1)
    kernel = np.zeros((size, size), np.float32)
    angle = random.uniform(0, math.pi)
    middle, reach = size // 2, size / 2
    step = np.array([math.cos(angle), math.sin(angle)]) * reach
    start, end = (np.rint(middle + sign * step).astype(int).clip(0, size - 1) for sign in (-1, 1))
    cv2.line(kernel, tuple(map(int, start)), tuple(map(int, end)), 1.0)
    return np.asarray(cv2.filter2D(image, -1, kernel / kernel.sum()), np.uint8)


def _bilevel(image: BgrImage) -> BgrImage:
    """Return the image in black and white, parted by Otsu's threshold."""
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    _, parted = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    return np.asarray(cv2.cvtColor(parted, cv2.COLOR_GRAY2BGR), np.uint8)


def _lit(image: BgrImage, style: Style, random: np.random.Generator) -> BgrImage:
    contrast = np.float32(1 + random.uniform(-1, 1) * style.light / 100)
    offset = np.float32(random.uniform(-1, 1) * style.light)
    changed = (image.astype(np.float32) - 128) * contrast + (128 + offset)
    if style.noise and random.random() < 0.6:
        deviation = random.uniform(0, style.noise)
        # Of one channel, or of each.
        channels = 1 if random.random() < 0.5 else 3
        noise = random.standard_normal((*image.shape[:2], channels), np.float32)
        changed += noise * np.float32(deviation)
    return np.asarray(np.clip(changed, 0, 255), np.uint8)
