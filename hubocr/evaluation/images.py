"""Labelled images of any kind, and the sources that they come from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Generic, TypeVar

from tqdm import tqdm

from hubocr.errors import DatasetError, ImageError
from hubocr.evaluation.labels import Problem
from hubocr.imaging import BgrImage, read_image

_KEPT_BYTES = 1 << 30
"""Decoded images are kept in memory up to this size; beyond it they are read again when needed."""


@dataclass(frozen=True, eq=False)
class LabelledImage:
    """One image with a label, which the subclass holds.

    Attributes:
        name: How it is called in messages: its path or its key.
        path: The image file, where it lies in a folder.
        load: Reads the image, where it lies in a larger file or in a database.
        size: Height and width in pixels, where they are known.
        pixels: The decoded image, where it is kept.
    """

    name: str
    path: Path | None = field(default=None, kw_only=True)
    load: Callable[[], BgrImage] | None = field(default=None, kw_only=True)
    size: tuple[int, int] = field(default=(0, 0), kw_only=True)
    pixels: BgrImage | None = field(default=None, kw_only=True)

    def image(self) -> BgrImage:
        """Return the image, (H, W, 3) uint8 BGR.

        Raises:
            ImageError: The file is damaged or gone.
        """
        if self.pixels is not None:
            return self.pixels
        if self.load is not None:
            return self.load()
        if self.path is None:
            raise ImageError(f"{self.name} has no image")
        return read_image(self.path)


ImageT = TypeVar("ImageT", bound=LabelledImage)


@dataclass(frozen=True)
class Source(Generic[ImageT]):
    """The images of one label file or database.

    Attributes:
        name: Its path as it was given.
        samples: The images that can be read.
        problems: What was skipped.
        ratio: Share of the samples that an epoch takes; above 1 it takes some more than once.
    """

    name: str
    samples: tuple[ImageT, ...]
    problems: tuple[Problem, ...] = ()
    ratio: float = 1.0

    @property
    def epoch_size(self) -> int:
        """Images that an epoch takes, at least one."""
        return max(1, round(self.ratio * len(self.samples)))


def collect(
    name: str,
    entries: Iterable[ImageT | Problem],
    *,
    check: Callable[[ImageT], Iterator[ImageT | Problem]] | None = None,
    ratio: float = 1.0,
    limit: int | None = None,
    progress: bool = False,
) -> Source[ImageT]:
    """Return a source of the labelled images that can be read; each is decoded once.

    Args:
        name: The source's path.
        entries: Its images, and what is wrong with others.
        check: Compares an image of known size with its label; yields what is wrong, and the image
            last, unless it can't be used.
        ratio: See `Source`.
        limit: Take this many images at most, the first ones.
        progress: Show progress on standard error.

    Raises:
        DatasetError: Nothing can be used.
    """
    problems: list[Problem] = []
    samples: list[ImageT] = []
    for entry in entries:
        if isinstance(entry, Problem):
            problems.append(entry)
        elif limit is None or len(samples) < limit:
            samples.append(entry)
    kept: list[ImageT] = []
    room = _KEPT_BYTES
    with ThreadPoolExecutor() as threads:
        decoded = threads.map(_decoded, samples)
        title = Path(name).name
        for result in tqdm(
            decoded,
            total=len(samples),
            desc=title,
            unit="image",
            disable=None if progress else True,  # None: where standard error is no terminal
        ):
            if isinstance(result, Problem):
                problems.append(result)
                continue
            if result.pixels is not None and result.pixels.nbytes <= room:
                room -= result.pixels.nbytes
            else:
                result = replace(result, pixels=None)
            for checked in [result] if check is None else check(result):
                (problems if isinstance(checked, Problem) else kept).append(checked)  # type: ignore
    if not kept:
        first = f"; the first problem: {problems[0]}" if problems else ""
        raise DatasetError(f"{name}: there is no image with a label to use{first}")
    return Source(name, tuple(kept), tuple(problems), ratio)


def _decoded(sample: ImageT) -> ImageT | Problem:
    try:
        image = sample.image()
    except ImageError as error:
        return Problem(sample.name, error.message)
    return replace(sample, size=(image.shape[0], image.shape[1]), pixels=image)
