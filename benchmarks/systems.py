"""The systems that are compared: ours with one engine each, and peers."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from tqdm import tqdm

from benchmarks.peers.client import run_peer
from benchmarks.peers.protocol import ModelFolders, Parameter, PeerJob, PeerLine
from hubocr.evaluation.scoring import ReadLine
from hubocr.evaluation.sets import Sample
from hubocr.imaging import read_image
from hubocr.pipeline import OcrPipeline

_LINES_A_CALL = 16
"""Line crops given to our recogniser at once; each is read alone, so this changes no text."""


@dataclass(frozen=True)
class Reading:
    """What a system made of a set.

    Attributes:
        lines: The lines of every sample, in the set's order.
        seconds: Wall time of the calls, without loading models and images. The first calls on
            a new shape are in it, so it is no measure of a running server.
    """

    lines: tuple[tuple[ReadLine, ...], ...]
    seconds: float


class System(Protocol):
    """Something that reads images."""

    @property
    def name(self) -> str:
        """Name in tables and results."""

    def read(self, samples: Sequence[Sample], *, whole: bool, title: str) -> Reading:
        """Read the images of a set.

        Args:
            samples: The images.
            whole: Whether to run the whole pipeline; otherwise the recogniser alone.
            title: What the progress bar says.
        """


class OwnSystem:
    """Our pipeline.

    Args:
        name: Name in tables and results.
        pipeline: Models, engines and options.
    """

    def __init__(self, name: str, pipeline: OcrPipeline) -> None:
        self.name = name
        self._pipeline = pipeline

    def read(self, samples: Sequence[Sample], *, whole: bool, title: str) -> Reading:
        """See `System.read`."""
        lines: list[tuple[ReadLine, ...]] = []
        seconds = 0.0
        size = 1 if whole else _LINES_A_CALL
        with tqdm(total=len(samples), desc=title, unit="image") as bar:
            for start in range(0, len(samples), size):
                images = [read_image(sample.path) for sample in samples[start : start + size]]
                began = time.perf_counter()
                if whole:
                    result = self._pipeline.run(images[0])
                    seconds += time.perf_counter() - began
                    lines.append(tuple(ReadLine(line.text, line.polygon) for line in result.lines))
                else:
                    texts = self._pipeline.recognizer.recognize(
                        images, self._pipeline.options.recognition
                    )
                    seconds += time.perf_counter() - began
                    lines += [(ReadLine(text.text),) for text in texts]
                bar.update(len(images))
        return Reading(tuple(lines), seconds)


class PeerSystem:
    """Another system in its own environment; it gets the same pixels as ours.

    Args:
        peer: A peer of `benchmarks.peers.envs`.
        cpu_threads: Processor threads.
        parameters: What differs from its own defaults, by its own names.
        models: The models, for peers that bring none of their own.
    """

    def __init__(
        self,
        peer: str,
        cpu_threads: int,
        parameters: Mapping[str, Parameter] | None = None,
        models: ModelFolders | None = None,
    ) -> None:
        self.name = peer
        self._cpu_threads = cpu_threads
        self._parameters = dict(parameters or {})
        self._models = models or ModelFolders()

    def read(self, samples: Sequence[Sample], *, whole: bool, title: str) -> Reading:
        """See `System.read`."""
        print(title, flush=True)
        with decoded(samples) as paths:
            results = run_peer(
                self.name,
                PeerJob(
                    task="system" if whole else "rec",
                    images=paths,
                    models=self._models,
                    cpu_threads=self._cpu_threads,
                    parameters=self._parameters,
                ),
            )
        lines = tuple(
            tuple(_read_line(line) for line in image if line.kept) for image in results.images
        )
        return Reading(lines, results.seconds)


def _read_line(line: PeerLine) -> ReadLine:
    points = tuple((x, y) for x, y in line.box or ())
    return ReadLine(line.text or "", points)


@contextmanager
def decoded(samples: Sequence[Sample]) -> Iterator[tuple[str, ...]]:
    """Give paths of ``.npy`` files with the images as our decoder sees them.

    Decoders treat transparency, 16 bits and orientation differently; what is compared here is
    what comes after.
    """
    with tempfile.TemporaryDirectory(prefix="hubocr-images-") as folder:
        paths = []
        for index, sample in enumerate(samples):
            path = Path(folder, f"{index}.npy")
            np.save(path, read_image(sample.path))
            paths.append(str(path))
        yield tuple(paths)
