r"""The labelled sets of real images that are measured on.

They are not part of the project. ``HUBOCR_DATA`` names their folder; without it the folder
``../shared/data`` beside the checkout is taken. A set is a folder with ``labels.tsv`` (file TAB
text, UTF-8, a newline written ``\n`` and a backslash ``\\``) and, where they are known, the boxes
of the text in ``boxes.json``.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from hubocr.errors import DatasetError
from hubocr.evaluation.labels import Problem, read_rows

DATA_VARIABLE = "HUBOCR_DATA"
_DEFAULT_FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data"
_ESCAPE = re.compile(r"\\([\\n])")
_IGNORING_CASE = ("sroie_", "svt_")
"""Beginnings of the names of files whose labels are all in capitals, whatever the image shows."""

Rule = Literal["lines", "exact", "plates", "plates_full", "pages"]
Point = tuple[float, float]


@dataclass(frozen=True)
class TextBox:
    """A box of text in an image.

    Attributes:
        points: Corners (x, y) in pixels, clockwise from the top left one.
        text: What it says; empty or a placeholder where it is ignored.
        ignored: Whether the text can't be read, so that it counts neither way.
    """

    points: tuple[Point, ...]
    text: str
    ignored: bool = False


@dataclass(frozen=True)
class Sample:
    """One labelled image.

    Attributes:
        name: Path of the image within its set.
        path: Path of the image.
        text: What it says, one line of text a line.
        group: Part of the set that it belongs to: the source or the style. Empty where the set
            is not grouped.
        boxes: Boxes of the text, where they are known.
        ignore_case: Whether the label's case says nothing about the image.
    """

    name: str
    path: Path
    text: str
    group: str
    boxes: tuple[TextBox, ...] = ()
    ignore_case: bool = False

    @property
    def style(self) -> str:
        """The style of a captcha: its group without the set's folder."""
        return self.group.rpartition("/")[2]


@dataclass(frozen=True)
class SetInfo:
    """Where a set lies and how it is scored.

    Attributes:
        name: Name of the set.
        folder: Its folder under the data folder.
        labels: Its label files, within the folder.
        rule: How it is scored, see `hubocr.evaluation.scoring`.
        whole: Whether the whole pipeline reads the images; otherwise they are line crops for
            the recogniser.
        ignore_case: Whether case counts nowhere in the set.
        grouped: Whether its parts are scored one by one as well. A part is a folder of the set,
            or the files whose names begin alike up to the first underscore.
    """

    name: str
    folder: str
    labels: tuple[str, ...]
    rule: Rule
    whole: bool = False
    ignore_case: bool = False
    grouped: bool = False


_STYLES = ("kcaptcha", "pku", "zh3")
_NEW_STYLES = ("iptime", "kr4", "mathplus", "swust_a")
_ALL = ("labels.tsv",)
_SECOND_BATCH = ("captcha_new", "hw_zh_lines", "hw_en_lines", "lines_hant")
_LAYOUT_SETS = (
    *("pages_zh_digital", "vertical_zh", "pages_en", "pages_hant", "photo_docs", "screens_zh"),
    *("funsd", "icdar15", "hw_en_pages", "hw_zh_pages"),
)

SETS: Mapping[str, SetInfo] = {
    info.name: info
    for info in (
        SetInfo("lines_zh", "lines_zh", _ALL, "lines", grouped=True),
        SetInfo("lines_en", "lines_en", _ALL, "lines", grouped=True),
        SetInfo("scene_words_en", "scene_words_en", _ALL, "lines", ignore_case=True),
        SetInfo("captcha_real", "captcha_real", _ALL, "exact", grouped=True),
        SetInfo(
            "captcha_val",
            "captcha_train",
            tuple(f"{style}/val.tsv" for style in _STYLES),
            "exact",
            grouped=True,
        ),
        SetInfo("plates", "plates", _ALL, "plates", grouped=True),
        SetInfo("handwriting_zh_chars", "handwriting_zh_chars", _ALL, "exact"),
        SetInfo("scene", "scene", _ALL, "pages", whole=True),
        SetInfo("pages", "pages", _ALL, "pages", whole=True, grouped=True),
        SetInfo("asserted_cnocr", "asserted_cnocr", _ALL, "pages", whole=True),
        SetInfo("plates_full", "plates_full", _ALL, "plates_full", whole=True, grouped=True),
        SetInfo(
            "captcha_train",
            "captcha_train",
            tuple(f"{style}/train.tsv" for style in _STYLES),
            "exact",
            grouped=True,
        ),
        SetInfo("lines_vertical", "lines_vertical", _ALL, "lines"),
        *(SetInfo(name, name, _ALL, "lines") for name in _SECOND_BATCH if "lines" in name),
        SetInfo(
            "captcha_new",
            "captcha_new",
            tuple(f"{style}/train.tsv" for style in _NEW_STYLES),
            "exact",
            grouped=True,
        ),
        *(SetInfo(name, name, _ALL, "pages", whole=True) for name in _LAYOUT_SETS),
        SetInfo("wire_labels", "wire_labels", _ALL, "pages", whole=True, ignore_case=True),
        SetInfo("sevenseg", "sevenseg", _ALL, "pages", whole=True),
    )
}
"""Every labelled set; ``captcha_val`` and ``captcha_train`` are two splits of one folder."""

