"""Lines for distillation: drawn by worker processes, in pieces of one width."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from hubocr.errors import ImageError, SettingsError
from hubocr.imaging import BgrImage, read_image
from hubocr.synth.damage import damage
from hubocr.synth.generator import LineGenerator
from hubocr.synth.settings import SynthSettings
from hubocr.synth.styles import STYLES
from hubocr.training.distillation.request import DistillationRequest
from hubocr.training.recogniser.shape import HEIGHT

_log = logging.getLogger(__name__)

PADDED = 320
"""Width in pixels that the released recognisers were trained at, at least."""

_WIDTHS = (PADDED, 480, 640, 960)
_NARROW_STEP = 32
_SMALLEST = 64
_CHUNK_PIXELS = 16 * PADDED
_SUFFIXES = (".jpg", ".jpeg", ".png")
_PREFETCHED = 4


@dataclass(frozen=True, eq=False)
class Chunk:
    """Lines of one width.

    Attributes:
        pixels: (N, 48, width, 3) uint8 BGR.
        widths: Width in pixels of each line, int64; right of it there is padding.
        cut: Width in pixels that the student sees.
        classes: The student's classes of all texts one after the other, int64.
        lengths: Length of each text, int64; 0 where nobody knows it.
    """

    pixels: torch.Tensor
    widths: torch.Tensor
    cut: int
    classes: torch.Tensor
    lengths: torch.Tensor

    def to(self, device: str) -> Chunk:
        """Return it on a device; classes and lengths stay."""
        return Chunk(
            self.pixels.to(device, non_blocking=True),
            self.widths.to(device, non_blocking=True),
            self.cut,
            self.classes,
            self.lengths,
        )


def image_tensor(chunk: Chunk) -> torch.Tensor:
    """Return the network's input, (N, 3, 48, width) float32 from -1 to 1, 0 in the padding."""
    data = chunk.pixels.permute(0, 3, 1, 2).float() / 127.5 - 1
    columns = torch.arange(data.shape[3], device=data.device)
    inside = columns[None, :] < chunk.widths[:, None]
    return data * inside[:, None, None, :]


class ChunkStream(IterableDataset):  # type: ignore[misc]  # torch has no types here
    """Chunks without end; each worker makes its own lines.

    Args:
        synth: The synthetic lines.
        first: Number of the first line, of each worker.
        classes: The student's class of each character.
        crops: Pictures of lines without labels.
        crop_share: Share of lines that are such pictures.
        narrow: Share of short lines that the student sees without padding.
    """

    def __init__(
        self,
        synth: SynthSettings,
        first: int,
        classes: Mapping[str, int],
        crops: Sequence[BgrImage],
        crop_share: float,
        narrow: float,
    ) -> None:
        self._synth, self._first = synth, first
        self._classes = classes
        self._crops = crops
        self._crop_share = crop_share if crops else 0.0
        self._narrow = narrow

    def __iter__(self) -> Iterator[Chunk]:
        info = get_worker_info()
        worker, workers = (info.id, info.num_workers) if info else (0, 1)
        if info:
            cv2.setNumThreads(1)
        generator = LineGenerator(self._synth, tuple(self._classes))
        waiting: dict[tuple[int, int], list[tuple[BgrImage, list[int]]]] = {}
        number = self._first * workers + worker
        while True:
            random = np.random.default_rng((self._synth.seed, number, 1))
            if random.random() < self._crop_share:
                crop = self._crops[int(random.integers(len(self._crops)))]
                image = damage(crop, STYLES["document"], random)
                text: list[int] = []
            else:
                line = generator.line(number)
                image, text = line.image, [self._classes.get(c, 0) for c in line.text]
                text = text if all(text) else []
            number += workers
            width = max(8, math.ceil(HEIGHT * image.shape[1] / image.shape[0]))
            padded = next((known for known in _WIDTHS if width <= known), None)
            if padded is None:
                continue
            cut = padded
            if padded == PADDED and random.random() < self._narrow:
                cut = max(_SMALLEST, math.ceil(width / _NARROW_STEP) * _NARROW_STEP)
            resized = np.asarray(cv2.resize(image, (width, HEIGHT)), np.uint8)
            group = waiting.setdefault((padded, cut), [])
            group.append((resized, text))
            if len(group) >= max(1, _CHUNK_PIXELS // padded):
                yield _chunk(group, padded, cut)
                group.clear()


def _chunk(lines: Sequence[tuple[BgrImage, list[int]]], width: int, cut: int) -> Chunk:
    pixels = np.zeros((len(lines), HEIGHT, width, 3), np.uint8)
    for row, (image, _) in enumerate(lines):
        pixels[row, :, : image.shape[1]] = image
    return Chunk(
        torch.from_numpy(pixels),
        torch.tensor([image.shape[1] for image, _ in lines]),
        cut,
        torch.tensor([c for _, text in lines for c in text], dtype=torch.int64),
        torch.tensor([len(text) for _, text in lines]),
    )


def stream(request: DistillationRequest, classes: Mapping[str, int], first: int) -> Iterator[Chunk]:
    """Return the chunks of a run.

    Args:
        request: The run.
        classes: The student's class of each character.
        first: Number of the first line of each worker.
    """
    chunks = ChunkStream(
        request.synth,
        first,
        classes,
        load_crops([Path(place) for place in request.crops]),
        request.crop_share,
        request.narrow,
    )
    loader: Any = DataLoader(
        chunks,
        batch_size=None,
        num_workers=request.workers,
        prefetch_factor=_PREFETCHED if request.workers else None,
        # Forked workers would share the state of CUDA and of threads.
        multiprocessing_context="spawn" if request.workers else None,
    )
    return iter(loader)


def load_crops(folders: Sequence[Path]) -> list[BgrImage]:
    """Return the pictures in folders.

    Raises:
        SettingsError: A folder isn't there, or has no picture that can be read.
    """
    images: list[BgrImage] = []
    for folder in folders:
        paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in _SUFFIXES)
        if not paths:
            raise SettingsError(f"`crops`: there is no picture in {folder}")
        before = len(images)
        for path in paths:
            try:
                images.append(read_image(path))
            except ImageError as error:
                _log.warning("skipped: %s: %s", path, error.message)
        if len(images) == before:
            raise SettingsError(f"`crops`: no picture in {folder} can be read")
    return images
