"""Scores of a set from what a system read in it, by the set's rule.

| rule | scores |
|---|---|
| lines | share of lines equal after normalisation, mean normalised edit similarity |
| exact | share of strings that are the same, and the same ignoring case |
| plates | share of plates whose letters and digits are the same |
| plates_full | share of images where the plate is a line of its own, and where it is in the text |
| pages | recall and precision of characters over all images; similarity in order; box recall |

The similarity in order is the mean edit similarity of the text as it was read; boxes are those of
receipts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from hubocr.detection.matching import match_polygons, share_inside
from hubocr.evaluation.sets import Dataset, Point, Sample
from hubocr.evaluation.texts import (
    CharacterCounts,
    count_characters,
    edit_similarity,
    is_equal,
    is_exact,
    plate_text,
)


@dataclass(frozen=True)
class ReadLine:
    """A line that a system read.

    Attributes:
        text: What it says.
        box: Corners (x, y) in pixels of the image; empty where the image is the line.
    """

    text: str
    box: tuple[Point, ...] = ()


Lines = Sequence[ReadLine]
Pairs = Sequence[tuple[Sample, Lines]]

_RECEIPTS = "sroie"
"""The group of pages whose boxes are those of lines."""

_MIN_IOU = 0.5
_MIN_IGNORED = 0.5
"""A line with more of its area than this in an ignored box counts neither way."""


@dataclass(frozen=True)
class Score:
    """One figure.

    Attributes:
        set_name: The set.
        group: The part of the set; empty for all of it.
        metric: What was measured.
        value: From 0 to 1, higher is better.
        count: Number of images that it was measured on.
    """

    set_name: str
    group: str
    metric: str
    value: float
    count: int


def evaluate(dataset: Dataset, lines: Sequence[Lines]) -> list[Score]:
    """Return the scores of a set as a whole and, where it has several groups, of each.

    Args:
        dataset: The set.
        lines: What a system read in each of its samples.
    """
    pairs = list(zip(dataset.samples, lines, strict=True))
    groups = sorted({sample.group for sample in dataset.samples})
    parts = {"": pairs}
    if len(groups) > 1:
        parts |= {name: [pair for pair in pairs if pair[0].group == name] for name in groups}
    return [
        Score(dataset.info.name, group, metric, value, count)
        for group, part in parts.items()
        for metric, (value, count) in _RULES[dataset.info.rule](part).items()
    ]


Values = Mapping[str, tuple[float, int]]
"""Value and number of images of every metric."""


def _mean(values: Sequence[float]) -> tuple[float, int]:
    return (sum(values) / len(values) if values else 0.0), len(values)


def _text(lines: Lines) -> str:
    return "\n".join(line.text for line in lines)


def _score_lines(pairs: Pairs) -> Values:
    equal, similar = [], []
    for sample, lines in pairs:
        read, fold = _text(lines), sample.ignore_case
        equal.append(float(is_equal(read, sample.text, ignore_case=fold)))
        similar.append(edit_similarity(read, sample.text, ignore_case=fold))
    return {"line accuracy": _mean(equal), "edit similarity": _mean(similar)}


def _score_exact(pairs: Pairs) -> Values:
    return {
        metric: _mean(
            [
                float(is_exact(_text(lines), sample.text, ignore_case=ignore_case))
                for sample, lines in pairs
            ]
        )
        for metric, ignore_case in (("exact", False), ("ignoring case", True))
    }


def _score_plates(pairs: Pairs) -> Values:
    equal = []
    for sample, lines in pairs:
        european = sample.group == "eu"
        read = plate_text(_text(lines), european=european)
        equal.append(float(read == plate_text(sample.text, european=european)))
    return {"plate accuracy": _mean(equal)}


def _score_whole_plates(pairs: Pairs) -> Values:
    as_line, within = [], []
    for sample, lines in pairs:
        european = sample.group == "eu"
        plate = plate_text(sample.text, european=european)
        read = [plate_text(line.text, european=european) for line in lines]
        as_line.append(float(plate in read))
        within.append(float(plate in "".join(read)))
    return {"plate is a line": _mean(as_line), "plate is in the text": _mean(within)}


def _score_pages(pairs: Pairs) -> Values:
    counts = CharacterCounts()
    similar = []
    for sample, lines in pairs:
        read, fold = _text(without_ignored(sample, lines)), sample.ignore_case
        counts += count_characters(read, sample.text, ignore_case=fold)
        similar.append(edit_similarity(read, sample.text, ignore_case=fold))
    values = {
        "character recall": (counts.recall, len(pairs)),
        "character precision": (counts.precision, len(pairs)),
        "similarity in order": _mean(similar),
    }
    receipts = [pair for pair in pairs if pair[0].group == _RECEIPTS]
    if receipts and len(receipts) == len(pairs):
        values["box recall at IoU 0.5"] = (_box_recall(receipts), len(receipts))
    return values


def without_ignored(sample: Sample, lines: Lines) -> list[ReadLine]:
    """Return the lines that count: those of which no ignored box holds more than a half."""
    regions = [box.points for box in sample.boxes if box.ignored]
    return [
        line
        for line in lines
        if not any(share_inside(line.box, region) > _MIN_IGNORED for region in regions)
    ]


def _box_recall(pairs: Pairs) -> float:
    found = total = 0
    for sample, lines in pairs:
        true = [box.points for box in sample.boxes if not box.ignored]
        total += len(true)
        found += len(match_polygons(true, [line.box for line in lines], _MIN_IOU))
    return found / total if total else 1.0


_RULES: Mapping[str, Callable[[Pairs], Values]] = {
    "lines": _score_lines,
    "exact": _score_exact,
    "plates": _score_plates,
    "plates_full": _score_whole_plates,
    "pages": _score_pages,
}
