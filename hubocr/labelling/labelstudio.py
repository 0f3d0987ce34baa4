"""Label Studio's tasks, for its template "Optical Character Recognition".

A task has the image's address in ``data.ocr`` and regions in ``predictions`` (what a model
proposes) or ``annotations`` (what a person has confirmed). A region is up to three results with one
``id``: its shape (``rectangle`` or ``polygon``, in percent of the image), its label, and its text.
"""

from __future__ import annotations

import json
import math
import urllib.parse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hubocr.errors import DatasetError
from hubocr.evaluation.labels import Problem
from hubocr.labelling.pages import (
    LabelledLine,
    LabelledPage,
    Points,
    is_nameable,
    is_number,
    points_of,
    text_of,
    write_text,
)

CONFIGURATION = """<View>
  <Image name="image" value="$ocr" zoom="true"/>
  <Labels name="label" toName="image"><Label value="Text"/><Label value="Ignored"/></Labels>
  <Rectangle name="bbox" toName="image" strokeWidth="2"/>
  <Polygon name="poly" toName="image" strokeWidth="2"/>
  <TextArea name="transcription" toName="image" editable="true" perRegion="true" required="true"
            maxSubmissions="1" rows="2" displayMode="region-list"/>
</View>
"""
"""What a project's labelling interface has to be for these tasks."""

_IMAGE = "ocr"
_LOCAL = "/data/local-files/?d="
"""How Label Studio addresses files of its own machine, under its document root."""

_TEXT, _IGNORED = "Text", "Ignored"
_MODEL = "hubocr"


def write(pages: Sequence[LabelledPage], path: Path) -> None:
    """Write tasks in the order of the pages.

    Raises:
        SettingsError: The file can't be written.
    """
    tasks = [_task(page, number) for number, page in enumerate(pages)]
    write_text(path, json.dumps(tasks, ensure_ascii=False, indent=1) + "\n")


