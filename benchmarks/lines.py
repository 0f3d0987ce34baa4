"""Accuracy and time of recognisers over every set of labelled lines, side by side.

What decides whether a smaller, distilled or int8 recogniser may stand for another: the accuracy of
each set and of all lines pooled, and milliseconds a line on one thread, in rounds that alternate.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tqdm import tqdm

from benchmarks.machine import describe_machine
from benchmarks.report import RESULTS_FOLDER, markdown_table, write_json
from hubocr.errors import DatasetError, HubocrError
from hubocr.evaluation.sets import data_folder, unescape
from hubocr.evaluation.texts import is_equal, is_exact, plate_text
from hubocr.imaging import BgrImage, read_image
from hubocr.recognition import TextRecognizer
from hubocr.runtime import Workload
from hubocr.settings import EngineSettings, RecognitionSettings

Equal = Callable[[str, str, str], bool]
"""Whether what was read is what the label says; the third text is the file's name."""


def _line(read: str, label: str, name: str) -> bool:
    return is_equal(read, label, ignore_case=name.startswith(("sroie_", "svt_")))


def _word(read: str, label: str, name: str) -> bool:
    return is_equal(read, label, ignore_case=True)


def _exact(read: str, label: str, name: str) -> bool:
    return is_exact(read, label)


def _plate(read: str, label: str, name: str) -> bool:
    european = name.startswith("eu_")
    return plate_text(read, european=european) == plate_text(label, european=european)


def _letters(read: str, label: str, name: str) -> bool:
    """Compare without punctuation, which some labels leave out."""
    return plate_text(read, european=False) == plate_text(label, european=False)


POOLED: Mapping[str, Equal] = {
    "lines_zh": _line,
    "lines_en": _line,
    "scene_words_en": _word,
    "plates": _plate,
    "captcha_real": _exact,
    "handwriting_zh_chars": _exact,
    "hw_zh_lines": _line,
    "hw_en_lines": _line,
}
"""The sets that the rule for a default counts together."""

OTHERS: Mapping[str, Equal] = {"lines_hant": _letters}


@dataclass(frozen=True)
class Row:
    """A recogniser.

    Attributes:
        model: Its name or folder.
        correct: Lines read right, by the set.
        ms: Median milliseconds a line on one thread, by the set.
    """

    model: str
    correct: dict[str, int]
    ms: dict[str, float]


@dataclass(frozen=True, eq=False)
class LineSet:
    """A set: names, images and labels of its lines."""

    name: str
    equal: Equal
    names: tuple[str, ...]
    images: tuple[BgrImage, ...]
    labels: tuple[str, ...]


def load_lines(name: str, equal: Equal, limit: int | None) -> LineSet:
    """Read a set, or as much of it as is wanted, spread evenly.

    Raises:
        DatasetError: It isn't there.
    """
    folder = data_folder() / name
    try:
        content = (folder / "labels.tsv").read_text(encoding="utf-8")
    except OSError as error:
        raise DatasetError(f"can't read the labels in {folder}: {error}") from error
    rows = [line.split("\t") for line in content.split("\n") if line]
    if limit is not None and limit < len(rows):
        rows = [rows[place * len(rows) // limit] for place in range(limit)]
    images = tuple(read_image(folder / row[0]) for row in rows)
    return LineSet(
        name, equal, tuple(row[0] for row in rows), images, tuple(unescape(row[1]) for row in rows)
    )


def measure(
    models: Sequence[str], sets: Sequence[LineSet], settings: EngineSettings, rounds: int
) -> list[Row]:
    """Read every set with every model, in turn."""
    readers = {
        model: TextRecognizer.load(model, settings, workload=Workload.LINES) for model in models
    }
    options = RecognitionSettings(batching="single")
    rows = {model: Row(model, {}, {}) for model in models}
    for lines in sets:
        times: dict[str, list[float]] = {model: [] for model in models}
        for number in tqdm(range(rounds + 1), desc=lines.name, leave=False):
            for model, reader in readers.items():
                started = time.process_time()
                read = reader.recognize(lines.images, options)
                elapsed = time.process_time() - started
                if number:  # the first round compiles
                    times[model].append(1000 * elapsed / len(lines.images))
                    continue
                texts = zip(read, lines.labels, lines.names, strict=True)
                correct = sum(lines.equal(r.text, label, name) for r, label, name in texts)
                rows[model].correct[lines.name] = correct
        for model, values in times.items():
            rows[model].ms[lines.name] = round(statistics.median(values), 2) if values else 0.0
    return [*rows.values()]


def table(rows: Sequence[Row], sets: Sequence[LineSet]) -> str:
    """Return the rows as markdown: accuracy of each set, of the pool, and milliseconds a line."""
    counts = {lines.name: len(lines.images) for lines in sets}
    pooled = [name for name in counts if name in POOLED]
    total = sum(counts[name] for name in pooled)
    header = [f"{name} ({count})" for name, count in counts.items()]
    return markdown_table(
        ["model", *header, f"pooled ({total})", "ms a line"],
        [
            [
                Path(row.model).name,
                *(f"{row.correct[name] / count:.4f}" for name, count in counts.items()),
                f"{sum(row.correct[name] for name in pooled) / max(1, total):.4f}",
                f"{sum(row.ms[n] * counts[n] for n in counts) / sum(counts.values()):.1f}",
            ]
            for row in rows
        ],
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.lines",
        description="Read every set of labelled lines with each recogniser, one line at a time on "
        "one thread: line accuracy by set and pooled, processor time a line.",
    )
    parser.add_argument("models", nargs="+", metavar="MODEL", help="name or folder")
    parser.add_argument("--engine", default="openvino", help="(openvino)")
    parser.add_argument("--sets", nargs="+", default=[*POOLED, *OTHERS], metavar="SET")
    parser.add_argument("--limit", type=int, metavar="N", help="lines of each set at most")
    parser.add_argument("--rounds", type=int, default=3, metavar="R", help="timed ones (3)")
    parser.add_argument("--write", metavar="NAME", help="write benchmarks/results/NAME.json")
    options = parser.parse_args(arguments)
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    known = {**POOLED, **OTHERS}
    settings = EngineSettings(options.engine, "fp32", cpu_threads=1)
    try:
        sets = [load_lines(name, known[name], options.limit) for name in options.sets]
        rows = measure(options.models, sets, settings, options.rounds)
    except (HubocrError, KeyError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{describe_machine().summary}, {options.engine}\n\n{table(rows, sets)}")
    if options.write:
        counts = {lines.name: len(lines.images) for lines in sets}
        content = {
            "machine": asdict(describe_machine()),
            "engine": options.engine,
            "lines": counts,
            "rows": [asdict(row) for row in rows],
        }
        write_json(content, RESULTS_FOLDER / f"{options.write}.json")
    return 0


if __name__ == "__main__":
    sys.exit(main())
