"""Short lines joined into longer ones.

A set of short lines teaches little about long ones. Two images side by side with both texts are a
line that the CTC loss takes like any other, since what one image needs of steps the two together
need as well; between equal characters it wants a blank besides, which the gap gives (TextConAug of
Zhang et al., Context-Aware Text Recognition, does the same).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from hubocr.evaluation.lines import Sample
from hubocr.imaging import BgrImage

_SHORT = 10.0
"""Width of a line by its height up to which it is short: half of what serving takes at its size."""

_GAP = (0.25, 0.6)
"""Gap between two lines by their height; the least is more than a step of 8 pixels at 48."""


@dataclass(frozen=True)
class Concatenation:
    """Which lines are joined.

    Attributes:
        share: Share of short lines that are joined with another short one.
    """

    share: float = 0.0

    def joined(
        self, samples: Sequence[Sample], random: np.random.Generator
    ) -> list[tuple[Sample, ...]]:
        """Return the lines of an epoch: as many, some of them joined with another one of them."""
        short = [s for s in samples if s.size[1] <= _SHORT * s.size[0]] if self.share else []
        lines: list[tuple[Sample, ...]] = []
        for sample in samples:
            is_short = bool(short) and sample.size[1] <= _SHORT * sample.size[0]
            if is_short and random.random() < self.share:
                lines.append((sample, short[int(random.integers(len(short)))]))
            else:
                lines.append((sample,))
        return lines


def join_images(images: Sequence[BgrImage], height: int, random: np.random.Generator) -> BgrImage:
    """Return images side by side at a height in pixels; a single one is returned as it is.

    The gap has the colour of the edges at it.
    """
    if len(images) == 1:
        return images[0]
    scaled = [_at_height(image, height) for image in images]
    parts = [scaled[0]]
    for image in scaled[1:]:
        colour = np.median(np.concatenate([parts[-1][:, -1], image[:, 0]]), axis=0)
        gap = np.empty((height, round(height * random.uniform(*_GAP)), 3), np.uint8)
        gap[:] = colour
        parts += [gap, image]
    return np.concatenate(parts, axis=1)


def join_texts(texts: Sequence[str], *, spaced: bool) -> str:
    """Return the text of joined lines, with a space between words where there is a class for it."""
    text = texts[0]
    for other in texts[1:]:
        words = text[-1:].isascii() and other[:1].isascii()
        text += (" " if spaced and words else "") + other
    return text


def _at_height(image: BgrImage, height: int) -> BgrImage:
    width = max(1, round(image.shape[1] * height / image.shape[0]))
    return np.asarray(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
