"""Fine-tuning the direction classifier on two domains, and what it forgets of other lines.

Half of the sources of ``wire_labels`` and of the writers of ``hw_en_lines`` are for the test. Which
way a marker stands is not labelled: it is the way in which the recogniser's reading is nearer to
the label, and markers that are read as well both ways are left out. Other lines are upright.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
from rapidfuzz.distance import Levenshtein

from benchmarks.detector_sets import write_halves
from benchmarks.machine import describe_machine
from benchmarks.report import add_output_arguments, markdown_table, write_results
from hubocr.classification import LINE_DIRECTIONS, turn
from hubocr.errors import HubocrError
from hubocr.evaluation.directions import decide, score_decisions, serving
from hubocr.evaluation.labels import LabelRow, read_rows
from hubocr.evaluation.lines import load_source
from hubocr.evaluation.pages import load_pages
from hubocr.evaluation.readers.directions import DirectionReader
from hubocr.evaluation.sets import data_folder
from hubocr.pipeline.crop import crop_polygon
from hubocr.recognition import load_recognizer
from hubocr.settings import ClassificationSettings, EngineSettings, ModelSettings

_BASE = "ch_ppocr_mobile_v2.0_cls"
_MARKERS, _HANDWRITING = "wire_labels", "hw_en_lines"
_GENERAL = ("lines_zh", "lines_en")
_KEPT = "scene_words_en"


@dataclass(frozen=True)
class Row:
    """A classifier on a set: figures as `hubocr.evaluation.directions.DirectionScores` has them."""

    set_name: str
    model: str
    images: int
    accuracy: float
    turned_found: float
    upright_turned: float


def write_markers(labels: Path, folder: Path) -> Path:
    """Write crops of labelled boxes, and a label file of the directions that they stand in."""
    recognizer = load_recognizer(ModelSettings(), EngineSettings(precision="fp32"))
    rows = []
    folder.mkdir(parents=True, exist_ok=True)
    for page in load_pages(labels).samples:
        for number, region in enumerate(page.regions):
            crop = crop_polygon(page.image(), region.points)
            found = recognizer.recognize([crop, turn(crop)])
            text = region.text.casefold()
            edits = [Levenshtein.distance(text, each.text.casefold()) for each in found]
            if edits[0] != edits[1]:
                name = f"{Path(page.name).stem}_{number}.png"
                cv2.imwrite(str(folder / name), crop)
                rows.append(f"{name}\t{LINE_DIRECTIONS[edits[1] < edits[0]]}\n")
    (folder / "labels.tsv").write_text("".join(rows), encoding="utf-8")
    return folder / "labels.tsv"


def write_lines(name: str, folder: Path) -> tuple[Path, Path]:
    """Write label files of upright lines for training and for the test, half of a set each."""
    path = data_folder() / name / "labels.tsv"
    rows = [row for row in read_rows(path) if isinstance(row, LabelRow)]
    halves = (folder / f"{name}_train.tsv", folder / f"{name}_test.tsv")
    for half, part in zip(halves, (rows[::2], rows[1::2]), strict=True):
        text = "".join(f"{(path.parent / row.file).resolve()}\t{row.label}\n" for row in part)
        half.write_text(text, encoding="utf-8")
    return halves


def score(model: str, name: str, tests: Mapping[str, tuple[Path, bool]]) -> list[Row]:
    """Return the figures of a classifier, as it is served, on sets: labels, and if all upright."""
    classify, directions, thresh = serving(model, EngineSettings(), ClassificationSettings())
    rows = []
    for set_name, (labels, upright) in tests.items():
        samples = load_source(labels, index=DirectionReader(directions, upright)(labels)).samples
        found = score_decisions(decide(classify, samples, directions), directions, thresh)
        figures = (found.accuracy, found.turned_found, found.upright_turned)
        rows.append(Row(set_name, name, found.images, *figures))
        print(rows[-1], file=sys.stderr, flush=True)
    return rows


def train(options: Sequence[str]) -> float:
    """Train a classifier as a user would, and return the processor seconds that it took.

    Raises:
        subprocess.CalledProcessError: The command failed; it has told why.
    """
    command = [sys.executable, "-m", "hubocr", "train", "cls", "--quiet", "--base", _BASE, *options]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=sys.stderr)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main(arguments: Sequence[str] | None = None) -> int:
    """Train what the command line asks for."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.direction_training",
        description="Fine-tune the direction classifier on half of the cable markers, and of the "
        "English handwriting, of HUBOCR_DATA, with and without --keep, score it on the other half "
        "and on printed lines, and print markdown. Needs hubocr[train].",
    )
    parser.add_argument("--folder", type=Path, required=True, help="where the models are written")
    parser.add_argument(
        "--options", nargs="+", default=[], metavar="OPTION", help="more for the command, last"
    )
    add_output_arguments(parser, "direction_training.json")
    options = parser.parse_args(arguments)
    more = [option for part in options.options for option in part.split()]
    kept = ["--keep", str(data_folder() / _KEPT)]
    rows: list[Row] = []
    seconds: dict[str, float] = {}
    try:
        halves = write_halves(_MARKERS, options.folder)
        markers, test = (write_markers(path, options.folder / path.stem) for path in halves)
        lines, lines_test = write_lines(_HANDWRITING, options.folder)
        tests = {_MARKERS: (test, False), _HANDWRITING: (lines_test, True)}
        tests |= {name: (data_folder() / name / "labels.tsv", True) for name in _GENERAL}
        rows += score(_BASE, "base", tests)
        domains = {"markers": [str(markers)], "handwriting": [str(lines), "--upright"]}
        for domain, own in domains.items():
            for name, keep in ((domain, []), (f"{domain}, keep", kept)):
                out = options.folder / name.replace(", ", "_")
                seconds[name] = train(["--data", *own, "--out", str(out), *keep, *more])
                rows += score(str(out), name, tests)
    except (HubocrError, subprocess.CalledProcessError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{describe_machine().summary}\n")
    header = ["set", "model", "images", "accuracy", "turned found", "upright turned"]
    cells = [
        [row.set_name, row.model, str(row.images)]
        + [f"{value:.3f}" for value in (row.accuracy, row.turned_found, row.upright_turned)]
        for row in rows
    ]
    print(markdown_table(header, cells))
    print("\n".join(f"{name}: {value:.0f} processor s" for name, value in seconds.items()))
    write_results(options, {"rows": list(map(asdict, rows)), "processor_seconds": seconds})
    return 0


if __name__ == "__main__":
    sys.exit(main())
