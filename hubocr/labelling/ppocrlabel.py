"""PPOCRLabel's files, in the folder of the images.

``Label.txt`` has a line ``folder/file TAB JSON`` for every image that a person has confirmed, and
``Cache.cach`` the same of what a model proposes; the JSON is a list of objects with
``transcription``, ``points`` and ``difficult``. What PaddleOCR trains on is the same form.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from hubocr.evaluation.labels import Problem, read_rows
from hubocr.labelling.pages import (
    LabelledLine,
    LabelledPage,
    is_nameable,
    points_of,
    text_of,
    write_text,
)

PROPOSED = "Cache.cach"
CONFIRMED = "Label.txt"
_IGNORED = "###"


def write(pages: Sequence[LabelledPage], path: Path) -> None:
    """Write pages.

    Args:
        pages: The pages.
        path: ``Cache.cach`` or ``Label.txt`` in the folder of the images, as PPOCRLabel opens it;
            any other name gives a label file for training, with the paths as they are.

    Raises:
        SettingsError: The file can't be written.
    """
    own = path.name in (PROPOSED, CONFIRMED)
    folder = f"{path.resolve().parent.name}/" if own else ""
    rows = []
    for page in pages:
        items = [
            {
                # Training knows what to ignore by its text.
                "transcription": _IGNORED
                if line.ignored and not (own and line.text)
                else line.text,
                "points": [[round(x), round(y)] for x, y in line.points],
                "difficult": line.ignored,
            }
            for line in page.lines
        ]
        rows.append(f"{folder}{page.file}\t{json.dumps(items, ensure_ascii=False)}\n")
    write_text(path, "".join(rows))


def read(path: Path) -> tuple[list[LabelledPage], list[Problem]]:
    """Return the pages of a file.

    Raises:
        DatasetError: The file can't be read.
    """
    pages: list[LabelledPage] = []
    problems: list[Problem] = []
    prefix = f"{path.resolve().parent.name}/"
    for row in read_rows(path):
        if isinstance(row, Problem):
            problems.append(row)
            continue
        if not is_nameable(row.file):
            problems.append(Problem(row.where, f"no file can be called {row.file[:100]!r}"))
            continue
        lines, damaged = _lines(row.label, row.where)
        problems += damaged
        if lines or not damaged:
            # PPOCRLabel names the folder too; PaddleOCR's own files may have any path.
            inside = row.file.removeprefix(prefix)
            there = path.name in (PROPOSED, CONFIRMED) or _exists(path.parent / inside)
            pages.append(LabelledPage(inside if there else row.file, 0, 0, tuple(lines)))
    return pages, problems


def _lines(label: str, where: str) -> tuple[list[LabelledLine], list[Problem]]:
    try:
        items = json.loads(label)
    except (ValueError, RecursionError):
        return [], [Problem(where, "the label is not JSON")]
    if not isinstance(items, list):
        return [], [Problem(where, "the label is not a list of regions")]
    lines: list[LabelledLine] = []
    problems: list[Problem] = []
    for place, item in enumerate(items):
        text = item.get("transcription") if isinstance(item, dict) else None
        points = points_of(item["points"], _same) if text is not None and "points" in item else None
        if not isinstance(text, str) or points is None:
            problems.append(
                Problem(f"{where}, region {place}", "expected transcription and points, in pixels")
            )
            continue
        ignored = bool(item.get("difficult")) or text == _IGNORED
        lines.append(
            LabelledLine(points, "" if text == _IGNORED else text_of(text), ignored=ignored)
        )
    return lines, problems


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # the name is too long
        return False


def _same(x: float, y: float) -> tuple[float, float]:
    return x, y
