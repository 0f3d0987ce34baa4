"""``hubocr export``: from a training checkpoint to a model folder."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from hubocr.cli.train import require_training

if TYPE_CHECKING:
    from hubocr.cli.models import Commands


def add_command(commands: Commands) -> None:
    """Add ``export``."""
    parser = commands.add_parser(
        "export",
        help="write a training checkpoint as a model folder",
        description="Write the best weights of a training run, finished or not, as a model folder: "
        "ONNX file, dictionary and model card. hubocr train does so at its end by itself.",
    )
    parser.add_argument(
        "checkpoint", type=Path, metavar="CHECKPOINT", help="training/checkpoint.pt of a run"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="model to write")
    parser.set_defaults(run=_export)


def _export(arguments: argparse.Namespace) -> int:
    require_training()
    from hubocr.training.run import export_checkpoint

    print(export_checkpoint(arguments.checkpoint, arguments.out).parent)
    return 0
