r"""Labelled images to learn from: label files and lmdb databases.

A label file has a line ``file TAB text`` for every image, UTF-8. In PaddleOCR's format, which is
otherwise the same, the file may be a JSON list of images that all have the text. Paths are
relative to the label file's folder. An lmdb database has the keys ``num-samples``,
``image-%09d`` and ``label-%09d``, counted from 1.

What is damaged is named and skipped: one bad image among thousands must not end a run.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from hubocr.errors import EngineError, ImageError, SettingsError
from hubocr.imaging import BgrImage, read_image

_KEPT_BYTES = 1 << 30
"""Decoded images are kept in memory up to this size; beyond it they are read again when needed."""


@dataclass(frozen=True)
class Problem:
    """Something that was skipped: where it is, and what is wrong with it."""

    where: str
    reason: str

    def __str__(self) -> str:
        return f"{self.where}: {self.reason}"


@dataclass(frozen=True, eq=False)
class Sample:
    """One labelled image.

    Attributes:
        name: How it is called in messages: its path or its key.
        text: What it says.
        encoded: The bytes of the image file, where it lies in a database.
        path: The image file, where it lies in a folder.
        size: Height and width in pixels.
        pixels: The decoded image, where it is kept.
    """

    name: str
    text: str
    path: Path | None = None
    encoded: bytes | None = None
    size: tuple[int, int] = (0, 0)
    pixels: BgrImage | None = None

    def image(self) -> BgrImage:
        """Return the image, (H, W, 3) uint8 BGR.

        Raises:
            ImageError: The file is damaged or gone.
        """
        if self.pixels is not None:
            return self.pixels
        source = self.encoded if self.encoded is not None else self.path
        if source is None:
            raise ImageError(f"{self.name} has no image")
        return read_image(source)


@dataclass(frozen=True)
class Source:
    """The images of one label file or database.

    Attributes:
        name: Its path as it was given.
        samples: The images that can be read.
        problems: What was skipped.
        ratio: Share of the samples that an epoch takes; above 1 it takes some more than once.
    """

    name: str
    samples: tuple[Sample, ...]
    problems: tuple[Problem, ...] = ()
    ratio: float = 1.0

    @property
    def epoch_size(self) -> int:
        """Images that an epoch takes, at least one."""
        return max(1, round(self.ratio * len(self.samples)))


def load_source(
    path: str | Path,
    *,
    root: Path | None = None,
    ratio: float = 1.0,
    limit: int | None = None,
    progress: bool = False,
) -> Source:
    """Read the labels of a source, and every image once.

    Args:
        path: A label file, or the folder of an lmdb database.
        root: The folder that paths are relative to, where it isn't the label file's.
        ratio: See `Source`.
        limit: Take this many images at most, the first ones.
        progress: Show progress on standard error.

    Raises:
        SettingsError: The source isn't there or can't be read, or nothing in it can be used.
        EngineError: It is an lmdb database and lmdb isn't installed.
    """
    place = Path(path).expanduser()
    entries = _read_database(place) if place.is_dir() else _read_labels(place, root)
    problems: list[Problem] = []
    samples: list[Sample] = []
    for entry in entries:
        if isinstance(entry, Problem):
            problems.append(entry)
        elif limit is None or len(samples) < limit:
            samples.append(entry)
    kept: list[Sample] = []
    room = _KEPT_BYTES
    with ThreadPoolExecutor() as threads:
        decoded = threads.map(_decoded, samples)
        for result in tqdm(
            decoded, total=len(samples), desc=place.name, unit="image", disable=not progress
        ):
            if isinstance(result, Problem):
                problems.append(result)
                continue
            if result.pixels is not None and result.pixels.nbytes <= room:
                room -= result.pixels.nbytes
            else:
                result = _without_pixels(result)
            kept.append(result)
    if not kept:
        first = f"; the first problem: {problems[0]}" if problems else ""
        raise SettingsError(f"{path}: there is no image with a label to use{first}")
    return Source(str(path), tuple(kept), tuple(problems), ratio)


def split_off(source: Source, share: float, seed: int) -> tuple[Source, Source]:
    """Divide a source at random into one for training and one for validation.

    Raises:
        SettingsError: There are too few images.
    """
    count = round(len(source.samples) * share)
    if count < 1 or count >= len(source.samples):
        raise SettingsError(
            f"{source.name}: {len(source.samples)} images are too few to keep some aside; "
            "name others with --val"
        )
    order = np.random.default_rng(seed).permutation(len(source.samples))
    aside = set(order[:count].tolist())
    training = tuple(s for place, s in enumerate(source.samples) if place not in aside)
    validation = tuple(s for place, s in enumerate(source.samples) if place in aside)
    return (
        Source(source.name, training, source.problems, source.ratio),
        Source(source.name, validation),
    )


def epoch_order(sources: Sequence[Source], seed: int, epoch: int) -> list[tuple[int, int]]:
    """Return what an epoch takes: pairs of a source and a place in it, shuffled.

    The order depends on nothing but the arguments, so that a run that goes on after a stop takes
    the same images as one that was never stopped.
    """
    random = np.random.default_rng((seed, epoch))
    taken: list[tuple[int, int]] = []
    for number, source in enumerate(sources):
        count = source.epoch_size
        while count > 0:
            order = random.permutation(len(source.samples))[:count]
            taken += [(number, int(place)) for place in order]
            count -= len(order)
    return [taken[place] for place in random.permutation(len(taken))]


def _decoded(sample: Sample) -> Sample | Problem:
    try:
        image = sample.image()
    except ImageError as error:
        return Problem(sample.name, error.message)
    return replace(sample, size=(image.shape[0], image.shape[1]), pixels=image)


def _without_pixels(sample: Sample) -> Sample:
    return replace(sample, pixels=None)


def _read_labels(path: Path, root: Path | None) -> Iterator[Sample | Problem]:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SettingsError(f"can't read the labels {path}: {error.strerror or error}") from error
    folder = root or path.parent
    for number, raw in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        where = f"{path}, line {number}"
        if not raw.strip():
            continue
        try:
            line = raw.decode("utf-8").removesuffix("\r")
        except UnicodeDecodeError:
            yield Problem(where, "not UTF-8")
            continue
        files, tab, text = line.partition("\t")
        if not tab or not files:
            yield Problem(where, "expected a file, a tab and its text")
        elif not text:
            yield Problem(where, "the text is empty")
        else:
            for file in _file_names(files):
                yield Sample(file, text, path=folder / file)


def _file_names(files: str) -> Iterable[str]:
    if files.startswith("["):
        try:
            names = json.loads(files)
        except ValueError:
            return (files,)
        if isinstance(names, list) and all(isinstance(name, str) for name in names):
            return names
    return (files,)


def _read_database(path: Path) -> Iterator[Sample | Problem]:
    try:
        import lmdb
    except ImportError as error:
        raise EngineError(
            f"{path} is a folder; to read lmdb databases: pip install 'hubocr[train]'"
        ) from error
    try:
        database: Any = lmdb.open(str(path), readonly=True, lock=False, readahead=False)
    except lmdb.Error as error:
        raise SettingsError(f"{path} is not an lmdb database: {error}") from error
    with database, database.begin() as transaction:
        try:
            count = int(bytes(transaction.get(b"num-samples") or b"").decode())
        except ValueError as error:
            raise SettingsError(f"{path} has no number under the key num-samples") from error
        for number in range(1, count + 1):
            image = transaction.get(b"image-%09d" % number)
            label = transaction.get(b"label-%09d" % number)
            where = f"{path}, image-{number:09d}"
            if image is None or label is None:
                yield Problem(where, "the image or its label is missing")
                continue
            try:
                text = bytes(label).decode("utf-8")
            except UnicodeDecodeError:
                yield Problem(where, "the label is not UTF-8")
                continue
            if text:
                yield Sample(where, text, encoded=bytes(image))
            else:
                yield Problem(where, "the text is empty")
