"""Images without labels on which a model is to answer as it did before."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic

from hubocr.errors import DatasetError
from hubocr.evaluation.images import ImageT, collect
from hubocr.evaluation.labels import Problem
from hubocr.imaging import IMAGE_SUFFIXES


@dataclass(frozen=True)
class Kept(Generic[ImageT]):
    """Images whose labels nobody knows, on which a model is to answer as before.

    Attributes:
        images: The images.
        ratio: How many of them go with each image with a label.
        problems: What was skipped.
    """

    images: Sequence[ImageT] = ()
    ratio: float = 0.0
    problems: tuple[Problem, ...] = ()

    def count(self, labelled: int) -> int:
        """Return how many go with some labelled ones."""
        return round(self.ratio * labelled) if self.images else 0


def load_kept(
    folders: Sequence[str],
    ratio: float,
    make: Callable[[str, Path], ImageT],
    *,
    progress: bool = False,
) -> Kept[ImageT]:
    """Return the images in folders, each decoded once.

    Args:
        folders: The folders.
        ratio: See `Kept`.
        make: Returns an image of its name and its path.
        progress: Show progress on standard error.

    Raises:
        DatasetError: A folder isn't there, or no image in it can be read.
    """
    sources = [
        collect(name, _found(Path(name).expanduser(), make), progress=progress) for name in folders
    ]
    return Kept(
        tuple(image for source in sources for image in source.samples),
        ratio,
        tuple(problem for source in sources for problem in source.problems),
    )


def _found(place: Path, make: Callable[[str, Path], ImageT]) -> Iterator[ImageT]:
    if not place.is_dir():
        raise DatasetError(f"`keep`: {place} is not a folder of images")
    for path in sorted(place.rglob("*")):
        if path.suffix.lower() in IMAGE_SUFFIXES:
            yield make(str(path), path)
