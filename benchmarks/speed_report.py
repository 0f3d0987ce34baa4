"""The speed benchmark's figures as tables, JSON and charts."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.report import markdown_table
from benchmarks.speed_images import TaskImages, box_agreement
from benchmarks.speed_rounds import Measured, Ratio, paired_ratio, slower_ways, throughput
from benchmarks.speed_startup import Start

_OWN_COLOUR, _RAW_COLOUR, _PEER_COLOUR = "#1f77b4", "#7f7f7f", "#ff7f0e"
_SHORT = {
    "line accuracy": "lines",
    "edit similarity": "",
    "ignoring case": "",
    "exact": "exact",
    "character recall": "recall",
    "character precision": "precision",
    "box recall at IoU 0.5": "",
    "boxes": "boxes",
    "like ours": "like hubocr",
}
"""Metrics as the table names them; those without a name are in the JSON only."""


@dataclass(frozen=True)
class Row:
    """One contender's figures.

    Attributes:
        name: System and way of calling it.
        precision: What it calculates in.
        own: Whether it is ours, or our engine alone.
        throughput: Median of the rounds' images a second.
        cpu_ms: Median processor time an image, of all threads, in ms.
        resident_mib: Resident memory after the last round.
        ratios: How many times as fast our reference row of each precision is; none for the
            precision whose reference is missing.
        accuracy: Metrics of what it read in the first round.
        slower_way: Whether another way of calling the same system is faster.
        seconds: Wall time of every round.
        error: Why it dropped out; all figures are 0 then.
    """

    name: str
    precision: str
    own: bool
    throughput: float
    cpu_ms: float
    resident_mib: float
    ratios: Mapping[str, Ratio]
    accuracy: Mapping[str, float]
    slower_way: bool
    seconds: Sequence[float]
    error: str = ""


def rows(found: Sequence[Measured], images: TaskImages) -> list[Row]:
    """Return the rows of a task."""
    count = len(images.paths)
    slower = slower_ways(found)
    references = {
        one.contender.precision: one.rounds
        for one in found
        if one.contender.reference and not one.error
    }
    table = []
    for one in found:
        contender = one.contender
        own = contender.peer == "hubocr"
        if one.error:
            row = Row(
                contender.name, contender.precision, own, 0, 0, 0, {}, {}, False, (), one.error
            )
        else:
            row = Row(
                name=contender.name,
                precision=contender.precision,
                own=own,
                throughput=throughput(one.rounds, count),
                cpu_ms=1000 * statistics.median(done.cpu_seconds for done in one.rounds) / count,
                resident_mib=one.rounds[-1].resident_mib,
                ratios={
                    precision: paired_ratio(reference, one.rounds)
                    for precision, reference in references.items()
                },
                accuracy=_with_agreement(images.accuracy(one.lines), one, found),
                slower_way=contender.name in slower,
                seconds=[done.seconds for done in one.rounds],
            )
        table.append(row)
    return table


def _with_agreement(
    accuracy: Mapping[str, float], one: Measured, found: Sequence[Measured]
) -> Mapping[str, float]:
    """Add how many boxes are those of our first row, where there are boxes alone."""
    ours = next((other for other in found if other.contender.reference and other.lines), None)
    if "boxes" not in accuracy or ours is None:
        return accuracy
    return {**accuracy, "like ours": box_agreement(ours.lines, one.lines)}


def table(found: Sequence[Row]) -> str:
    """Return the rows as a markdown table."""
    precisions = sorted({precision for row in found for precision in row.ratios}, reverse=True)
    header = ["system", "precision", "images/s", "CPU ms/image", "MiB", "read"]
    header += [f"hubocr {precision} / this" for precision in precisions]
    lines = []
    for row in found:
        if row.error:
            lines.append([row.name, row.precision, "failed", *[""] * (len(header) - 3)])
            continue
        name = f"{row.name} (slower way)" if row.slower_way else row.name
        figures = [f"{row.throughput:.3g}", f"{row.cpu_ms:.1f}", f"{row.resident_mib:.0f}"]
        ratios = [_ratio(row, precision) for precision in precisions]
        lines.append([name, row.precision, *figures, _accuracy(row.accuracy), *ratios])
    return markdown_table(header, lines)


def _ratio(row: Row, precision: str) -> str:
    ratio = row.ratios[precision]
    text = f"{ratio.median:.2f} ({ratio.low:.2f}–{ratio.high:.2f})"
    return f"**{text}**" if precision == row.precision else text


def _accuracy(accuracy: Mapping[str, float]) -> str:
    return ", ".join(
        f"{_SHORT[metric]} {value:.0f}" if metric == "boxes" else f"{_SHORT[metric]} {value:.3f}"
        for metric, value in accuracy.items()
        if _SHORT.get(metric)
    )


def start_table(found: Sequence[Start]) -> str:
    """Return the starts as a markdown table."""
    titles = {"rec": "captcha, ocr_rec alone", "system": "receipt, ocr_system"}
    lines = [
        [
            start.name,
            titles[start.task],
            start.precision,
            f"{start.seconds:.2f} ({start.spread[0]:.2f}–{start.spread[1]:.2f})",
            f"{start.resident_mib:.0f}",
        ]
        for start in sorted(found, key=lambda start: start.task)
    ]
    return markdown_table(["system", "task", "precision", "seconds to first result", "MiB"], lines)


def scaling(tables: Mapping[int, Mapping[str, Sequence[Row]]]) -> list[str]:
    """Return a line for each of our rows that ran with one thread and with several."""
    lines = []
    for threads, tasks in tables.items():
        if threads == 1 or 1 not in tables:
            continue
        for task, found in tasks.items():
            # Callers follow from the threads, so rows go by place and not by name.
            for several, one in zip(found, tables[1].get(task, ()), strict=False):
                if several.own and several.throughput and one.throughput:
                    factor = several.throughput / one.throughput
                    lines.append(
                        f"{task}, {several.name}, {several.precision}: {threads} threads give "
                        f"{factor:.2f} times the images of 1"
                    )
    return lines


def as_json(found: Sequence[Row]) -> list[dict[str, Any]]:
    """Return the rows for a JSON file, with three or four digits that mean something."""
    return [_rounded(asdict(row)) for row in found]


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.4g}")
    if isinstance(value, Mapping):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return value


def draw(found: Sequence[Row], title: str, path: Path) -> bool:
    """Write a bar chart of images a second; return False where matplotlib isn't installed."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return False
    shown = [row for row in found if not row.error and not row.slower_way]
    shown.sort(key=lambda row: row.throughput)
    figure = Figure(figsize=(9, 0.6 + 0.3 * len(shown)), layout="constrained")
    axes = figure.subplots()
    bars = axes.barh(
        [f"{row.name} · {row.precision}" for row in shown],
        [row.throughput for row in shown],
        color=[_colour(row) for row in shown],
    )
    axes.bar_label(bars, fmt="%.3g", padding=3)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlabel("images a second")
    axes.set_title(title, loc="left")
    axes.margins(x=0.1)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=130)
    return True


def _colour(row: Row) -> str:
    if not row.own:
        return _PEER_COLOUR
    return _RAW_COLOUR if row.name.startswith("raw") else _OWN_COLOUR
