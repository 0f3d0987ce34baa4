"""The sets of HUBOCR_DATA that detectors are trained and scored on, as PaddleOCR's label files.

Images of one source stay together: a wire label and its turned copy, neighbouring frames of a car.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hubocr.errors import DatasetError
from hubocr.evaluation.sets import data_folder

GENERAL = ("scene", "pages", "screens_zh", "pages_zh_digital", "pages_en", "pages_hant")
"""Sets of other kinds, on which one sees what a detector has forgotten."""

_IGNORED = "###"
_NUMBER = re.compile(r"[0-9]+")
_LINE_TYPES = (None, "line", "word", "column")
"""Kinds of box that a line detector is to find; others are whole blocks."""


@dataclass(frozen=True)
class Domain:
    """A kind of image to specialise on.

    Attributes:
        name: Its name.
        sets: The folders of HUBOCR_DATA.
        ratios: Share of each that an epoch takes.
    """

    name: str
    sets: tuple[str, ...]
    ratios: tuple[float, ...] = (1.0,)


DOMAINS = (
    Domain("plates", ("plates_full",)),
    Domain("handwriting", ("hw_en_pages",)),
    Domain("words", ("icdar15", "wire_labels"), (4.0, 0.8)),
)


def write_halves(name: str, folder: Path) -> tuple[Path, Path]:
    """Write label files of a set for training and for the test, half of its sources each.

    Raises:
        DatasetError: The set isn't there.
    """
    rows = _rows(name)
    sources = sorted({_source(file) for file, _ in rows})
    training = set(sources[: (len(sources) + 1) // 2])
    return (
        _write(folder / f"{name}_train.tsv", [row for f, row in rows if _source(f) in training]),
        _write(folder / f"{name}_test.tsv", [row for f, row in rows if _source(f) not in training]),
    )


def write_general(name: str, folder: Path) -> Path:
    """Write the label file of a whole set."""
    return _write(folder / f"{name}.tsv", [row for _, row in _rows(name)])


def _rows(name: str) -> list[tuple[str, str]]:
    path = data_folder() / name / "boxes.json"
    try:
        boxes = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DatasetError(f"can't read {path}: {error}") from error
    rows = []
    for file, items in sorted(boxes.items()):
        if any(item.get("type") not in _LINE_TYPES for item in items):
            continue
        label = [
            {
                "transcription": _IGNORED if item.get("ignore") else item["text"] or _IGNORED,
                "points": item["points"],
            }
            for item in items
        ]
        image = (path.parent / file).resolve()
        rows.append((file, f"{image}\t{json.dumps(label, ensure_ascii=False)}\n"))
    return rows


def _source(file: str) -> str:
    """Return what an image comes from: tens of neighbouring numbers are one."""
    number = _NUMBER.search(file.removeprefix("ic15_").removeprefix("eu_eu"))
    if file.startswith("iam_"):
        return file
    return f"{int(number[0]) // 10:05d}" if number else file


def _write(path: Path, rows: Sequence[str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(rows), encoding="utf-8")
    return path
