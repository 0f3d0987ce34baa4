"""``hubocr train``: train a recogniser, a detector or a direction classifier."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING, Any

from hubocr.optional import require
from hubocr.settings.declared import Params
from hubocr.settings.flags import add_settings_arguments, flag_names, given
from hubocr.training.classifier.request import CLASSIFIER_PARAMS, ClassifierRequest
from hubocr.training.detector.request import DETECTOR_PARAMS, DetectorRequest
from hubocr.training.request import TRAINING_PARAMS, TrainingRequest

if TYPE_CHECKING:
    from hubocr.cli.command import Commands
    from hubocr.training.run import TrainingResult


_EITHER = ("base", "scratch")
"""Settings of which only one can be given."""


def add_commands(commands: Commands) -> None:
    """Add ``train rec``, ``train det`` and ``train cls``."""
    parser = commands.add_parser("train", help="fine-tune a model on your own images")
    actions = parser.add_subparsers(title="commands", metavar="TASK", required=True)
    rec = actions.add_parser(
        "rec",
        help="a recogniser",
        description="Fine-tune a released recogniser on labelled images and write a model folder "
        "that is served like any other. A label file has a line 'file TAB text' for every image; "
        "PaddleOCR's label files and lmdb databases are read too. Needs hubocr[train].",
    )
    _add_settings(rec, TRAINING_PARAMS)
    rec.set_defaults(run=_train_recognizer)
    det = actions.add_parser(
        "det",
        help="a text detector",
        description="Fine-tune a released text detector on images with labelled boxes and write a "
        "model folder that is served like any other. A label file is PaddleOCR's: a line 'file TAB "
        "JSON' for every image, the JSON a list of objects with transcription (### is ignored) and "
        "points. Needs hubocr[train].",
    )
    _add_settings(det, DETECTOR_PARAMS)
    det.set_defaults(run=_train_detector)
    cls = actions.add_parser(
        "cls",
        help="a direction classifier",
        description="Fine-tune the released direction classifier of lines, or the one of pages, "
        "and write a model folder that is served like any other. A label file is PaddleOCR's: a "
        "line 'file TAB direction' for every image, 0 or 180 (of pages also 90 and 270, degrees "
        "clockwise). With --upright the data is anything that 'train rec' reads, or a folder of "
        "images, all of them upright. Each is shown in every direction. Needs hubocr[train].",
    )
    _add_settings(cls, CLASSIFIER_PARAMS)
    cls.set_defaults(run=_train_classifier)


def _add_settings(parser: argparse.ArgumentParser, params: Params) -> None:
    for title in ("data", "model", "training"):
        group = parser.add_argument_group(title)
        names = [name for name, param in params.items() if param.rule.group == title]
        either = [name for name in names if name in _EITHER and set(_EITHER) <= set(params)]
        if either:
            add_settings_arguments(group.add_mutually_exclusive_group(), params, either)
        add_settings_arguments(group, params, [name for name in names if name not in either])
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    parser.set_defaults(flag_names=flag_names(params))


def _values(arguments: argparse.Namespace, params: Params) -> dict[str, Any]:
    values = given(arguments, params)
    fields = {params[name].field: value for name, value in values.items()}
    return {**fields, "progress": not arguments.quiet}


def require_training() -> None:
    """Import what training needs.

    Raises:
        MissingPackageError: It isn't installed.
    """
    # OpenMP reads this when PyTorch is imported. Threads that wait for each other by spinning are
    # a disaster where other programs want the cores: 10 s a step against 2.4 s (two threads, two
    # busy cores).
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    require("onnx", "train", "training")
    require("rapidfuzz", "train", "training")
    require("torch", "train", "training")


def _train_recognizer(arguments: argparse.Namespace) -> int:
    require_training()
    from hubocr.training.recogniser.prepare import train_recognizer

    result = train_recognizer(TrainingRequest(**_values(arguments, TRAINING_PARAMS)))
    _print(result, "line_accuracy", "character_accuracy")
    return 0


def _train_detector(arguments: argparse.Namespace) -> int:
    require_training()
    from hubocr.training.detector.prepare import train_detector

    result = train_detector(DetectorRequest(**_values(arguments, DETECTOR_PARAMS)))
    _print(result, "hmean", "precision", "recall")
    return 0


def _train_classifier(arguments: argparse.Namespace) -> int:
    require_training()
    from hubocr.training.classifier.prepare import train_classifier

    result = train_classifier(ClassifierRequest(**_values(arguments, CLASSIFIER_PARAMS)))
    _print(result, "accuracy", "turned_found", "upright_turned")
    return 0


def _print(result: TrainingResult, first: str, *others: str) -> None:
    if result.problems:
        print(f"hubocr: {len(result.problems)} images or labels were skipped", file=sys.stderr)
    print(f"{'model':<20}{result.model.parent}")
    print(f"{'base equal to':<20}{result.difference:.1e}")
    print(f"{_spoken(first):<20}{result.baseline:.4f} -> {result.evaluation[first]:.4f}")
    for name in others:
        print(f"{_spoken(name):<20}{result.evaluation[name]:.4f}")


def _spoken(metric: str) -> str:
    return metric.replace("_", " ")
