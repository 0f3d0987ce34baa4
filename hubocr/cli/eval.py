"""``hubocr eval rec``: how well a recogniser reads labelled images, as it is served."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from hubocr.cli.options import add_pipeline_arguments, read_settings
from hubocr.optional import require
from hubocr.recognition import TextRecognizer
from hubocr.runtime import Workload

if TYPE_CHECKING:
    from hubocr.cli.command import Commands

_MOST_CONFUSIONS = 10
_FLAGS = ("engine", "precision", "cpu_threads", "rec_char_dict_path", "rec_charset")


def add_commands(commands: Commands) -> None:
    """Add ``eval rec``."""
    parser = commands.add_parser("eval", help="score a model on labelled images")
    actions = parser.add_subparsers(title="commands", metavar="TASK", required=True)
    rec = actions.add_parser(
        "rec",
        help="a recogniser",
        description="Read labelled images with a recogniser, in the way in which it is served, and "
        "print line accuracy, character accuracy, normalised edit similarity and the most "
        "frequent mistakes.",
    )
    rec.add_argument(
        "--data", nargs="+", required=True, metavar="FILE", help="label files or lmdb folders"
    )
    rec.add_argument("--root", type=Path, metavar="FOLDER", help="of the images")
    rec.add_argument("--limit", type=int, metavar="N", help="images of each --data at most")
    rec.add_argument(
        "--model", dest="rec_model_dir", required=True, metavar="MODEL", help="name or folder"
    )
    add_pipeline_arguments(rec, _FLAGS, flags={"rec_char_dict_path": "--dict"})
    rec.add_argument("--html", type=Path, metavar="FILE", help="write a page, worst images first")
    rec.add_argument("--json", action="store_true", help="print one JSON object")
    rec.add_argument("--quiet", action="store_true", help="show no progress")
    rec.set_defaults(run=_evaluate)


def require_evaluation() -> None:
    """Import what evaluation needs.

    Raises:
        MissingPackageError: It isn't installed.
    """
    require("rapidfuzz", "eval", "evaluation")


def _evaluate(arguments: argparse.Namespace) -> int:
    require_evaluation()
    from hubocr.evaluation.lines import load_source
    from hubocr.evaluation.readings import read_samples, score_readings, worst_first
    from hubocr.evaluation.report import write_page

    sources = [
        load_source(path, root=arguments.root, limit=arguments.limit, progress=not arguments.quiet)
        for path in arguments.data
    ]
    for source in sources:
        for problem in source.problems:
            print(f"hubocr: skipped {problem}", file=sys.stderr)
    settings = read_settings(arguments, ["rec"])
    recognizer = TextRecognizer.from_settings(
        settings.models, settings.engine, workload=Workload.LINES
    )
    samples = [sample for source in sources for sample in source.samples]
    readings = read_samples(recognizer, samples, settings.options.recognition)
    scores = score_readings(readings)
    if arguments.html:
        write_page(arguments.html, settings.models.rec_model, scores, worst_first(readings))
    if arguments.json:
        print(json.dumps(asdict(scores), ensure_ascii=False))
        return 0
    print(f"images              {scores.lines}")
    print(f"line accuracy       {scores.line_accuracy:.4f}")
    print(f"character accuracy  {scores.character_accuracy:.4f}")
    print(f"edit similarity     {scores.edit_similarity:.4f}")
    for pair in scores.confusions[:_MOST_CONFUSIONS]:
        print(
            f"    {pair.expected or 'nothing'!r} read as {pair.found or 'nothing'!r}: {pair.count}"
        )
    return 0
