"""Geometry of synthetic lines: margins, shear, rotation, perspective, waves, local distortion."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from hubocr.synth.render import Mask
from hubocr.synth.styles import Style

_NOMINAL = 48


def with_margins(mask: Mask, style: Style, random: np.random.Generator, size: float) -> Mask:
    """Return the mask with space around it, as a detector cuts lines; below 0 it is cut.

    Args:
        mask: The text.
        style: For the margins.
        random: For their sizes.
        size: What margins are shares of, in pixels.
    """
    sides = [round(random.uniform(*style.margin) * size * scale) for scale in (0.8, 0.8, 1.2, 1.2)]
    top, bottom, left, right = sides
    mask = mask[max(0, -top) : mask.shape[0] - max(0, -bottom)]
    # The text itself is never cut: its first and last characters would no longer be there.
    return np.asarray(
        cv2.copyMakeBorder(
            mask,
            max(0, top),
            max(0, bottom),
            max(1, left),
            max(1, right),
            cv2.BORDER_CONSTANT,
            value=0,
        ),
        np.uint8,
    )


def warp(mask: Mask, style: Style, random: np.random.Generator) -> Mask:
    """Return the mask sheared, turned and seen in perspective, on a canvas that holds it."""
    height, width = mask.shape
    if random.random() < 0.25:
        return mask
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float64)
    shear = random.uniform(-1, 1) * style.shear * height
    moved = corners + np.array([[shear, 0], [shear, 0], [0, 0], [0, 0]])
    # A long line that is turned a little would be all margin.
    angle = math.radians(random.uniform(-1, 1) * style.rotation) * min(1.0, 6 * height / width)
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    moved = moved @ turn.T + random.uniform(-1, 1, (4, 2)) * style.perspective * height
    moved -= moved.min(axis=0)
    size = np.maximum(np.ceil(moved.max(axis=0)), 2).astype(int)
    matrix = cv2.getPerspectiveTransform(corners.astype(np.float32), moved.astype(np.float32))
    canvas = (int(size[0]), int(size[1]))
    return np.asarray(cv2.warpPerspective(mask, matrix, canvas, flags=cv2.INTER_LINEAR), np.uint8)


def bend(mask: Mask, style: Style, random: np.random.Generator) -> Mask:
    """Return the mask on a wave, with local distortion."""
    height, width = mask.shape
    curve = random.uniform(0, style.curve) * height if random.random() < 0.5 else 0.0
    elastic = random.uniform(0, style.elastic) * height / _NOMINAL
    if curve < 1 and elastic < 0.3:
        return mask
    pad = math.ceil(curve)
    mask = np.asarray(
        cv2.copyMakeBorder(mask, pad, pad, 0, 0, cv2.BORDER_CONSTANT, value=0), np.uint8
    )
    height += 2 * pad
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    if curve >= 1:
        period = max(width, 4 * height) * random.uniform(0.7, 2.0)
        phase = random.uniform(0, 2 * math.pi)
        y += (curve * np.sin(x[:1] * (2 * math.pi / period) + phase)).astype(np.float32)
    if elastic >= 0.3:
        x += elastic * _smooth_field(height, width, random)
        y += elastic * _smooth_field(height, width, random)
    return np.asarray(cv2.remap(mask, x, y, cv2.INTER_LINEAR), np.uint8)


def _smooth_field(height: int, width: int, random: np.random.Generator) -> NDArray[np.float32]:
    """Return numbers of deviation 1 that change over a third of the height."""
    cell = max(4, height // 3)
    coarse = random.normal(0, 1, (height // cell + 2, width // cell + 2)).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC))
