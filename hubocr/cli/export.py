"""``hubocr export``: from a training checkpoint to a model folder, and from that to Paddle."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from hubocr.cli.train import require_training
from hubocr.conversion.to_paddle import write_paddle_program
from hubocr.engines.comparison import compare_program
from hubocr.errors import SettingsError
from hubocr.models import inspect_model
from hubocr.settings.rule import rules
from hubocr.training.request import RunRequest

if TYPE_CHECKING:
    from hubocr.cli.command import Commands


def add_command(commands: Commands) -> None:
    """Add ``export``."""
    parser = commands.add_parser(
        "export",
        help="write a training checkpoint as a model folder, or a model for Paddle",
        description="Write the best weights of a training run, finished or not, as a model folder: "
        "ONNX file, dictionary and model card. hubocr train does so at its end by itself. With "
        "--paddle, write the model as a Paddle program too, beside the ONNX file, and compare what "
        "the two give (needs hubocr[export]).",
    )
    parser.add_argument(
        "source",
        type=Path,
        metavar="SOURCE",
        help="training/checkpoint.pt of a run; or, with --paddle, a folder with an ONNX file",
    )
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="model to write of a checkpoint")
    parser.add_argument(
        "--interpolation",
        type=float,
        metavar="X",
        help="share of the trained weights, the rest being those that the run started from, 0.01 "
        "to 1; none: as in the run",
    )
    parser.add_argument("--paddle", action="store_true", help="write a Paddle program")
    parser.set_defaults(run=_export)


def _export(arguments: argparse.Namespace) -> int:
    source, folder = arguments.source, arguments.out
    if source.is_dir() or source.suffix.lower() == ".onnx":
        if not arguments.paddle or folder is not None:
            raise SettingsError(f"{source} is a model: export it with --paddle and without --out")
        folder = source
    elif folder is None:
        raise SettingsError("--out is missing: the folder of the model")
    else:
        require_training()
        if arguments.interpolation is not None:
            rules(RunRequest)["interpolation"].check(arguments.interpolation)
        from hubocr.training.run import publish

        publish(source, folder, arguments.interpolation)
    if arguments.paddle:
        difference = write_paddle_program(inspect_model(folder), compare_program)
        print(f"paddle equal to     {difference:.1e}")
    print(folder)
    return 0
