"""Fine-tuning a detector on small domains, what it gains there and what it forgets elsewhere.

Every model is made by ``hubocr train det`` in a process of its own. Half of each set's sources are
for the test and are seen by nobody before; the general sets are other kinds of images, and
``unlabelled``, which is in none of them, is what ``--keep`` is given.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.detector_sets import DOMAINS, GENERAL, Domain, write_general, write_halves
from benchmarks.machine import describe_machine, usable_cores
from benchmarks.report import add_output_arguments, markdown_table, write_results
from hubocr.detection import TextDetector
from hubocr.errors import HubocrError
from hubocr.evaluation.boxes import BoxCounts, find_pages, total_counts
from hubocr.evaluation.pages import load_pages
from hubocr.evaluation.sets import data_folder
from hubocr.settings import EngineSettings, OcrOptions

_BASE = "PP-OCRv4_mobile_det"
_KEPT = "unlabelled"


@dataclass(frozen=True)
class Row:
    """One detector on one set.

    Attributes:
        set_name: The set; of a domain its half for the test.
        model: ``base``, or the domain that it was trained on, with ``keep`` where it had that.
        images: Images of the set.
        boxes: Boxes that are there.
        hmean: Harmonic mean of the next two, at an IoU of 0.5.
        precision: Share of the boxes found that are there.
        recall: Share of the boxes that are there that were found.
    """

    set_name: str
    model: str
    images: int
    boxes: int
    hmean: float
    precision: float
    recall: float


@dataclass(frozen=True)
class Run:
    """One training run: wall time and processor time in seconds, and how it was called."""

    model: str
    images: int
    seconds: float
    processor_seconds: float
    options: tuple[str, ...]


def score(model: str, name: str, sets: Mapping[str, Path]) -> list[Row]:
    """Return what a detector finds in sets, by name."""
    detector = TextDetector.load(model, EngineSettings())
    rows = []
    for set_name, labels in sets.items():
        pages = load_pages(labels).samples
        counts: BoxCounts = total_counts(find_pages(detector, pages, OcrOptions().detection))
        figures = (counts.hmean, counts.precision, counts.recall)
        rows.append(Row(set_name, name, counts.images, counts.expected, *figures))
    return rows


def train(
    domain: Domain, labels: Sequence[Path], keep: bool, options: Sequence[str], folder: Path
) -> Run:
    """Train a detector as a user would.

    Raises:
        subprocess.CalledProcessError: The command failed; it has told why.
    """
    more = ["--keep", str(data_folder() / _KEPT)] if keep else []
    more += ["--ratio", *map(str, domain.ratios)] if len(domain.ratios) > 1 else []
    more += options
    command = [sys.executable, "-m", "hubocr", "train", "det", "--quiet", "--base", _BASE]
    command += ["--data", *map(str, labels), "--out", str(folder), *more]
    start, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=sys.stderr)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    images = sum(len(load_pages(path).samples) for path in labels)
    return Run(folder.name, images, time.monotonic() - start, used, tuple(options))


def table(rows: Sequence[Row]) -> str:
    """Return the figures as a markdown table, a row for each set and model."""
    header = ["set", "model", "images", "boxes", "hmean", "precision", "recall"]
    return markdown_table(
        header,
        [
            [row.set_name, row.model, str(row.images), str(row.boxes)]
            + [f"{value:.3f}" for value in (row.hmean, row.precision, row.recall)]
            for row in rows
        ],
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.detector_training",
        description="Fine-tune PP-OCRv4's detector on half of each of three small domains of "
        "HUBOCR_DATA, score it on the other half and on general sets, and print markdown. Needs "
        "hubocr[train].",
    )
    names = [domain.name for domain in DOMAINS]
    parser.add_argument("--domains", nargs="*", choices=names, default=names, metavar="DOMAIN")
    parser.add_argument(
        "--general", nargs="*", choices=GENERAL, default=list(GENERAL), metavar="SET"
    )
    parser.add_argument("--keep", action="store_true", help="keep the base's answers elsewhere")
    parser.add_argument("--folder", type=Path, required=True, help="where the models are written")
    parser.add_argument(
        "--options", nargs="+", default=[], metavar="OPTION", help="more for the command, last"
    )
    add_output_arguments(parser, "detector_training.json")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Train what the command line asks for."""
    options = _parser().parse_args(arguments)
    more = tuple(option for part in options.options for option in part.split())
    rows: list[Row] = []
    runs: list[Run] = []
    try:
        general = {name: write_general(name, options.folder) for name in options.general}
        rows += score(_BASE, "base", general)
        for domain in DOMAINS:
            if domain.name not in options.domains:
                continue
            halves = {name: write_halves(name, options.folder) for name in domain.sets}
            tests = {name: half for name, (_, half) in halves.items()}
            name = f"{domain.name} keep" if options.keep else domain.name
            folder = options.folder / name.replace(" ", "_")
            rows += score(_BASE, "base", tests)
            learnt = [half for half, _ in halves.values()]
            runs.append(train(domain, learnt, options.keep, more, folder))
            rows += score(str(folder), name, {**tests, **general})
            print(table(rows), flush=True)
    except (HubocrError, subprocess.CalledProcessError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{describe_machine().summary}, {usable_cores()} threads\n\n{table(rows)}")
    for run in runs:
        print(
            f"{run.model}: {run.images} images, {run.seconds:.0f} s, {run.processor_seconds:.0f} s"
        )
    write_results(options, {"rows": list(map(asdict, rows)), "runs": list(map(asdict, runs))})
    return 0


if __name__ == "__main__":
    sys.exit(main())
