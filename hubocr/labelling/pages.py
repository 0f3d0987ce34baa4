"""An image with the places and texts of its lines, on its way to or from a person."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hubocr.errors import SettingsError

Points = tuple[tuple[float, float], ...]

_UNNAMEABLE = re.compile("[\t\n\r\0\ud800-\udfff]")
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class LabelledLine:
    """A line.

    Attributes:
        points: Corners (x, y) of its polygon in pixels.
        text: What it says.
        score: How sure the model was of the text, from 0 to 1; None where a person wrote it.
        ignored: Whether it is neither to be found nor to be read.
    """

    points: Points
    text: str
    score: float | None = None
    ignored: bool = False


@dataclass(frozen=True)
class LabelledPage:
    """An image.

    Attributes:
        file: Its path, relative to the folder of images.
        width: In pixels; 0: nobody knows.
        height: In pixels; 0: nobody knows.
        lines: Its lines.
    """

    file: str
    width: int
    height: int
    lines: tuple[LabelledLine, ...]

    @property
    def score(self) -> float:
        """How sure the model was of the page: of the line that it was least sure of; 0 without any.

        An image on which nothing was found is one that a person has to look at.
        """
        return min((line.score or 0.0 for line in self.lines), default=0.0)


def least_sure_first(pages: Iterable[LabelledPage]) -> list[LabelledPage]:
    """Return pages in the order in which looking at them teaches most."""
    return sorted(pages, key=lambda page: (page.score, page.file))


def is_nameable(file: str) -> bool:
    """Say whether a path can stand in a label file: UTF-8, on one line and before a tab."""
    return bool(file) and not _UNNAMEABLE.search(file)


def text_of(raw: object) -> str:
    """Return a JSON value as text that can be written: a string, or a list of them, joined.

    Half of a surrogate pair, which JSON may hold and UTF-8 may not, becomes U+FFFD.
    """
    parts = raw if isinstance(raw, list) else [raw]
    return _SURROGATE.sub("\ufffd", " ".join(part for part in parts if isinstance(part, str)))


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all.

    Raises:
        SettingsError: It can't be written.
    """
    temporary = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(path)
    except OSError as error:
        raise SettingsError(f"can't write {path}: {error.strerror or error}") from error


def points_of(raw: object, scale: Callable[[float, float], tuple[float, float]]) -> Points | None:
    """Return the corners that a JSON value has, scaled; None where it isn't a list of pairs."""
    if not isinstance(raw, Sequence) or isinstance(raw, str) or len(raw) < 3:
        return None
    points = []
    for pair in raw:
        if not isinstance(pair, Sequence) or len(pair) != 2 or not all(map(is_number, pair)):
            return None
        points.append(scale(float(pair[0]), float(pair[1])))
    return tuple(points)


def is_number(value: object) -> bool:
    """Say whether a JSON value is a number that a coordinate may have; NaN and infinity aren't."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9
