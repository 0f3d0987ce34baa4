"""``hubocr eval``: how well a model reads or finds the text of labelled images, as it is served."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hubocr.cli.options import add_pipeline_arguments, read_settings
from hubocr.optional import require
from hubocr.recognition import load_recognizer
from hubocr.runtime import Workload

if TYPE_CHECKING:
    from hubocr.cli.command import Commands
    from hubocr.evaluation.images import ImageT, Source
    from hubocr.evaluation.lines import Sample
    from hubocr.evaluation.readings import Reading

_MOST_CONFUSIONS = 10
_FLAGS = ("engine", "precision", "cpu_threads")


def add_commands(commands: Commands) -> None:
    """Add ``eval rec``, ``eval det``, ``eval cls`` and ``eval labels``."""
    parser = commands.add_parser("eval", help="score a model on labelled images")
    actions = parser.add_subparsers(title="commands", metavar="TASK", required=True)
    rec = actions.add_parser(
        "rec",
        help="a recogniser",
        description="Read labelled images with a recogniser, in the way in which it is served "
        "(columns are turned, as in pages), and print line accuracy, character accuracy, "
        "normalised edit similarity, PaddleOCR's acc and norm_edit_dis (which leave spaces out), "
        "images a second and the most frequent mistakes.",
    )
    _add_data(rec, "rec_model_dir", "label files or lmdb folders")
    add_pipeline_arguments(
        rec, (*_FLAGS, "rec_char_dict_path", "rec_charset"), flags={"rec_char_dict_path": "--dict"}
    )
    rec.set_defaults(run=_evaluate_recognizer)
    labels = actions.add_parser(
        "labels",
        help="find labels that are probably wrong",
        description="Read labelled images with a recogniser and list those that it reads "
        "otherwise than they are labelled, the surest readings first: there the label is more "
        "often wrong than the reading. Use a model that was trained on other labels, or look at "
        "its validation images.",
    )
    _add_data(labels, "rec_model_dir", "label files, databases or pages of lines")
    labels.add_argument("--out", type=Path, metavar="FILE", help="write the list as a TSV file")
    add_pipeline_arguments(
        labels,
        (*_FLAGS, "rec_char_dict_path", "rec_charset"),
        flags={"rec_char_dict_path": "--dict"},
    )
    labels.set_defaults(run=_evaluate_labels)
    det = actions.add_parser(
        "det",
        help="a text detector",
        description="Find the text of images with labelled boxes, in the way in which a detector "
        "is served, and print hmean, precision and recall at an IoU of 0.5. A label file is "
        "PaddleOCR's: a line 'file TAB JSON' for every image.",
    )
    _add_data(det, "det_model_dir", "label files")
    add_pipeline_arguments(det, _FLAGS)
    det.set_defaults(run=_evaluate_detector)
    cls = actions.add_parser(
        "cls",
        help="a direction classifier",
        description="Show a direction classifier of lines or pages labelled images in every "
        "direction, in the way in which it is served, and print its accuracy, the share of turned "
        "images that serving would turn back and the share of upright ones that it would turn.",
    )
    _add_data(cls, "cls_model_dir", "label files; with --upright anything with lines, or folders")
    cls.add_argument("--upright", action="store_true", help="all images are upright")
    add_pipeline_arguments(cls, (*_FLAGS, "cls_thresh"))
    cls.set_defaults(run=_evaluate_classifier)


def _add_data(parser: argparse.ArgumentParser, model: str, data: str) -> None:
    parser.add_argument("--data", nargs="+", required=True, metavar="FILE", help=data)
    parser.add_argument("--root", type=Path, metavar="FOLDER", help="of the images")
    parser.add_argument("--limit", type=int, metavar="N", help="images of each --data at most")
    parser.add_argument(
        "--model", dest=model, required=True, metavar="MODEL", help="name or folder"
    )
    parser.add_argument(
        "--html", type=Path, metavar="FILE", help="write a page, worst images first"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quiet", action="store_true", help="show no progress")


def require_evaluation() -> None:
    """Import what evaluation needs.

    Raises:
        MissingPackageError: It isn't installed.
    """
    require("rapidfuzz", "eval", "evaluation")


def _load(arguments: argparse.Namespace, load: Callable[..., Source[ImageT]]) -> list[ImageT]:
    """Return the labelled images of a command line, and tell what is skipped."""
    sources = [
        load(path, root=arguments.root, limit=arguments.limit, progress=not arguments.quiet)
        for path in arguments.data
    ]
    for source in sources:
        for problem in source.problems:
            print(f"hubocr: skipped {problem}", file=sys.stderr)
    return [sample for source in sources for sample in source.samples]


def _evaluate_recognizer(arguments: argparse.Namespace) -> int:
    require_evaluation()
    from hubocr.evaluation.lines import load_source
    from hubocr.evaluation.readings import score_readings, worst_first
    from hubocr.evaluation.report import write_page

    readings, seconds = _readings(arguments, _load(arguments, load_source))
    scores = score_readings(readings)
    if arguments.html:
        write_page(arguments.html, arguments.rec_model_dir, scores, worst_first(readings))
    speed = len(readings) / seconds
    if arguments.json:
        print(json.dumps({**asdict(scores), "fps": speed}, ensure_ascii=False))
        return 0
    print(f"images              {scores.lines}")
    print(f"line accuracy       {scores.line_accuracy:.4f}")
    print(f"character accuracy  {scores.character_accuracy:.4f}")
    print(f"edit similarity     {scores.edit_similarity:.4f}")
    print(f"acc                 {scores.acc:.4f}")
    print(f"norm_edit_dis       {scores.norm_edit_dis:.4f}")
    print(f"fps                 {speed:.1f}")
    for pair in scores.confusions[:_MOST_CONFUSIONS]:
        print(
            f"    {pair.expected or 'nothing'!r} read as {pair.found or 'nothing'!r}: {pair.count}"
        )
    return 0


def _readings(
    arguments: argparse.Namespace, samples: Sequence[Sample]
) -> tuple[list[Reading], float]:
    """Return what the command's model reads in images, and the seconds that it took."""
    from hubocr.evaluation.readings import read_samples

    settings = read_settings(arguments, ["rec"])
    recognizer = load_recognizer(settings.models, settings.engine, workload=Workload.LINES)
    started = time.perf_counter()
    readings = read_samples(recognizer, samples, settings.options.recognition)
    return readings, time.perf_counter() - started