def read(path: Path) -> tuple[list[LabelledPage], list[Problem]]:
    """Return the pages of an export in Label Studio's own JSON.

    A task that nobody has annotated is left out where others are; in a file without any annotation
    the predictions are read.

    Raises:
        DatasetError: The file can't be read or is no list of tasks.
    """
    try:
        tasks = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise DatasetError(f"can't read {path}: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise DatasetError(f"{path} is not JSON: {error}") from error
    if not isinstance(tasks, list):
        raise DatasetError(f"{path} is not a list of tasks: export as JSON, not as JSON-MIN")
    seen = any(_last(task, "annotations") is not None for task in tasks)
    pages: list[LabelledPage] = []
    problems: list[Problem] = []
    for number, task in enumerate(tasks):
        where = f"{path}, task {number}"
        results = _last(task, "annotations" if seen else "predictions")
        if results is None:
            problems.append(Problem(where, "it has no annotation"))
            continue
        address = task["data"].get(_IMAGE, task["data"].get("image"))
        if not isinstance(address, str):
            problems.append(Problem(where, f"`data` has no `{_IMAGE}`, the image"))
            continue
        file = _file(address)
        if file is None:
            problems.append(Problem(where, f"no file can be called {address[:100]!r}"))
            continue
        page, damaged = _page(file, results, where)
        problems += damaged
        if page.lines or not damaged:
            pages.append(page)
    return pages, problems


def _task(page: LabelledPage, number: int) -> dict[str, Any]:
    results: list[dict[str, Any]] = []
    for place, line in enumerate(page.lines):
        shape = {"points": [[100 * x / page.width, 100 * y / page.height] for x, y in line.points]}
        common = {
            "id": f"{number}-{place}",
            "to_name": "image",
            "original_width": page.width,
            "original_height": page.height,
            "image_rotation": 0,
        }
        label = {**shape, "labels": [_IGNORED if line.ignored else _TEXT]}
        results += [
            {**common, "from_name": "poly", "type": "polygon", "value": shape},
            {**common, "from_name": "label", "type": "labels", "value": label},
            {
                **common,
                "from_name": "transcription",
                "type": "textarea",
                "value": {**shape, "text": [line.text]},
                **({} if line.score is None else {"score": round(line.score, 4)}),
            },
        ]
    prediction = {"model_version": _MODEL, "score": round(page.score, 4), "result": results}
    address = _LOCAL + urllib.parse.quote(page.file)
    return {"data": {_IMAGE: address}, "predictions": [prediction]}


def _last(task: object, kind: str) -> list[Any] | None:
    """Return the results of a task's last annotation or prediction that wasn't cancelled."""
    if not isinstance(task, Mapping) or not isinstance(task.get("data"), Mapping):
        return None
    found = task.get(kind)
    for one in reversed(found if isinstance(found, list) else []):
        if isinstance(one, Mapping) and not one.get("was_cancelled"):
            results = one.get("result")
            return results if isinstance(results, list) else None
    return None


def _page(file: str, results: Sequence[Any], where: str) -> tuple[LabelledPage, list[Problem]]:
    regions: dict[str, dict[str, Any]] = {}
    width = height = 0
    problems: list[Problem] = []
    for place, result in enumerate(results):
        value = result.get("value") if isinstance(result, Mapping) else None
        if not isinstance(value, Mapping):
            problems.append(Problem(f"{where}, result {place}", "it has no value"))
            continue
        own = regions.setdefault(str(result.get("id", place)), {})
        kind = str(result.get("type"))
        own[kind.removesuffix("labels") or "labels"] = value
        if kind.startswith(("rectangle", "polygon")):
            sizes = (result.get("original_width"), result.get("original_height"))
            if all(isinstance(size, int) and 0 < size < 1 << 20 for size in sizes):
                width, height = sizes
            own["size"] = (width, height)
    lines = []
    for name, own in regions.items():
        points = _points(own)
        if points is None:
            problems.append(Problem(f"{where}, region {name}", "it has no shape in percent"))
            continue
        text = text_of(own.get("textarea", {}).get("text"))
        labels = own.get("labels", {}).get("labels")
        ignored = isinstance(labels, list) and _IGNORED in labels
        lines.append(LabelledLine(points, text, ignored=ignored))
    return LabelledPage(file, width, height, tuple(lines)), problems


def _points(region: Mapping[str, Any]) -> Points | None:
    width, height = region.get("size", (0, 0))
    if not width or not height:
        return None

    def scale(x: float, y: float) -> tuple[float, float]:
        return x * width / 100, y * height / 100

    if "polygon" in region:
        return points_of(region["polygon"].get("points"), scale)
    box = region.get("rectangle")
    if box is None:
        return None
    numbers = [box.get(name) for name in ("x", "y", "width", "height")]
    numbers.append(box.get("rotation", 0))
    if not all(map(is_number, numbers)):
        return None
    x, y, w, h, degrees = map(float, numbers)
    turn = math.radians(degrees)
    # A rectangle is turned about its first corner, in pixels.
    left, top = scale(x, y)
    across, down = scale(w, h)
    cos, sin = math.cos(turn), math.sin(turn)
    corners = ((0.0, 0.0), (across, 0.0), (across, down), (0.0, down))
    return tuple((left + u * cos - v * sin, top + u * sin + v * cos) for u, v in corners)


def _file(address: str) -> str | None:
    """Return the path of an image within its folder from its address in Label Studio.

    None where there can be no such file.
    """
    try:
        parts = urllib.parse.urlsplit(address)
    except ValueError:  # brackets that hold no IPv6 address
        return None
    local = urllib.parse.parse_qs(parts.query).get("d")
    path = local[0] if local else urllib.parse.unquote(parts.path)
    if not local and path.startswith("/data/upload/"):
        # An uploaded file has a number before its name: 1/0d5a6f3e-page.png.
        path = path.rpartition("/")[2].partition("-")[2] or path
    return path if is_nameable(path) else None
