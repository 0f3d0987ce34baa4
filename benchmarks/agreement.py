"""What two systems say about the same images, compared and counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.peers.protocol import Box, PeerLine, Task
from hubocr.detection.matching import match_polygons
from hubocr.evaluation.sets import Dataset

_CORNER_KINDS = {"corners equal": 0.0, "corners within 1 px": 1.0}
"""How far corners may be apart in x and in y, in pixels, by the name of the row."""

Lines = tuple[PeerLine, ...]
"""What one side says about an image."""


@dataclass(frozen=True)
class Count:
    """How much of something is the same on both sides.

    Attributes:
        set_name: The set.
        what: What is compared.
        equal: How many are equal.
        total: How many there are.
    """

    set_name: str
    what: str
    equal: int
    total: int

    @property
    def share(self) -> float:
        """Equal ones of all, from 0 to 1; 1 where there are none."""
        return self.equal / self.total if self.total else 1.0


@dataclass(frozen=True)
class Difference:
    """One thing that is not the same on both sides.

    Attributes:
        set_name: The set.
        image: Name of the image in the set.
        what: What is compared.
        reference: What PaddleOCR says; None where it has nothing.
        hubocr: What we say; None where we have nothing.
    """

    set_name: str
    image: str
    what: str
    reference: dict[str, Any] | None
    hubocr: dict[str, Any] | None


def corners_within(first: Box, second: Box, pixels: float) -> int:
    """Return how many corners differ by at most ``pixels`` both in x and in y.

    Corners are compared by their place in the box, so that a box which starts at another corner
    counts as different.
    """
    return sum(
        abs(x - u) <= pixels and abs(y - v) <= pixels
        for (x, y), (u, v) in zip(first, second, strict=True)
    )


class Comparison:
    """Counts and differences of one stage on one set, while they are collected.

    Args:
        set_name: The set.
        stage: Put before what is compared.
    """

    def __init__(self, set_name: str, stage: str) -> None:
        self._set_name = set_name
        self._stage = stage
        self._counts: dict[str, tuple[int, int]] = {}
        self.differences: list[Difference] = []

    @property
    def counts(self) -> list[Count]:
        """The counts so far, in the order in which their kinds appeared."""
        return [Count(self._set_name, what, *count) for what, count in self._counts.items()]

    def add(self, what: str, equal: int, total: int = 1) -> None:
        """Count ``equal`` of ``total`` more of a kind."""
        what = f"{self._stage} {what}"
        equal_before, total_before = self._counts.get(what, (0, 0))
        self._counts[what] = (equal_before + equal, total_before + total)

    def differ(
        self, image: str, what: str, reference: PeerLine | None, ours: PeerLine | None
    ) -> None:
        """List a difference."""
        self.differences.append(
            Difference(
                self._set_name, image, f"{self._stage} {what}", _plain(reference), _plain(ours)
            )
        )


def _plain(line: PeerLine | None) -> dict[str, Any] | None:
    if line is None:
        return None
    return {key: value for key, value in asdict(line).items() if value is not None}


def compare_crops(
    dataset: Dataset, task: Task, reference: Sequence[Lines], ours: Sequence[Lines]
) -> Comparison:
    """Compare texts (``rec``) or decisions (``cls``) of line crops."""
    what = "texts" if task == "rec" else "decisions"
    comparison = Comparison(dataset.info.name, task)
    for sample, (theirs,), (own,) in zip(dataset.samples, reference, ours, strict=True):
        equal = theirs.text == own.text and theirs.turned == own.turned
        comparison.add(what, equal)
        if not equal:
            comparison.differ(sample.name, what, theirs, own)
    return comparison


def compare_images(
    dataset: Dataset, task: Task, reference: Sequence[Lines], ours: Sequence[Lines]
) -> Comparison:
    """Compare what the detector (``det``) or the whole system (``system``) found in images."""
    comparison = Comparison(dataset.info.name, task)
    for sample, theirs, own in zip(dataset.samples, reference, ours, strict=True):
        _compare_boxes(comparison, sample.name, task == "system", theirs, own)
        if task == "det":
            comparison.add("images with equal boxes in order", theirs == own)
        else:
            comparison.add("images with equal answer", _answer(theirs) == _answer(own))
    return comparison


def _answer(lines: Lines) -> list[tuple[object, ...]]:
    return [(line.box, line.text) for line in lines if line.kept]


def _compare_boxes(
    comparison: Comparison, image: str, with_texts: bool, theirs: Lines, own: Lines
) -> None:
    pairs = match_polygons([line.box or () for line in theirs], [line.box or () for line in own])
    alone_theirs = set(range(len(theirs))) - {pair.first for pair in pairs}
    alone_own = set(range(len(own))) - {pair.second for pair in pairs}
    total = len(pairs) + len(alone_theirs) + len(alone_own)
    comparison.add("boxes with a partner", len(pairs), total)
    for place in sorted(alone_theirs):
        comparison.differ(image, "boxes with a partner", theirs[place], None)
    for place in sorted(alone_own):
        comparison.differ(image, "boxes with a partner", None, own[place])
    alone = len(alone_theirs) + len(alone_own)
    facts = ("decisions", "texts", "kept or dropped") if with_texts else ()
    for what in _CORNER_KINDS:
        comparison.add(what, 0, 4 * alone)
    for what in facts:
        comparison.add(what, 0, alone)
    for pair in pairs:
        first, second = theirs[pair.first], own[pair.second]
        for what, pixels in _CORNER_KINDS.items():
            near = corners_within(first.box or (), second.box or (), pixels)
            comparison.add(what, near, 4)
            if near < 4:
                comparison.differ(image, what, first, second)
        for what in facts:
            equal = _fact(first, what) == _fact(second, what)
            comparison.add(what, equal)
            if not equal:
                comparison.differ(image, what, first, second)


def _fact(line: PeerLine, what: str) -> object:
    return {"decisions": line.turned, "texts": line.text, "kept or dropped": line.kept}[what]
