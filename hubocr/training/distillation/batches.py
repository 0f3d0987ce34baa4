"""Batches of chunks, some of them used again."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator

import numpy as np
import torch

from hubocr.training.distillation.chunks import Chunk

_KEPT = 4096
"""Chunks kept for later use: 3 GB at 48 x 5120 pixels each."""


class Pool:
    """Chunks as batches; drawing lines is what takes time, so each may be used more than once.

    Args:
        chunks: The stream.
        pixels: Width of the lines of a batch together, in pixels.
        reuse: Times that each chunk is used, on average.
        device: Where chunks are kept.
        seed: For the choice.
    """

    def __init__(
        self, chunks: Iterator[Chunk], pixels: int, reuse: int, device: str, seed: int
    ) -> None:
        self._chunks = chunks
        self._pixels = pixels
        self._reuse = reuse
        self._device = device
        self._random = np.random.default_rng((seed, 2))
        self._new: dict[tuple[int, int], list[Chunk]] = {}
        self._old: dict[tuple[int, int], deque[Chunk]] = {}
        self.drawn = 0
        """Lines taken from the stream."""

    def batch(self) -> Chunk:
        """Return the next batch: new chunks of one width, and old ones of the same."""
        while True:
            chunk = next(self._chunks).to(self._device)
            self.drawn += len(chunk.lengths)
            key = (chunk.pixels.shape[2], chunk.cut)
            new = self._new.setdefault(key, [])
            new.append(chunk)
            wanted = max(1, math.ceil(self._pixels / (len(chunk.lengths) * key[0])))
            old = self._old.setdefault(key, deque(maxlen=max(64, _KEPT // 4)))
            fresh = max(1, math.ceil(wanted / self._reuse)) if len(old) >= wanted else wanted
            if len(new) < fresh:
                continue
            picked = (
                [old[int(place)] for place in self._random.integers(len(old), size=wanted - fresh)]
                if wanted > fresh
                else []
            )
            batch = _joined([*new, *picked])
            if self._reuse > 1:
                old.extend(new)
            new.clear()
            return batch


def _joined(chunks: list[Chunk]) -> Chunk:
    return Chunk(
        torch.cat([chunk.pixels for chunk in chunks]),
        torch.cat([chunk.widths for chunk in chunks]),
        chunks[0].cut,
        torch.cat([chunk.classes for chunk in chunks]),
        torch.cat([chunk.lengths for chunk in chunks]),
    )
