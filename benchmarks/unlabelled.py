"""How much of what costs precision is text that nobody labelled."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from benchmarks.machine import usable_cores
from benchmarks.report import add_output_arguments, markdown_table, write_results
from benchmarks.scenes import system
from hubocr.detection.matching import share_inside
from hubocr.errors import HubocrError
from hubocr.evaluation.scoring import Lines, without_ignored
from hubocr.evaluation.sets import SETS, Dataset, Sample, load_set
from hubocr.evaluation.texts import CharacterCounts, count_characters

_SETS = ("scene", "icdar15", "pages_en", "pages_zh_digital")

_OUTSIDE = 0.1
"""A line with no more of its area than this in labelled boxes is text that nobody labelled."""

Row = dict[str, object]


def measure_set(dataset: Dataset, read: Sequence[Lines]) -> Row:
    """Count the characters of a set that are read and not in the label, by where they stand.

    Returns:
        The precision; how many characters are read in vain, and how many of them in lines that
        touch no labelled box, that touch an ignored one, and in all others; and the precision of
        those others.
    """
    whole = labelled_counts = sure_counts = CharacterCounts()
    for sample, found in zip(dataset.samples, read, strict=True):
        lines = without_ignored(sample, found)
        labelled = [line for line in lines if _share(sample, line.box, ignored=False) > _OUTSIDE]
        sure = [line for line in labelled if _share(sample, line.box, ignored=True) <= _OUTSIDE]
        whole += _counts(sample, lines)
        labelled_counts += _counts(sample, labelled)
        sure_counts += _counts(sample, sure)
    vain = [counts.predicted - counts.common for counts in (whole, labelled_counts, sure_counts)]
    return {
        "set": dataset.info.name,
        "n": len(dataset.samples),
        "recall": whole.recall,
        "precision": whole.precision,
        "in vain": vain[0],
        "in no label": vain[0] - vain[1],
        "in an ignored one": vain[1] - vain[2],
        "in labels": vain[2],
        "precision in labels": sure_counts.precision,
    }


def _share(sample: Sample, box: Sequence[tuple[float, float]], *, ignored: bool) -> float:
    regions = [one.points for one in sample.boxes if one.ignored == ignored]
    return sum(share_inside(box, region) for region in regions)


def _counts(sample: Sample, lines: Lines) -> CharacterCounts:
    text = "\n".join(line.text for line in lines)
    return count_characters(text, sample.text, ignore_case=sample.ignore_case)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.unlabelled",
        description="Read labelled images and say where the characters stand that are in no label: "
        "in lines that touch no labelled box, in such that touch an ignored one, or in labelled "
        "ones, where they are mistakes.",
    )
    parser.add_argument("--system", default="general", help="as benchmarks.scenes takes it")
    parser.add_argument("--sets", nargs="+", choices=list(SETS), default=list(_SETS), metavar="SET")
    parser.add_argument("--limit", type=int, metavar="N", help="at most N images a set")
    parser.add_argument("--threads", type=int, default=usable_cores(), metavar="N")
    add_output_arguments(parser, "unlabelled.json")
    options = parser.parse_args(arguments)
    rows: list[Row] = []
    try:
        reader = system(options.system, options.threads)
        for name in options.sets:
            dataset = load_set(name).limited(options.limit)
            reading = reader.read(dataset.samples, whole=True, title=name)
            rows.append(measure_set(dataset, reading.lines))
    except HubocrError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    cells = [
        [f"{value:.3f}" if isinstance(value, float) else str(value) for value in row.values()]
        for row in rows
    ]
    print(markdown_table(list(rows[0]), cells))
    write_results(options, {"system": options.system, "rows": rows})
    return 0


if __name__ == "__main__":
    sys.exit(main())
