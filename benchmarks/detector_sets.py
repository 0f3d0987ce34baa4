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
    """

    name: str
    sets: tuple[str, ...]


DOMAINS = (
    Domain("plates", ("plates_full",)),
    Domain("handwriting", ("hw_en_pages",)),
    Domain("words", ("icdar15", "wire_labels")),
)


def write_domain(domain: Domain, folder: Path) -> tuple[Path, Path]:
    """Write label files for training and for the test, half of each set's sources each.

    Raises:
        DatasetError: A set isn't there.
    """
    parts: tuple[list[str], list[str]] = ([], [])
    for name in domain.sets:
        rows = _rows(name)
        sources = sorted({_source(file) for file, _ in rows})
        training = set(sources[: (len(sources) + 1) // 2])
        for file, row in rows:
            parts[_source(file) not in training].append(row)
    return (
        _write(folder / f"{domain.name}_train.tsv", parts[0]),
        _write(folder / f"{domain.name}_test.tsv", parts[1]),
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
