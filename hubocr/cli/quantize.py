"""``hubocr models quantize``: an int8 version of a text detector."""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from hubocr.cli.files import image_files
from hubocr.settings.flags import add_settings_arguments, flag_names
from hubocr.settings.params import PARAMS

if TYPE_CHECKING:
    from hubocr.cli.command import Commands
    from hubocr.detection.quantize import QuantizedDetector


def add_action(actions: Commands) -> None:
    """Add ``quantize`` to the commands of ``models``."""
    parser = actions.add_parser(
        "quantize",
        help="make an int8 version of a text detector",
        description="Round a text detector to int8, with your own images to find the range of "
        "values of each layer, write it as a model folder that the openvino engine serves, and "
        "compare the two on some of the images. A processor with VNNI or AMX gains most. Needs "
        "hubocr[quantize].",
    )
    parser.add_argument("model", metavar="MODEL", help="name or folder of a text detector")
    parser.add_argument(
        "--images",
        nargs="+",
        type=Path,
        required=True,
        metavar="PATH",
        help="images or folders of images such as the detector will see; no labels are needed",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="model to write")
    parser.add_argument(
        "--samples", type=_count, default=100, metavar="N", help="images used at most (100)"
    )
    add_settings_arguments(parser, PARAMS, ["cpu_threads"])
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    parser.set_defaults(run=_quantize, flag_names=flag_names(PARAMS))


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r}: expected a number above 0")
    return int(text)


def _quantize(arguments: argparse.Namespace) -> int:
    from hubocr.detection.quantize import quantize_detector

    # NNCF writes its progress to the standard output, where only results belong.
    with contextlib.redirect_stdout(io.StringIO() if arguments.quiet else sys.stderr):
        result = quantize_detector(
            arguments.model,
            list(image_files(arguments.images)),
            arguments.out,
            samples=arguments.samples,
            cpu_threads=arguments.cpu_threads or 0,
            progress=not arguments.quiet,
        )
    _print(result)
    return 0


def _print(result: QuantizedDetector) -> None:
    for message in result.skipped:
        print(f"hubocr: skipped: {message}", file=sys.stderr)
    agreement, threads = result.agreement, result.threads
    before, after = (1000 * seconds for seconds in agreement.seconds)
    print(f"model               {result.folder}")
    print(f"calibrated on       {len(result.used)} images, {len(result.skipped)} skipped")
    print(f"compared on         {agreement.images} of them, {threads} threads")
    print(f"boxes               {agreement.boxes[0]} in fp32, {agreement.boxes[1]} in int8")
    print(f"boxes in both       {agreement.matched}, mean IoU {agreement.mean_iou:.3f}")
    print(f"time an image       {before:.1f} ms -> {after:.1f} ms")