MEASURED_SETS = tuple(
    name
    for name in SETS
    if name not in ("captcha_train", "lines_vertical", *_SECOND_BATCH, *_LAYOUT_SETS)
)
"""The sets that accuracy is measured on: one of the others is there to learn from, the rest is for
layout (``benchmarks/layout.py``)."""


@dataclass(frozen=True)
class Dataset:
    """A loaded set: labels and paths; the images themselves stay on the disk."""

    info: SetInfo
    samples: tuple[Sample, ...]

    def limited(self, count: int | None) -> Dataset:
        """Return the set with at most ``count`` samples, spread evenly over it."""
        if count is None or count >= len(self.samples):
            return self
        places = (index * len(self.samples) // count for index in range(count))
        return replace(self, samples=tuple(self.samples[place] for place in places))


def data_folder() -> Path:
    """Return the folder with the sets.

    Raises:
        DatasetError: It isn't there.
    """
    named = os.environ.get(DATA_VARIABLE)
    folder = Path(named).expanduser() if named else _DEFAULT_FOLDER
    if not folder.is_dir():
        reason = f"{DATA_VARIABLE} names it" if named else f"{DATA_VARIABLE} is not set"
        raise DatasetError(
            f"there are no labelled images at {folder} ({reason}): set {DATA_VARIABLE} to the "
            "folder that holds lines_zh, pages and the other sets"
        )
    return folder


def load_set(name: str, folder: Path | None = None) -> Dataset:
    """Load the labels of a set.

    Args:
        name: A name of `SETS`.
        folder: The folder with the sets, `data_folder` where it isn't given.

    Raises:
        DatasetError: The set is unknown, isn't there, or its labels are damaged.
    """
    info = SETS.get(name)
    if info is None:
        raise DatasetError(f"no set is named {name!r}; known: {', '.join(SETS)}")
    root = (folder or data_folder()) / info.folder
    boxes = _read_boxes(root / "boxes.json")
    samples = []
    for labels in info.labels:
        parent = Path(labels).parent
        for file, text in _read_labels(root / labels):
            relative = (parent / file).as_posix()
            if not (root / relative).is_file():
                raise DatasetError(f"{root / labels} names {file}, which is not there")
            samples.append(
                Sample(
                    name=relative,
                    path=root / relative,
                    text=text,
                    group=_group(relative) if info.grouped else "",
                    boxes=boxes.get(relative, ()),
                    ignore_case=info.ignore_case or file.startswith(_IGNORING_CASE),
                )
            )
    return Dataset(info, tuple(samples))


def _group(relative: str) -> str:
    folder, _, file = relative.rpartition("/")
    return folder or file.partition("_")[0]


def unescape(text: str) -> str:
    r"""Return a label's text: ``\n`` stands for a newline and ``\\`` for a backslash."""
    return _ESCAPE.sub(lambda found: "\n" if found[1] == "n" else "\\", text)


def _read_labels(path: Path) -> Iterator[tuple[str, str]]:
    for row in read_rows(path):
        if isinstance(row, Problem):
            raise DatasetError(str(row))
        yield row.file, unescape(row.label)


def _read_boxes(path: Path) -> dict[str, tuple[TextBox, ...]]:
    if not path.is_file():
        return {}
    try:
        raw: dict[str, Sequence[dict[str, Any]]] = json.loads(path.read_text(encoding="utf-8"))
        return {file: tuple(_box(item) for item in items) for file, items in raw.items()}
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DatasetError(f"{path} is damaged: {error!r}") from error


def _box(raw: Mapping[str, Any]) -> TextBox:
    points = tuple((float(x), float(y)) for x, y in raw["points"])
    return TextBox(points, str(raw["text"]), bool(raw.get("ignore", False)))