def _evaluate_labels(arguments: argparse.Namespace) -> int:
    require_evaluation()
    from hubocr.evaluation.lines import load_source
    from hubocr.evaluation.readings import doubtful, score_readings
    from hubocr.evaluation.report import write_page

    readings, _ = _readings(arguments, _load(arguments, load_source))
    found = doubtful(readings)
    if arguments.html:
        title = "Labels that are probably wrong"
        write_page(arguments.html, title, score_readings(found), found)
    rows = [f"{r.name}\t{r.expected}\t{r.found}\t{r.score or 0:.4f}" for r in found]
    if arguments.out:
        arguments.out.write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")
    elif arguments.json:
        keys = ("file", "label", "reading", "score")
        values = [dict(zip(keys, row.split("\t"), strict=True)) for row in rows]
        print(json.dumps(values, ensure_ascii=False))
    else:
        print("".join(f"{row}\n" for row in rows), end="")
    print(f"hubocr: {len(found)} of {len(readings)} labels are doubtful", file=sys.stderr)
    return 0


def _evaluate_detector(arguments: argparse.Namespace) -> int:
    from hubocr.detection import TextDetector
    from hubocr.evaluation.boxes import find_pages, total_counts
    from hubocr.evaluation.pages import load_pages

    pages = _load(arguments, load_pages)
    settings = read_settings(arguments, ["det"])
    detector = TextDetector.load(settings.models.det_model, settings.engine)
    found = find_pages(detector, pages, settings.options.detection)
    total = total_counts(found)
    if arguments.html:
        require_evaluation()
        from hubocr.evaluation.report import write_found_pages

        found.sort(key=lambda page: page.counts.hmean)
        write_found_pages(arguments.html, settings.models.det_model, found)
    figures = {"hmean": total.hmean, "precision": total.precision, "recall": total.recall}
    if arguments.json:
        print(json.dumps({**asdict(total), **figures}))
        return 0
    print(f"images              {total.images}")
    print(
        f"boxes               {total.expected} labelled, {total.found} found, {total.matched} both"
    )
    for name, value in figures.items():
        print(f"{name:<20}{value:.4f}")
    return 0


def _evaluate_classifier(arguments: argparse.Namespace) -> int:
    from hubocr.evaluation.directions import decide, score_decisions, serving, worst_decisions
    from hubocr.evaluation.lines import load_source
    from hubocr.evaluation.readers.directions import DirectionReader

    settings = read_settings(arguments, ["cls"])
    classify, directions, thresh = serving(
        settings.models.cls_model, settings.engine, settings.options.classification
    )
    reader = DirectionReader(directions, arguments.upright)

    def load(path: str, **options: Any) -> Source[Sample]:
        index = reader(Path(path).expanduser(), arguments.root)
        return load_source(path, index=index, **options)

    decisions = decide(classify, _load(arguments, load), directions)
    scores = score_decisions(decisions, directions, thresh)
    if arguments.html:
        require_evaluation()
        from hubocr.evaluation.report import write_decisions

        write_decisions(
            arguments.html, settings.models.cls_model, worst_decisions(decisions), f"{scores}"
        )
    if arguments.json:
        print(json.dumps(asdict(scores)))
        return 0
    print(f"images              {scores.images}")
    for name, value in asdict(scores).items():
        if name != "images":
            print(f"{name.replace('_', ' '):<20}{value:.4f}")
    return 0
