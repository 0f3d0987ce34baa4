"""Jobs for peers and their results, as JSON: files for one run, lines for repeated rounds.

A peer that runs rounds stays alive: it answers ``{"ready": ...}`` once its models and images are
loaded, then one line for every line that it is sent, and ends where its input does.

Peers run in interpreters of their own, so this module needs nothing but the standard library.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal, TypeVar, cast

T = TypeVar("T")

Task = Literal["det", "cls", "rec", "system"]
TASKS: tuple[str, ...] = ("det", "cls", "rec", "system")

Parameter = bool | int | float | str
Box = tuple[tuple[float, float], ...]
"""Corners (x, y) in pixels, clockwise from the top left one."""


class PeerError(RuntimeError):
    """A job is wrong, or a peer failed on it."""


@dataclass(frozen=True)
class ModelFolders:
    """Models for peers that take any; empty where a peer's own model is meant.

    Attributes:
        det: Folder of the detector, with ``inference.pdmodel`` and ``inference.pdiparams``.
        cls: Folder of the direction classifier.
        rec: Folder of the recogniser.
        dictionary: Dictionary of the recogniser, one character a line.
    """

    det: str = ""
    cls: str = ""
    rec: str = ""
    dictionary: str = ""


@dataclass(frozen=True)
class PeerJob:
    """What a peer is to do.

    Attributes:
        task: ``det``: boxes; ``cls``: the direction of line crops; ``rec``: the text of line
            crops; ``system``: the whole pipeline.
        images: Paths of image files, or of ``.npy`` files with (H, W, 3) uint8 BGR arrays,
            which are the same pixels for every system.
        models: The models, for peers that take any.
        parameters: What differs from the peer's parameters for this task, by the peer's names.
        cpu_threads: Processor threads.
        at_once: Whether all images go in in one call, for peers that take lists; None: the way
            that is usual for the peer.
    """

    task: Task
    images: tuple[str, ...]
    models: ModelFolders = ModelFolders()
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    cpu_threads: int = 1
    at_once: bool | None = None


@dataclass(frozen=True)
class PeerLine:
    """One box, crop or line; what the task doesn't give is None.

    Attributes:
        box: Where it is in the image.
        label: The classifier's label, ``"0"`` or ``"180"``.
        label_score: Probability of the label, from 0 to 1.
        turned: Whether the crop was turned before it was read.
        text: What was read.
        score: Mean probability of the characters, from 0 to 1.
        kept: Whether the peer's final answer holds it (score not below ``drop_score``).
    """

    box: Box | None = None
    label: str | None = None
    label_score: float | None = None
    turned: bool | None = None
    text: str | None = None
    score: float | None = None
    kept: bool = True


@dataclass(frozen=True)
class PeerResults:
    """What a peer answered.

    Attributes:
        images: Lines of every image, in the job's order and the peer's own order of lines.
        seconds: Wall time of the calls alone, without loading models and images.
        versions: Versions of the peer's packages.
    """

    images: tuple[tuple[PeerLine, ...], ...]
    seconds: float
    versions: Mapping[str, str]


@dataclass(frozen=True)
class PeerReady:
    """What a peer that runs rounds tells first.

    Attributes:
        load_seconds: Wall time of importing it and loading its models.
        first_result_seconds: Wall time of its first call, with one image.
        resident_mib: Resident memory after that call.
        versions: Versions of its packages.
    """

    load_seconds: float
    first_result_seconds: float
    resident_mib: float
    versions: Mapping[str, str]


@dataclass(frozen=True)
class PeerRound:
    """One pass over all images.

    Attributes:
        seconds: Wall time of the calls alone.
        cpu_seconds: Processor time of all threads during the calls.
        resident_mib: Resident memory afterwards.
        images: Lines of every image; only of the first round.
    """

    seconds: float
    cpu_seconds: float
    resident_mib: float
    images: tuple[tuple[PeerLine, ...], ...] = ()


def write_job(job: PeerJob, path: Path) -> None:
    """Write a job as JSON."""
    path.write_text(json.dumps(asdict(job), ensure_ascii=False), encoding="utf-8")


def read_job(path: Path) -> PeerJob:
    """Return the job of a JSON file.

    Raises:
        PeerError: The file is no job.
    """
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        task = raw["task"]
        if task not in TASKS:
            raise PeerError(f"task must be one of {', '.join(TASKS)}, not {task!r}")
        return PeerJob(
            task=cast(Task, task),
            images=tuple(raw["images"]),
            models=ModelFolders(**raw["models"]),
            parameters=dict(raw["parameters"]),
            cpu_threads=int(raw["cpu_threads"]),
            at_once=raw["at_once"],
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PeerError(f"{path} is no job: {error!r}") from error


def write_results(results: PeerResults, path: Path) -> None:
    """Write results as JSON."""
    path.write_text(json.dumps(asdict(results), ensure_ascii=False), encoding="utf-8")


def read_results(path: Path) -> PeerResults:
    """Return the results of a JSON file.

    Raises:
        PeerError: The file holds no results.
    """
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        return PeerResults(
            images=_images(raw["images"]),
            seconds=float(raw["seconds"]),
            versions=dict(raw["versions"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PeerError(f"{path} holds no results: {error!r}") from error


def ready_line(ready: PeerReady) -> str:
    """Return the line that a peer which runs rounds answers first."""
    return json.dumps({"ready": asdict(ready)})


def read_ready(line: str) -> PeerReady:
    """Return what that line says.

    Raises:
        PeerError: It is another line.
    """
    try:
        return PeerReady(**json.loads(line)["ready"])
    except (ValueError, KeyError, TypeError) as error:
        raise PeerError(f"expected a peer that is ready, not {line[:200]!r}") from error


def round_line(done: PeerRound) -> str:
    """Return the line that answers a round."""
    return json.dumps(asdict(done), ensure_ascii=False)


def read_round(line: str) -> PeerRound:
    """Return what the answer to a round says.

    Raises:
        PeerError: It is another line.
    """
    try:
        raw = json.loads(line)
        return PeerRound(**{**raw, "images": _images(raw["images"])})
    except (ValueError, KeyError, TypeError) as error:
        raise PeerError(f"expected a round's figures, not {line[:200]!r}") from error


def _images(raw: Iterable[Iterable[dict[str, object]]]) -> tuple[tuple[PeerLine, ...], ...]:
    return tuple(tuple(_line(line) for line in image) for image in raw)


def _line(raw: dict[str, object]) -> PeerLine:
    points = raw.pop("box")
    if not isinstance(points, list):
        return PeerLine(**raw)  # type: ignore[arg-type]
    return PeerLine(box=as_box(points), **raw)  # type: ignore[arg-type]


def as_box(points: Iterable[Sequence[float]]) -> Box:
    """Return corners of any kind of numbers, (N, 2), as a box."""
    return tuple((float(x), float(y)) for x, y in points)


def with_progress(items: Sequence[T], label: str) -> Iterator[T]:
    """Yield the items, telling on stderr how many are done, twenty times in all."""
    step = max(1, len(items) // 20)
    for number, item in enumerate(items, start=1):
        yield item
        if number % step == 0 or number == len(items):
            print(f"\r{label}: {number}/{len(items)}", end="", file=sys.stderr, flush=True)
    if items:
        print(file=sys.stderr)
