"""The size at which a recogniser sees the images that it learns.

A CTC network writes at most one character a step, and a step is some pixels wide (8 in PP-OCR), so
that a small image with many characters has to be made wider than it is. Captchas, which are all of
one kind, are therefore stretched to one width, which is stored with the model. Lines of text of
all lengths keep their aspect ratio, and get the width that serving gives them.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hubocr.evaluation.lines import Sample
from hubocr.imaging import BgrImage
from hubocr.imaging.lines import line_tensor
from hubocr.recognition.batching import plan_single
from hubocr.settings import RecognitionSettings

HEIGHT = 48
"""Height in pixels of the input of PP-OCR recognisers from v3 on."""

_STEPS_PER_CHARACTER = 4
_MULTIPLE = 32
_SMALLEST, _LARGEST = 96, 1280
_SPARE = 1.2
"""Least number of steps for each one that a text takes, where lines keep their aspect ratio. The
released model's loss of a character is 0.1 to 0.2 on handwriting with more, and 2 with fewer, where
hardly any step is left for the blank: a batch of such lines undoes what hundreds of others taught
(measured: losses of 28 between those of 0.6)."""


@dataclass(frozen=True)
class InputShape:
    """Size of the network's input.

    Attributes:
        height: In pixels.
        width: In pixels where images are stretched to it; None where they keep their aspect ratio.
        widening: Factor by which they are wider than that in the latter case.
    """

    height: int
    width: int | None
    widening: float = 1.0

    def width_for(self, image: BgrImage) -> int:
        """Return the width in pixels of the input for an image, as serving chooses it."""
        if self.width is not None:
            return self.width
        smallest = RecognitionSettings().image_shape[2]
        return plan_single([image], self.height, smallest, self.widening)[0].width

    def steps_needed(self, text: str) -> int:
        """Return how many steps a line wants that is learnt from."""
        needed = steps_needed(text)
        return needed if self.width is not None else math.ceil(needed * _SPARE)

    def too_long(self, text: str, steps: int) -> str | None:
        """Return why a text can't be learnt from that many steps; None: it can."""
        needed = self.steps_needed(text)
        return f"{text!r} takes {needed} steps, its width gives {steps}" if needed > steps else None

    def tensor(self, images: Sequence[BgrImage], width: int) -> NDArray[np.float32]:
        """Return images as (N, 3, height, width) float32, in the very way of serving."""
        stretch = self.width is not None
        return line_tensor(images, self.height, width, stretch=stretch, widening=self.widening)


def choose_width(samples: Sequence[Sample], height: int, pixels_per_step: int) -> int:
    """Return the width in pixels to stretch images to.

    It leaves four steps for every character of the longest label (but for the odd one in a
    hundred), and is not narrower than half of the images are at that height.

    Args:
        samples: The training images.
        height: Height of the input in pixels.
        pixels_per_step: Width of the network's steps.
    """
    longest = float(np.quantile([len(sample.text) for sample in samples], 0.99, method="higher"))
    natural = float(np.median([height * sample.size[1] / sample.size[0] for sample in samples]))
    needed = max(natural, longest * _STEPS_PER_CHARACTER * pixels_per_step)
    width = math.ceil(round(needed) / _MULTIPLE) * _MULTIPLE
    return min(max(width, _SMALLEST), _LARGEST)


def steps_needed(text: Sequence[object]) -> int:
    """Return how many steps a text takes, or its classes.

    One a character, and a blank between equal ones.
    """
    return len(text) + sum(a == b for a, b in itertools.pairwise(text))


def by_width(
    images: Sequence[BgrImage], shape: InputShape, size: int
) -> list[tuple[tuple[int, ...], NDArray[np.float32]]]:
    """Return images as tensors, each with the width that serving gives it.

    Returns:
        Places of the images, and their tensor (N, 3, height, width) float32.
    """
    widths: dict[int, list[int]] = {}
    for place, image in enumerate(images):
        widths.setdefault(shape.width_for(image), []).append(place)
    batches = []
    for width, places in sorted(widths.items()):
        for start in range(0, len(places), size):
            part = tuple(places[start : start + size])
            batches.append((part, shape.tensor([images[place] for place in part], width)))
    return batches
