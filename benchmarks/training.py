"""Fine-tuning with the command's defaults on the captcha families, and what it reaches.

Every model is made by ``hubocr train rec`` in a process of its own, one after the other, and then
read by the engine that serves it, on the validation images of each family that it was trained on.
Training images are drawn from those of a family by a fixed seed, because some families are sorted;
where there are no validation images, 200 of the others stand in.
A row is written as soon as it is there, and rows that the results hold already are left alone, so
that a long series can be interrupted.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.machine import describe_machine, usable_cores
from benchmarks.report import RESULTS_FOLDER, markdown_table, write_json
from hubocr.errors import HubocrError
from hubocr.evaluation.lines import load_source
from hubocr.evaluation.readings import read_samples, score_readings
from hubocr.evaluation.sets import data_folder
from hubocr.recognition import TextRecognizer
from hubocr.settings import EngineSettings, Precision

FAMILIES = ("pku", "kcaptcha", "zh3")
NEW_FAMILIES = ("iptime", "kr4", "mathplus", "swust_a")
TOGETHER = "together"
_VALIDATION_IMAGES = 200
_DEFAULT_BASE = "PP-OCRv6_small_rec"
_RESULTS = RESULTS_FOLDER / "training.json"
_PRECISIONS: tuple[Precision, ...] = ("fp32", "bf16")


@dataclass(frozen=True)
class Run:
    """One training run and its result.

    Attributes:
        name: The model's folder.
        families: What it was trained on.
        images: Training images of each family.
        base: The released recogniser that it started from.
        options: Further options of the command.
        minutes: Wall time of the command, from its start to its end.
        processor_s: Processor time of the command; 0: not measured.
        before: Line accuracy before the first step, with the head cut.
        accuracy: Line accuracy as served, by family and precision.
        characters: Character accuracy as served in fp32, by family.
    """

    name: str
    families: tuple[str, ...]
    images: int
    base: str
    options: tuple[str, ...]
    minutes: float
    before: float
    accuracy: Mapping[str, Mapping[str, float]]
    characters: Mapping[str, float]
    processor_s: float = 0.0


def write_label_files(family: str, images: int, folder: Path) -> tuple[Path, Path]:
    """Write label files of a family with absolute paths, to train on and to validate on."""
    source = data_folder() / ("captcha_new" if family in NEW_FAMILIES else "captcha_train") / family
    rows = (source / "train.tsv").read_text(encoding="utf-8").splitlines()
    random.Random(0).shuffle(rows)
    validation, own = source / "val.tsv", rows[images : images + _VALIDATION_IMAGES]
    if validation.is_file():
        own = validation.read_text(encoding="utf-8").splitlines()
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for part, members in (("train", rows[:images]), ("val", own)):
        files.append(folder / f"{family}-{images}-{part}.tsv")
        text = "".join(f"{source.resolve()}/{row}\n" for row in members)
        files[-1].write_text(text, encoding="utf-8")
    return files[0], files[1]


def train(
    families: Sequence[str], images: int, base: str, options: Sequence[str], folder: Path
) -> Run:
    """Train a model as a user would, and read the validation images with it.

    Raises:
        subprocess.CalledProcessError: The command failed; it has told why.
    """
    parts = ["_".join(families), str(images), *([] if base == _DEFAULT_BASE else [base])]
    name = "-".join([*parts, *(option.strip("-") for option in options)])
    sources = [write_label_files(family, images, folder) for family in families]
    command = [sys.executable, "-m", "hubocr", "train", "rec"]
    command += [] if "--scratch" in options else ["--base", base]
    command += ["--data", *(str(training) for training, _ in sources)]
    command += ["--val", *(str(validation) for _, validation in sources)]
    command += ["--out", str(folder / name), *options]
    start, used = time.monotonic(), _children_s()
    subprocess.run(command, check=True, stdout=sys.stderr)
    minutes, used = (time.monotonic() - start) / 60, _children_s() - used
    accuracy: dict[str, dict[str, float]] = {}
    characters: dict[str, float] = {}
    for family, (_, validation) in zip(families, sources, strict=True):
        samples = load_source(validation).samples
        accuracy[family] = {}
        for precision in _PRECISIONS:
            settings = EngineSettings(precision=precision)
            readings = read_samples(TextRecognizer.load(folder / name, settings), samples)
            scores = score_readings(readings)
            accuracy[family][precision] = scores.line_accuracy
            characters.setdefault(family, scores.character_accuracy)
    before = _before(folder / name / "training" / "log.jsonl")
    return Run(
        name,
        tuple(families),
        images,
        base,
        tuple(options),
        minutes,
        before,
        accuracy,
        characters,
        used,
    )


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _before(log: Path) -> float:
    first = next(line for line in log.read_text(encoding="utf-8").splitlines() if "valid" in line)
    return float(json.loads(first)["line_accuracy"])


def table(runs: Sequence[Run]) -> str:
    """Return the runs as a markdown table, a row for each family."""
    rows = []
    for run in runs:
        for family, accuracy in run.accuracy.items():
            how = "together" if len(run.families) > 1 else "alone"
            rows.append(
                [
                    family,
                    " ".join([how, f"{run.images}", run.base, *run.options]),
                    f"{run.minutes:.1f}",
                    f"{run.processor_s:.0f}" if run.processor_s else "",
                    f"{run.before:.3f}",
                    f"{accuracy['fp32']:.4f}",
                    f"{accuracy['bf16']:.4f}",
                    f"{run.characters[family]:.4f}",
                ]
            )
    header = ["family", "trained", "minutes", "processor s", "before", "lines fp32", "lines bf16"]
    return markdown_table([*header, "characters"], rows)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.training",
        description="Fine-tune on the captcha families of HUBOCR_DATA with the defaults of 'hubocr "
        "train rec', read the validation images as they are served, and print the line accuracies "
        "as markdown. A family takes 10 to 25 minutes on two cores. Needs hubocr[train].",
    )
    parser.add_argument(
        "--families",
        nargs="+",
        choices=(*FAMILIES, *NEW_FAMILIES, TOGETHER),
        default=(*FAMILIES, TOGETHER),
        metavar="FAMILY",
        help=f"of: {', '.join((*FAMILIES, *NEW_FAMILIES))}, {TOGETHER} (one model for "
        f"{', '.join(FAMILIES)}) (default: {', '.join(FAMILIES)} and {TOGETHER})",
    )
    parser.add_argument(
        "--images",
        nargs="+",
        type=int,
        default=[2000, 200],
        metavar="N",
        help="training images of each family (default: 2000 and then 200)",
    )
    parser.add_argument("--base", default=_DEFAULT_BASE, metavar="MODEL", help="to start from")
    parser.add_argument(
        "--options", nargs="+", default=[], metavar="OPTION", help="more for the command, last"
    )
    parser.add_argument("--folder", type=Path, required=True, help="where the models are written")
    parser.add_argument(
        "--output",
        type=Path,
        default=_RESULTS,
        metavar="PATH",
        help="JSON file that keeps the rows (default: benchmarks/results/training.json)",
    )
    return parser


def _wanted(
    families: Sequence[str], counts: Sequence[int]
) -> Iterator[tuple[tuple[str, ...], int]]:
    for count in counts:
        for family in families:
            yield (FAMILIES if family == TOGETHER else (family,)), count


def main(arguments: Sequence[str] | None = None) -> int:
    """Train what the command line asks for."""
    options = _parser().parse_args(arguments)
    runs = _known(options.output)
    more = tuple(option for part in options.options for option in part.split())
    try:
        for families, count in _wanted(options.families, options.images):
            if any(_key(run) == (families, count, options.base, more) for run in runs):
                continue
            runs.append(train(families, count, options.base, more, options.folder))
            content = {"machine": asdict(describe_machine()), "runs": list(map(asdict, runs))}
            write_json(content, options.output)
    except (HubocrError, subprocess.CalledProcessError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{describe_machine().summary}, {usable_cores()} threads, {os.uname().machine}\n")
    print(table(runs))
    return 0


def _key(run: Run) -> tuple[tuple[str, ...], int, str, tuple[str, ...]]:
    return tuple(run.families), run.images, run.base, tuple(run.options)


def _known(path: Path) -> list[Run]:
    if not path.is_file():
        return []
    return [Run(**raw) for raw in json.loads(path.read_text(encoding="utf-8"))["runs"]]


if __name__ == "__main__":
    sys.exit(main())
