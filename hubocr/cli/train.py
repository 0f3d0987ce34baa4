"""``hubocr train rec``: train a recogniser on one's own images."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING, Any

from hubocr.optional import require
from hubocr.settings.flags import add_settings_arguments, flag_names, given
from hubocr.training.request import TRAINING_PARAMS, TrainingRequest

if TYPE_CHECKING:
    from hubocr.cli.command import Commands


_EITHER = ("base", "scratch")
"""Settings of which only one can be given."""


def add_commands(commands: Commands) -> None:
    """Add ``train rec``."""
    parser = commands.add_parser("train", help="fine-tune a model on your own images")
    actions = parser.add_subparsers(title="commands", metavar="TASK", required=True)
    rec = actions.add_parser(
        "rec",
        help="a recogniser",
        description="Fine-tune a released recogniser on labelled images and write a model folder "
        "that is served like any other. A label file has a line 'file TAB text' for every image; "
        "PaddleOCR's label files and lmdb databases are read too. Needs hubocr[train].",
    )
    for title in ("data", "model", "training"):
        group = rec.add_argument_group(title)
        names = [name for name, param in TRAINING_PARAMS.items() if param.rule.group == title]
        either = [name for name in names if name in _EITHER]
        add_settings_arguments(group.add_mutually_exclusive_group(), TRAINING_PARAMS, either)
        rest = [name for name in names if name not in _EITHER]
        add_settings_arguments(group, TRAINING_PARAMS, rest)
    rec.add_argument("--quiet", action="store_true", help="show no progress")
    rec.set_defaults(flag_names=flag_names(TRAINING_PARAMS))
    rec.set_defaults(run=_train)


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


def _train(arguments: argparse.Namespace) -> int:
    require_training()
    from hubocr.training.recogniser.prepare import train_recognizer

    values: dict[str, Any] = given(arguments, TRAINING_PARAMS)
    result = train_recognizer(
        TrainingRequest(
            **{TRAINING_PARAMS[name].field: value for name, value in values.items()},
            progress=not arguments.quiet,
        )
    )
    if result.problems:
        print(f"hubocr: {len(result.problems)} images or labels were skipped", file=sys.stderr)
    print(f"model               {result.model.parent}")
    print(f"base equal to       {result.difference:.1e}")
    print(f"line accuracy       {result.baseline:.4f} -> {result.evaluation['line_accuracy']:.4f}")
    print(f"character accuracy  {result.evaluation['character_accuracy']:.4f}")
    return 0
