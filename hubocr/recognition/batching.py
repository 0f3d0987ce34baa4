"""Which lines go through the engine together, and how wide."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hubocr.imaging import BgrImage
from hubocr.imaging.lines import aspect_ratio

# Widths above the smallest are rounded up to a multiple of the step of their range: the fewer
# shapes there are, the fewer the engine has to compile, and padding costs at most a tenth.
_BUCKET_STEPS = ((640, 32), (1280, 64), (2560, 128))
_LAST_STEP = 256

_VIRTUAL_STEP = 16
"""Step of the widths below the smallest; fifteen of them stay within what the engine keeps."""

MAX_ASPECT = 100.0
"""Width / height beyond which a line is squeezed: a strip of 1 x 100000 pixels, a few hundred bytes
as a file, would otherwise cost gigabytes. Lines of text stay below 60."""

_JOINED_WIDTH = 640
"""Width in pixels that narrow lines have together at most. So two lines of 320 pixels go 1.04 to
1.10 times as fast as one by one, four of 160 1.11 to 1.14 times, ten of 64 1.20 to 1.34 times (v4
and v6, fp32 and bf16, OpenVINO on two threads); wider ones gain nothing."""


@dataclass(frozen=True)
class Batch:
    """Lines that go through the engine together.

    Attributes:
        indices: Their places in the caller's list.
        height: Height of the input tensor in pixels.
        width: Its width.
    """

    indices: tuple[int, ...]
    height: int
    width: int


def bucket_width(width: int, smallest: int) -> int:
    """Return the input width in pixels for a line of a width: the smallest, or a bucket."""
    if width <= smallest:
        return smallest
    step = next((step for limit, step in _BUCKET_STEPS if width <= limit), _LAST_STEP)
    return math.ceil(width / step) * step


def plan_single(
    images: Sequence[BgrImage], height: int, smallest: int, widening: float = 1.0
) -> list[Batch]:
    """Plan one call a line, so that a line's text depends on nothing but the line.

    Args:
        images: The lines.
        height: Height of the input in pixels.
        smallest: Its least width.
        widening: Factor by which lines are wider than their aspect ratio says.
    """
    widths = [math.ceil(height * widening * _bounded_aspect(image)) for image in images]
    return [
        Batch((index,), height, bucket_width(width, smallest)) for index, width in enumerate(widths)
    ]


def plan_virtual(images: Sequence[BgrImage], height: int, padded: int, margin: int) -> list[Batch]:
    """Plan one call a line, narrow ones at their own width and a margin.

    Args:
        images: The lines.
        height: Height of the input in pixels.
        padded: Width to which the network pads narrow lines in effect.
        margin: Pixels of padding that it has to be given.
    """
    batches = []
    for index, image in enumerate(images):
        width = math.ceil(height * _bounded_aspect(image))
        needed = math.ceil((width + margin) / _VIRTUAL_STEP) * _VIRTUAL_STEP
        taken = needed if needed < padded else bucket_width(width, padded)
        batches.append(Batch((index,), height, taken))
    return batches


def _bounded_aspect(image: BgrImage) -> float:
    return min(aspect_ratio(image), MAX_ASPECT)


def join_equal(batches: Sequence[Batch], threads: int) -> list[Batch]:
    """Join narrow lines of one width, which makes fewer and larger matrix products of them.

    Nothing is padded for it, and OpenVINO gives the same floats (ONNX Runtime: at most 2e-6 away).
    Only so many are joined that every thread has as much to do as before.

    Args:
        batches: Single lines.
        threads: How many batches are processed concurrently.
    """
    sizes: dict[tuple[int, int], list[int]] = {}
    for batch in batches:
        sizes.setdefault((batch.width, batch.height), []).extend(batch.indices)
    joined = []
    for (width, height), indices in sizes.items():
        size = max(1, _JOINED_WIDTH // width)
        in_joined = len(indices) // (size * threads) * threads * size
        pieces = [indices[n : n + size] for n in range(0, in_joined, size)]
        pieces += [[index] for index in indices[in_joined:]]
        joined += [Batch(tuple(piece), height, width) for piece in pieces]
    return joined


def plan_padded(
    images: Sequence[BgrImage], height: int, smallest: int, batch_num: int, widening: float = 1.0
) -> list[Batch]:
    """Plan the reference's batches: by ascending aspect ratio, as wide as the widest line."""
    aspects = [widening * _bounded_aspect(image) for image in images]
    order = np.argsort(aspects)
    batches = []
    for start in range(0, len(order), batch_num):
        indices = tuple(int(index) for index in order[start : start + batch_num])
        widest = max(smallest / height, *(aspects[index] for index in indices))
        batches.append(Batch(indices, height, int(height * widest)))
    return batches
