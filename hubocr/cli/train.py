"""``hubocr train rec``: train a recogniser on one's own images."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hubocr.errors import EngineError, HubocrError
from hubocr.training.data.augmentation import PRESETS
from hubocr.training.request import PRECISIONS, TrainingRequest

if TYPE_CHECKING:
    from hubocr.cli.models import Commands


def add_commands(commands: Commands) -> None:
    """Add ``train rec``."""
    defaults = TrainingRequest
    parser = commands.add_parser("train", help="fine-tune a model on your own images")
    actions = parser.add_subparsers(title="commands", metavar="TASK", required=True)
    rec = actions.add_parser(
        "rec",
        help="a recogniser",
        description="Fine-tune a released recogniser on labelled images and write a model folder "
        "that is served like any other. A label file has a line 'file TAB text' for every image; "
        "PaddleOCR's label files and lmdb databases are read too. Needs hubocr[train].",
    )
    data = rec.add_argument_group("data")
    data.add_argument(
        "--data", nargs="+", required=True, metavar="FILE", help="label files or lmdb folders"
    )
    data.add_argument(
        "--val",
        dest="validation",
        nargs="+",
        default=[],
        metavar="FILE",
        help="the same to validate on (default: a tenth of the data is kept aside)",
    )
    data.add_argument(
        "--ratio",
        dest="ratios",
        nargs="+",
        type=float,
        default=[],
        metavar="X",
        help="share of each --data that an epoch takes (default: 1)",
    )
    data.add_argument(
        "--root", type=Path, metavar="FOLDER", help="of the images (default: the label file's)"
    )
    data.add_argument("--limit", type=int, metavar="N", help="images of each --data at most")
    model = rec.add_argument_group("model")
    start = model.add_mutually_exclusive_group()
    start.add_argument(
        "--base", default=defaults.base, metavar="MODEL", help="name or folder to start from"
    )
    start.add_argument(
        "--scratch",
        action="store_true",
        help="start from a small network with random weights: faster to serve, needs more images",
    )
    model.add_argument(
        "--base-dict", dest="base_dictionary", metavar="FILE", help="its dictionary, if not its own"
    )
    model.add_argument(
        "--charset",
        default=defaults.charset,
        metavar="SPEC",
        help="auto (the labels' characters), a dictionary file, any (the base's), or sets such as "
        "digits+lower",
    )
    model.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="model to write")
    model.add_argument(
        "--width", type=int, metavar="PIXELS", help="stretch images to it (default: by the data)"
    )
    run = rec.add_argument_group("training")
    run.add_argument(
        "--preset", choices=PRESETS, default=defaults.preset, help="kind of image (captcha)"
    )
    run.add_argument(
        "--epochs", type=int, metavar="N", help="(default: about 1500 steps, 4000 from scratch)"
    )
    run.add_argument(
        "--batch-size", type=int, default=defaults.batch_size, metavar="N", help="(32)"
    )
    run.add_argument(
        "--lr",
        dest="learning_rate",
        type=float,
        metavar="X",
        help="learning rate (0.0005, from scratch 0.003)",
    )
    run.add_argument(
        "--patience",
        type=int,
        default=defaults.patience,
        metavar="N",
        help="evaluations without a better one after which it ends; 0: never (10)",
    )
    run.add_argument(
        "--time-limit",
        dest="time_limit_min",
        type=float,
        default=defaults.time_limit_min,
        metavar="MINUTES",
        help="end by then, well rounded off; 0: no limit (25)",
    )
    run.add_argument("--seed", type=int, default=defaults.seed, metavar="N", help="(0)")
    run.add_argument("--threads", type=int, metavar="N", help="of PyTorch (default: its own)")
    run.add_argument(
        "--device", choices=("auto", "cpu", "cuda"), default=defaults.device, help="(auto)"
    )
    run.add_argument(
        "--precision",
        choices=PRECISIONS,
        default=defaults.precision,
        help="of the layers while training; auto: bf16 where the processor has it (auto)",
    )
    run.add_argument("--resume", action="store_true", help="go on from the checkpoint in --out")
    run.add_argument("--quiet", dest="progress", action="store_false", help="show no progress")
    rec.set_defaults(run=partial(_train, flags=flags_of(rec)))


def flags_of(parser: argparse.ArgumentParser) -> dict[str, str]:
    """Return the flag of each field that a parser sets."""
    return {a.dest: a.option_strings[-1] for a in parser._actions if a.option_strings}


def in_flags(error: HubocrError, flags: Mapping[str, str]) -> HubocrError:
    """Return an error that speaks of flags where the library's speaks of `fields`."""
    return type(error)(
        re.sub(r"`(\w+)`", lambda found: flags.get(found[1], found[1]), error.message)
    )


def require_training() -> None:
    """Import what training needs.

    Raises:
        EngineError: It isn't installed.
    """
    # OpenMP reads this when PyTorch is imported. Threads that wait for each other by spinning are
    # a disaster where other programs want the cores: 10 s a step against 2.4 s (two threads, two
    # busy cores).
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        import onnx  # noqa: F401
        import rapidfuzz  # noqa: F401
        import torch  # noqa: F401
    except ImportError as error:
        raise EngineError(
            f"training needs {error.name}, which is not installed: pip install 'hubocr[train]'"
        ) from error


def _train(arguments: argparse.Namespace, flags: Mapping[str, str]) -> int:
    require_training()
    from hubocr.training.recogniser.prepare import train_recognizer

    given = {field.name: getattr(arguments, field.name) for field in fields(TrainingRequest)}
    values: dict[str, Any] = {n: tuple(v) if isinstance(v, list) else v for n, v in given.items()}
    try:
        result = train_recognizer(TrainingRequest(**values))
    except HubocrError as error:
        raise in_flags(error, flags) from error
    if result.problems:
        print(f"hubocr: {len(result.problems)} images or labels were skipped", file=sys.stderr)
    print(f"model               {result.model.parent}")
    print(f"base equal to       {result.difference:.1e}")
    print(f"line accuracy       {result.baseline:.4f} -> {result.evaluation['line_accuracy']:.4f}")
    print(f"character accuracy  {result.evaluation['character_accuracy']:.4f}")
    return 0
