"""``hubocr predict``: read images from the command line."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tqdm import tqdm

from hubocr.cli.files import image_files
from hubocr.cli.options import add_pipeline_arguments, read_settings
from hubocr.errors import ImageError
from hubocr.exporters import FORMATS, document_of
from hubocr.imaging import BgrImage, read_image
from hubocr.layout import words_of_line
from hubocr.pipeline import OcrPipeline, Page
from hubocr.recognition import TextRecognizer
from hubocr.settings import PipelineSettings

if TYPE_CHECKING:
    from hubocr.cli.command import Commands

_Reader = Callable[[Path, BgrImage], tuple[list[str], dict[str, Any]]]
_FLAGS = (
    *("engine", "precision", "cpu_threads", "det_model_dir", "cls_model_dir", "rec_model_dir"),
    *("drop_score", "use_angle_cls"),
)


def add_command(commands: Commands) -> None:
    """Add ``predict``."""
    parser = commands.add_parser(
        "predict",
        help="read image files",
        description="Read all text of image files, or with --line each as a single line, which is "
        "the way for captchas. The exit status is 1 when a file can't be read.",
    )
    parser.add_argument("images", nargs="+", type=Path, metavar="PATH", help="images or folders")
    parser.add_argument("--line", action="store_true", help="each image is one line of text")
    parser.add_argument("--json", action="store_true", help="print one JSON object a file")
    parser.add_argument(
        "--output", type=Path, metavar="FOLDER", help="save pages there with the text drawn"
    )
    add_pipeline_arguments(parser, _FLAGS)
    parser.set_defaults(run=_predict)


def _predict(arguments: argparse.Namespace) -> int:
    settings = read_settings(arguments)
    read = _read_line(settings) if arguments.line else _read_page(settings, arguments.output)
    paths = list(image_files(arguments.images))
    failed = False
    for path in tqdm(paths, unit="image", disable=len(paths) < 2 or not sys.stderr.isatty()):
        try:
            texts, values = read(path, read_image(path))
        except ImageError as error:
            print(f"hubocr: {error.message}", file=sys.stderr)
            failed = True
            continue
        if arguments.json:
            print(json.dumps({"input_path": str(path), **values}, ensure_ascii=False))
            continue
        if len(paths) > 1:
            print(f"== {path}")
        print(*texts, sep="\n", end="\n" if texts else "")
    return 1 if failed else 0


def _read_page(settings: PipelineSettings, output: Path | None) -> _Reader:
    pipeline = OcrPipeline.load(settings)

    def read(path: Path, image: BgrImage) -> tuple[list[str], dict[str, Any]]:
        result = pipeline.run(image)
        if output:
            _save(output / f"{path.name}.png", image, result)
        return [line.text for line in result.lines], result.to_dict()

    return read


def _read_line(settings: PipelineSettings) -> _Reader:
    recognizer = TextRecognizer.from_settings(settings.models, settings.engine)

    def read(path: Path, image: BgrImage) -> tuple[list[str], dict[str, Any]]:
        (text,) = recognizer.recognize([image], settings.options.recognition)
        text = words_of_line(text, image)
        return [text.text], text.to_dict()

    return read


def _save(path: Path, image: BgrImage, page: Page) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(FORMATS["image"].export(document_of(page, image)))
