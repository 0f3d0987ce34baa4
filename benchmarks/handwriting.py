"""Fine-tuning on handwritten lines: what each mix of data gains, and what printed lines lose.

The lines of HUBOCR_DATA are divided by their writers: one half is learnt from, the other is read
before and after and by nobody else; a sixth of the first half chooses the weights. The lines of
whole pages are learnt from as well: IAM's list of forms has other writers for them. Synthetic lines
are those of ``hubocr synth``, whose label files are named; printed ones are learnt from by every
run, and on them it keeps the base's answers. Every model is made by ``hubocr train rec`` in a
process of its own, and read as it is served. ``--sets`` may name other domains.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
from rapidfuzz.distance import Levenshtein

from benchmarks.machine import describe_machine, usable_cores
from benchmarks.report import add_output_arguments, markdown_table, write_results
from hubocr.errors import HubocrError
from hubocr.evaluation.lines import Sample, load_source
from hubocr.evaluation.readings import read_samples
from hubocr.evaluation.sets import data_folder
from hubocr.evaluation.texts import normalize_text
from hubocr.imaging import read_image
from hubocr.pipeline.crop import crop_polygon
from hubocr.recognition import TextRecognizer

HANDWRITTEN = ("hw_en_lines", "hw_zh_lines")
PAGES = ("hw_en_pages", "")
PRINTED = ("lines_en", "lines_zh")
MIXES = ("real", "synthetic", "both")
_BASE = "PP-OCRv6_small_rec"
_PAGE = re.compile(r"_[0-9]+\.[a-z]+$|-[0-9]+\.[a-z]+$")
"""What tells the lines of one page, or form, apart."""

_EPOCH = 2400
_PRINTED_LINES = 375
"""Lines of handwriting in an epoch, and printed ones besides."""

_IGNORING_CASE = ("sroie_", "svt_")


@dataclass(frozen=True)
class Row:
    """One model on one set.

    Attributes:
        set_name: The set; of a handwritten one the half for the test.
        model: ``base``, or the mix of data that it learnt from.
        lines: Lines of the set.
        line_accuracy: Share of lines that are right, white space and kinds of marks apart.
        character_error: All edits by all characters.
        acc: Share of lines that are the same character by character, without white space.
        norm_edit_dis: Mean of 1 - edits / length of the longer text.
    """

    set_name: str
    model: str
    lines: int
    line_accuracy: float
    character_error: float
    acc: float
    norm_edit_dis: float


def write_splits(name: str, folder: Path) -> tuple[Path, Path, Path]:
    """Write label files of a set: to learn from, to choose weights by, and for the test.

    All lines of one page, and so of one writer, are in one of them.
    """
    place = data_folder() / name
    rows = [line.partition("\t") for line in (place / "labels.tsv").read_text("utf-8").splitlines()]
    writers = sorted({_PAGE.sub("", file) for file, _, _ in rows})
    parts: dict[str, list[str]] = {"train": [], "val": [], "test": []}
    for file, _, text in rows:
        number = writers.index(_PAGE.sub("", file))
        part = "test" if number % 2 else ("val" if number % 12 == 0 else "train")
        parts[part].append(f"{(place / file).resolve()}\t{text}\n")
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for part, lines in parts.items():
        paths.append(folder / f"{name}_{part}.tsv")
        paths[-1].write_text("".join(lines), encoding="utf-8")
    return paths[0], paths[1], paths[2]


def add_page_lines(name: str, labels: Path) -> None:
    """Add the lines of a set of pages to a label file; their images are written beside it."""
    place, folder = data_folder() / name, labels.parent / name
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for page, boxes in json.loads((place / "boxes.json").read_text("utf-8")).items():
        image = read_image(place / page)
        for number, box in enumerate(boxes):
            if box["ignore"] or not box["text"]:
                continue
            path = (folder / f"{Path(page).stem}-{number:02d}.png").resolve()
            cv2.imwrite(str(path), crop_polygon(image, np.array(box["points"], np.float64)))
            rows.append(f"{path}\t{box['text']}\n")
    with labels.open("a", encoding="utf-8") as file:
        file.writelines(rows)


def score(model: str, name: str, sets: dict[str, Path]) -> list[Row]:
    """Return what a recogniser reads in sets, by name."""
    recognizer = TextRecognizer.load(model)
    rows = []
    for set_name, labels in sets.items():
        samples = load_source(labels).samples
        readings = read_samples(recognizer, samples)
        rows.append(_row(set_name, name, samples, [reading.found for reading in readings]))
    return rows


def _row(set_name: str, model: str, samples: Sequence[Sample], texts: Sequence[str]) -> Row:
    right = edits = characters = same = 0
    similar = 0.0
    for sample, text in zip(samples, texts, strict=True):
        fold = Path(sample.name).name.startswith(_IGNORING_CASE)
        true = normalize_text(sample.text, ignore_case=fold)
        read = normalize_text(text, ignore_case=fold)
        right += true == read
        edits += Levenshtein.distance(true, read)
        characters += len(true)
        plain, found = "".join(sample.text.split()), "".join(text.split())
        same += plain == found
        similar += Levenshtein.normalized_similarity(plain, found)
    count = len(samples)
    return Row(
        set_name, model, count, right / count, edits / characters, same / count, similar / count
    )


def train(
    data: Sequence[Path],
    ratios: Sequence[float],
    validation: Sequence[Path],
    printed: Path,
    options: Sequence[str],
    folder: Path,
) -> float:
    """Train a recogniser as a user would; return the minutes.

    Raises:
        subprocess.CalledProcessError: The command failed; it has told why.
    """
    command = [sys.executable, "-m", "hubocr", "train", "rec", "--base", _BASE, "--quiet"]
    command += ["--preset", "handwriting", "--data", *map(str, data), "--keep", str(printed)]
    command += ["--ratio", *map(str, ratios), "--val", *map(str, validation)]
    command += ["--out", str(folder), *options]
    start = time.monotonic()
    subprocess.run(command, check=True, stdout=sys.stderr)
    return (time.monotonic() - start) / 60


def ratios(
    mix: str, real: Sequence[Path], synthetic: Sequence[Path], shares: Sequence[float]
) -> list[float]:
    """Return how often an epoch takes each source.

    Args:
        mix: One of `MIXES`.
        real: Label files of real lines, one a set.
        synthetic: Label files of synthetic lines.
        shares: Of each set, and of each synthetic file.
    """
    wanted = {"real": (1.0, 0.0), "synthetic": (0.0, 1.0), "both": (0.5, 0.5)}[mix]
    found = []
    for part, paths in zip(wanted, (real, synthetic), strict=True):
        if part:
            for path, share in zip(paths, shares, strict=True):
                lines = len(path.read_text("utf-8").splitlines())
                found.append(round(_EPOCH * part * share / sum(shares) / lines, 4))
    return found


def table(rows: Sequence[Row]) -> str:
    """Return the figures as a markdown table, a row for each set and model."""
    header = ["set", "learnt from", "lines", "lines right", "character error", "acc"]
    header.append("norm_edit_dis")
    return markdown_table(
        header,
        [
            [row.set_name, row.model, str(row.lines)]
            + [f"{v:.3f}" for v in (row.line_accuracy, row.character_error, row.acc)]
            + [f"{row.norm_edit_dis:.3f}"]
            for row in rows
        ],
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.handwriting",
        description="Fine-tune PP-OCRv6 small on handwritten lines of HUBOCR_DATA, real, synthetic "
        "or both, and print what it reads of other writers and of printed lines as markdown. "
        "Needs hubocr[train].",
    )
    parser.add_argument("--mixes", nargs="*", choices=MIXES, default=list(MIXES), metavar="MIX")
    parser.add_argument(
        "--synthetic", nargs="+", type=Path, required=True, help="label files, handwritten"
    )
    parser.add_argument(
        "--printed", type=Path, required=True, help="folder of printed lines, with labels.tsv"
    )
    parser.add_argument("--sets", nargs="+", default=list(HANDWRITTEN), metavar="SET")
    parser.add_argument(
        "--pages",
        nargs="*",
        default=list(PAGES),
        metavar="SET",
        help="pages of other writers for each set, or ''",
    )
    parser.add_argument(
        "--shares", nargs="+", type=float, default=[4.0, 1.0], help="lines of each set in an epoch"
    )
    parser.add_argument("--general", nargs="*", default=list(PRINTED), metavar="SET")
    parser.add_argument("--folder", type=Path, required=True, help="where the models are written")
    parser.add_argument("--score-only", action="store_true", help="of models that are there")
    parser.add_argument(
        "--options", nargs="+", default=[], metavar="OPTION", help="more for the command, last"
    )
    add_output_arguments(parser, "handwriting.json")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Train what the command line asks for."""
    options = _parser().parse_args(arguments)
    more = tuple(option for part in options.options for option in part.split())
    try:
        splits = {name: write_splits(name, options.folder) for name in options.sets}
        for pages, parts in zip(options.pages, splits.values(), strict=False):
            if pages:
                add_page_lines(pages, parts[0])
        sets = {name: parts[2] for name, parts in splits.items()}
        sets |= {name: data_folder() / name / "labels.tsv" for name in options.general}
        rows = score(_BASE, "base", sets)
        minutes = {}
        for mix in options.mixes:
            real = [parts[0] for parts in splits.values()]
            data = [*real] if mix != "synthetic" else []
            data += options.synthetic if mix != "real" else []
            share = ratios(mix, real, options.synthetic, options.shares)
            printed = options.printed / "labels.tsv"
            data.append(printed)
            share.append(_PRINTED_LINES / len(printed.read_text("utf-8").splitlines()))
            folder = options.folder / mix
            if not options.score_only:
                validation = [parts[1] for parts in splits.values()]
                minutes[mix] = train(data, share, validation, options.printed, more, folder)
            rows += score(str(folder), mix, sets)
            print(table(rows), flush=True)
    except (HubocrError, OSError, subprocess.CalledProcessError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{describe_machine().summary}, {usable_cores()} threads\n\n{table(rows)}")
    print(", ".join(f"{mix}: {value:.1f} minutes" for mix, value in minutes.items()))
    write_results(options, {"rows": list(map(asdict, rows)), "minutes": minutes})
    return 0


if __name__ == "__main__":
    sys.exit(main())
